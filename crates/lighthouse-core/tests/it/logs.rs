//! Merged logs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use lighthouse_core::access::{Grant, Target, authorize, right};
use lighthouse_core::fleet::label;
use lighthouse_core::logs::{LogFilter, LogOptions, LogSession};
use lighthouse_model::container::ContainerState;
use lighthouse_model::log::{Level, LogFrame};
use lighthouse_model::{Permission, Role};
use tokio::time::{sleep, timeout};

use crate::world::{Bench, Mood, World, application, summary, viewer};

fn options() -> LogOptions {
    LogOptions {
        tail: 100,
        follow: true,
        filter: LogFilter::default(),
    }
}

fn log_of(bench: &Bench, n: usize, options: LogOptions) -> LogSession {
    let target = Target::Container(bench.key(0, n));
    let grant: Grant<right::ContainerView> = authorize(&viewer(Role::Viewer), target).unwrap();
    bench.console.container_log(&grant, options, "build").unwrap()
}

/// Everything that is sent until nothing comes for a second: lines as `source text`, and other frames in short.
async fn read(session: &mut LogSession) -> Vec<String> {
    let mut all = Vec::new();
    while let Ok(Some(frame)) = timeout(Duration::from_secs(1), session.next()).await {
        match frame {
            LogFrame::Hello { .. } => {}
            LogFrame::Source(source) => all.push(format!("+{} {}", source.n, source.name)),
            LogFrame::Lines(lines) => {
                all.extend(lines.into_iter().map(|l| format!("{} {}", l.source, l.text)));
            }
            LogFrame::Gap { lines, .. } => all.push(format!("gap {lines}")),
            LogFrame::Ended { source, why } => all.push(format!("-{source} {why}")),
            LogFrame::Closed { .. } => all.push("closed".to_owned()),
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn a_log_begins_with_its_tail_and_goes_on_at_once() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    for n in 0..5 {
        bench.worlds[0].write(1, n, &format!("old {n}"));
    }
    bench.settle().await;
    let mut session = log_of(&bench, 1, LogOptions { tail: 2, ..options() });
    assert_eq!(read(&mut session).await, ["+0 box-1", "0 old 3", "0 old 4"]);
    bench.worlds[0].write(1, 9, "new");
    let line = timeout(Duration::from_millis(20), session.next()).await.unwrap();
    assert!(matches!(line, Some(LogFrame::Lines(lines)) if lines[0].text == "new"));
}

#[tokio::test(start_paused = true)]
async fn a_restart_neither_loses_nor_doubles_a_line() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    bench.worlds[0].write(1, 5, "a");
    bench.worlds[0].write(1, 5, "b");
    let mut session = log_of(&bench, 1, options());
    assert_eq!(read(&mut session).await, ["+0 box-1", "0 a", "0 b"]);
    bench.worlds[0].crash(1, 1);
    bench.settle().await;
    // Three lines in the moment of the last one, across the restart.
    bench.worlds[0].write(1, 5, "c");
    bench.worlds[0].run(1);
    bench.worlds[0].write(1, 6, "d");
    sleep(Duration::from_secs(2)).await;
    bench.worlds[0].write(1, 6, "e");
    assert_eq!(read(&mut session).await, ["0 c", "0 d", "0 e"]);
}

#[tokio::test(start_paused = true)]
async fn a_container_that_ran_for_a_moment_is_heard_all_the_same() {
    let bench = Bench::new(1).await;
    bench.worlds[0].put(summary(1, ContainerState::Created));
    bench.worlds[0].tell(1, "create", &[]);
    bench.settle().await;
    let mut session = log_of(&bench, 1, options());
    assert_eq!(read(&mut session).await, ["+0 box-1"]);
    bench.worlds[0].write(1, 1, "last words");
    bench.worlds[0].run(1);
    bench.worlds[0].crash(1, 0);
    assert_eq!(read(&mut session).await, ["0 last words"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_container_says_from_its_start_on_is_more_than_the_tail() {
    let bench = Bench::new(1).await;
    bench.worlds[0].put(summary(1, ContainerState::Created));
    bench.worlds[0].tell(1, "create", &[]);
    bench.settle().await;
    let mut session = log_of(&bench, 1, LogOptions { tail: 1, ..options() });
    assert_eq!(read(&mut session).await, ["+0 box-1"]);
    bench.worlds[0].write(1, 1, "first words");
    bench.worlds[0].write(1, 2, "last words");
    bench.worlds[0].run(1);
    bench.worlds[0].crash(1, 0);
    assert_eq!(read(&mut session).await, ["0 first words", "0 last words"]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_host_ends_a_source_until_it_answers_again() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.worlds[0].write(1, 1, "before");
    bench.settle().await;
    bench.worlds[0].set_mood(Mood::Gone);
    sleep(Duration::from_secs(20)).await;
    let mut session = log_of(&bench, 1, options());
    let said = read(&mut session).await;
    assert!(
        said.len() == 2 && said[1].contains("when its host answers"),
        "{said:?}"
    );
    bench.worlds[0].set_mood(Mood::Well);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(read(&mut session).await, ["+0 box-1", "0 before"]);
    bench.worlds[0].take(1);
    bench.worlds[0].tell(1, "destroy", &[]);
    bench.settle().await;
    // The engine ends the stream of what is gone.
    bench.worlds[0].write(1, 2, "");
    let said = read(&mut session).await;
    assert!(said.iter().any(|s| s == "-0 it was removed"), "{said:?}");
    assert_eq!(said.last().unwrap(), "closed");
}

#[tokio::test(start_paused = true)]
async fn a_viewer_that_leaves_closes_its_streams() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    let mut session = log_of(&bench, 1, options());
    read(&mut session).await;
    assert_eq!(bench.worlds[0].open_logs.load(Ordering::Acquire), 1);
    drop(session);
    bench.settle().await;
    assert_eq!(bench.worlds[0].open_logs.load(Ordering::Acquire), 0);
}

#[tokio::test(start_paused = true)]
async fn of_a_flood_every_line_is_shown_or_counted_and_the_last_is_shown_in_time() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    let mut session = log_of(&bench, 1, options());
    assert_eq!(read(&mut session).await, ["+0 box-1"]);
    let (mut shown, mut dropped, mut next) = (0u64, 0u64, 0u64);
    let mut count = |frame: LogFrame| match frame {
        LogFrame::Lines(lines) => {
            for line in lines {
                let number: u64 = line.text.parse().unwrap();
                assert_eq!(number, next, "what lies between was counted before");
                next += 1;
                shown += 1;
            }
            shown + dropped
        }
        LogFrame::Gap { lines, .. } => {
            dropped += lines;
            next += lines;
            shown + dropped
        }
        other => panic!("{other:?}"),
    };
    // A reader that takes one frame every 50 ms of 2,500 lines: half of what comes is too much.
    let mut written = 0;
    for _ in 0..30 {
        for _ in 0..2500 {
            bench.worlds[0].write(1, written, &written.to_string());
            written += 1;
        }
        sleep(Duration::from_millis(50)).await;
        count(session.next().await.unwrap());
    }
    let total = u64::try_from(written).unwrap();
    let last = async { while count(session.next().await.unwrap()) < total {} };
    timeout(Duration::from_millis(500), last)
        .await
        .expect("the last line is late");
    assert!(dropped > 0 && shown > 0);
}

#[tokio::test(start_paused = true)]
async fn lines_are_chosen_by_level_and_text() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    for (at, text) in [
        "INFO fine",
        "ERROR disk full",
        "{\"level\":\"warn\",\"msg\":\"disk slow\"}",
        "plain",
    ]
    .iter()
    .enumerate()
    {
        bench.worlds[0].write(1, i64::try_from(at).unwrap(), text);
    }
    let filter = LogFilter {
        text: "DISK".to_owned(),
        level: Some(Level::Warn),
        sources: Vec::new(),
    };
    let mut session = log_of(&bench, 1, LogOptions { filter, ..options() });
    assert_eq!(read(&mut session).await.len(), 3);
    session.set_filter(LogFilter {
        text: "disk full".to_owned(),
        ..LogFilter::default()
    });
    bench.worlds[0].write(1, 10, "WARN disk slow");
    bench.worlds[0].write(1, 11, "disk full again");
    assert_eq!(read(&mut session).await, ["0 disk full again"]);
}

#[tokio::test(start_paused = true)]
async fn the_instances_of_an_application_are_merged_and_new_ones_join() {
    let mut id = None;
    let worlds = vec![World::new("a"), World::new("b")];
    let bench = Bench::prepared(worlds, async |store, hosts| {
        id = Some(application(store, hosts, "shop", &[(0, 1), (1, 2), (1, 3)]).await);
    })
    .await;
    let id = id.unwrap();
    let put = |host: usize, n: usize| {
        let mut instance = summary(n, ContainerState::Running);
        instance
            .labels
            .insert(label::NONCE.to_owned(), format!("nonce-{n}"));
        bench.worlds[host].put(instance);
        bench.worlds[host].tell(n, "start", &[]);
    };
    put(0, 1);
    put(1, 2);
    // A container with our labels on a host where none of ours belongs is not ours.
    put(0, 3);
    for at in 0..3 {
        bench.worlds[0].write(1, at * 2, &format!("one {at}"));
        bench.worlds[1].write(2, at * 2 + 1, &format!("two {at}"));
    }
    bench.settle().await;
    let user = viewer(Role::Viewer);
    assert!(user.may(Permission::ApplicationView));
    let grant: Grant<right::ApplicationView> = authorize(&user, Target::Application(id)).unwrap();
    let mut session = bench
        .console
        .application_log(&grant, options(), "build")
        .await
        .unwrap();
    let said = read(&mut session).await;
    assert_eq!(
        said[2..],
        ["0 one 0", "1 two 0", "0 one 1", "1 two 1", "0 one 2", "1 two 2"],
        "by time"
    );
    put(1, 3);
    bench.worlds[1].write(3, 100, "three");
    assert_eq!(read(&mut session).await, ["+2 web-3", "2 three"]);

    let text = bench
        .console
        .application_log_text(&grant, 2, &LogFilter::default())
        .await
        .unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(
        text.lines().last().unwrap().ends_with("web-3 h1 out three"),
        "{text}"
    );
}
