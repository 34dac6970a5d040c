//! How long the list takes at 100,000 containers. Not run with the tests: figures of an unoptimised build on a
//! busy machine prove nothing. `cargo test --release -p lighthouse-core --test it -- --ignored --nocapture many`

use std::time::{Duration, Instant};

use lighthouse_core::access::{Grant, Target, authorize, right};
use lighthouse_model::Role;
use lighthouse_model::container::ContainerState;
use lighthouse_model::live::{ClientFrame, ContainerSort, ContainerWindow, Topic};
use tokio::sync::mpsc;

use crate::world::{Bench, Someone, World, summary, viewer};

#[tokio::test]
#[ignore = "a measurement"]
async fn a_window_of_many_containers() {
    let worlds: Vec<_> = (0..10).map(|n| World::new(&n.to_string())).collect();
    for (h, world) in worlds.iter().enumerate() {
        for n in 0..10_000 {
            let mut container = summary(n, ContainerState::Running);
            container.name = format!("app-{}-{h}", n * 7919 % 10_007);
            world.put(container);
        }
    }
    let bench = Bench::with(worlds).await;
    let viewer = viewer(Role::Viewer);
    let grant: Grant<right::ContainerView> = authorize(&viewer, Target::Installation).unwrap();
    while bench
        .console
        .container_page(&grant, &ContainerWindow::default())
        .1
        .total
        < 100_000
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (query, sort) in [
        ("", ContainerSort::State),
        ("state:running name~77", ContainerSort::Name),
        ("app-1", ContainerSort::Host),
    ] {
        let window = ContainerWindow {
            query: query.to_owned(),
            sort,
            limit: 100,
            ..ContainerWindow::default()
        };
        let from = Instant::now();
        let total = bench.console.container_page(&grant, &window).1.total;
        println!("page {query:?} {sort:?}: {total} match, {:?}", from.elapsed());
    }
    let (commands, obey) = mpsc::channel(8);
    let (tell, mut frames) = mpsc::channel(8);
    let (console, refresh) = (bench.console.clone(), Someone::new(&viewer).refresh());
    tokio::spawn(async move { console.live(viewer, refresh, "", obey, tell).await });
    let topic = Topic::Containers(ContainerWindow {
        limit: 100,
        ..ContainerWindow::default()
    });
    let from = Instant::now();
    let subscribe = ClientFrame::Subscribe {
        id: 1,
        topic,
        revision: None,
    };
    commands.send(subscribe).await.unwrap();
    let mut frame = async || {
        loop {
            let frame = frames.recv().await.unwrap();
            let (text, id) = (serde_json::to_string(&frame).unwrap(), format!("{frame:?}"));
            if text.contains("\"id\":1") {
                return (text.len(), id.len());
            }
        }
    };
    frame().await;
    println!("follow, first snapshot: {:?}", from.elapsed());
    for n in 0..5 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        let from = Instant::now();
        bench.worlds[0].crash(n, 1);
        let (bytes, _) = frame().await;
        println!("change to frame: {:?}, {bytes} bytes", from.elapsed());
    }
}
