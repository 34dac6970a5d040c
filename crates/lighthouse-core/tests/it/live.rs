//! Tabs that follow topics.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use lighthouse_core::Viewer;
use lighthouse_core::change::Change;
use lighthouse_core::live::{COMMANDS, FRAMES};
use lighthouse_model::container::{ContainerRow, ContainerState};
use lighthouse_model::live::{
    ClientFrame, ContainerPage, ContainerSort, ContainerWindow, Revision, ServerFrame, Topic, TopicChange,
    TopicData,
};
use lighthouse_model::{ContainerKey, Role};
use proptest::prelude::*;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};

use crate::world::{Bench, Mood, Someone, summary, viewer};

/// One tab.
struct Tab {
    commands: mpsc::Sender<ClientFrame>,
    frames: mpsc::Receiver<ServerFrame>,
    task: tokio::task::JoinHandle<()>,
}

impl Tab {
    async fn open(bench: &Bench, viewer: Viewer, someone: &Someone) -> Self {
        let (commands, obey) = mpsc::channel(COMMANDS);
        let (tell, frames) = mpsc::channel(FRAMES);
        let console = bench.console.clone();
        let refresh = someone.refresh();
        let task = tokio::spawn(async move { console.live(viewer, refresh, "build", obey, tell).await });
        let mut tab = Self {
            commands,
            frames,
            task,
        };
        assert!(matches!(tab.next().await, Some(ServerFrame::Hello { .. })));
        tab
    }

    async fn of(bench: &Bench, role: Role) -> Self {
        let viewer = viewer(role);
        let someone = Someone::new(&viewer);
        Self::open(bench, viewer, &someone).await
    }

    /// The next frame that is no pulse.
    async fn next(&mut self) -> Option<ServerFrame> {
        loop {
            match self.frames.recv().await {
                Some(ServerFrame::Pulse { .. }) => {}
                other => return other,
            }
        }
    }

    async fn quiet(&mut self, long: Duration) -> bool {
        timeout(long, self.next()).await.is_err()
    }

    async fn follow(&self, id: u32, topic: Topic, revision: Option<Revision>) {
        self.commands
            .send(ClientFrame::Subscribe { id, topic, revision })
            .await
            .unwrap();
    }

    async fn page(&mut self) -> ContainerPage {
        match self.next().await {
            Some(ServerFrame::Snapshot { data, .. }) => match *data {
                TopicData::Containers(page) => page,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }
}

fn all(limit: u32) -> Topic {
    Topic::Containers(ContainerWindow {
        limit,
        ..ContainerWindow::default()
    })
}

#[tokio::test(start_paused = true)]
async fn a_change_is_on_the_screen_at_once_and_then_at_most_every_16_ms() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    let mut tab = Tab::of(&bench, Role::Viewer).await;
    tab.follow(1, all(50), None).await;
    assert_eq!(tab.page().await.rows.len(), 1);
    sleep(Duration::from_millis(100)).await;

    let from = Instant::now();
    bench.worlds[0].run(2);
    let frame = tab.next().await.unwrap();
    assert!(from.elapsed() < Duration::from_millis(2), "{:?}", from.elapsed());
    let ServerFrame::Change { data, .. } = frame else {
        panic!("{frame:?}");
    };
    let TopicChange::Containers {
        rows,
        order,
        total,
        counts,
    } = *data
    else {
        panic!("another change");
    };
    assert_eq!(
        (rows.len(), order.unwrap().len(), total, counts.good),
        (1, 2, 2, 2)
    );

    // A storm becomes few frames.
    for n in 3..40 {
        bench.worlds[0].run(n);
        sleep(Duration::from_millis(1)).await;
    }
    let mut frames = 0;
    while let Ok(Some(_)) = timeout(Duration::from_millis(40), tab.next()).await {
        frames += 1;
    }
    assert!((2..=4).contains(&frames), "{frames}");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_still_true_is_not_sent_again() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    let (revision, _) = bench
        .console
        .topic(&viewer(Role::Viewer), &all(50))
        .await
        .unwrap();
    let mut tab = Tab::of(&bench, Role::Viewer).await;
    tab.follow(1, all(50), Some(revision)).await;
    assert!(tab.quiet(Duration::from_secs(1)).await);
    bench.worlds[0].run(2);
    assert!(matches!(tab.next().await, Some(ServerFrame::Change { revision: r, .. }) if r > revision));
    // An older one gets everything.
    tab.follow(2, all(50), Some(revision)).await;
    assert_eq!(tab.page().await.rows.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_gets_a_snapshot_and_never_a_growing_queue() {
    let bench = Bench::new(1).await;
    let mut tab = Tab::of(&bench, Role::Viewer).await;
    tab.follow(1, all(500), None).await;
    for n in 0..400 {
        bench.worlds[0].run(n);
        sleep(Duration::from_millis(20)).await;
    }
    // Nothing was read so far. What waits is bounded, and what follows it is the truth.
    let mut last = None;
    let mut read = 0;
    while let Ok(Some(frame)) = timeout(Duration::from_millis(100), tab.next()).await {
        read += 1;
        last = Some(frame);
    }
    assert!(read <= FRAMES + 2, "{read}");
    let Some(ServerFrame::Snapshot { data, .. }) = last else {
        panic!("{last:?}");
    };
    let TopicData::Containers(page) = *data else {
        panic!("another topic");
    };
    assert_eq!(page.rows.len(), 400);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_goes_silent_is_marked_on_every_row_of_it() {
    let bench = Bench::new(2).await;
    bench.worlds[0].run(1);
    bench.worlds[1].run(2);
    bench.settle().await;
    let mut tab = Tab::of(&bench, Role::Viewer).await;
    tab.follow(1, all(50), None).await;
    assert!(tab.page().await.hosts_down.is_empty());
    bench.worlds[0].set_mood(Mood::Hangs);
    let page = timeout(Duration::from_secs(12), tab.page()).await.unwrap();
    assert_eq!(page.hosts_down[0].as_str(), "h0");
    let stale: Vec<bool> = page.rows.iter().map(|r| r.stale_since.is_some()).collect();
    assert_eq!(stale, [true, false]);
}

#[tokio::test(start_paused = true)]
async fn a_right_that_is_lost_cuts_what_it_showed() {
    let bench = Bench::new(1).await;
    let administrator = viewer(Role::Administrator);
    let someone = Someone::new(&administrator);
    let mut tab = Tab::open(&bench, administrator.clone(), &someone).await;
    tab.follow(1, all(50), None).await;
    tab.page().await;

    // Fewer rights: the same rows with fewer actions.
    bench.worlds[0].run(1);
    tab.next().await.unwrap();
    let mut lesser = administrator.clone();
    lesser.permissions = Role::Viewer.permissions();
    *someone.0.lock().unwrap() = Some(lesser.clone());
    bench.console.changes().tell(Change::Rights(administrator.user));
    let page = timeout(Duration::from_millis(50), tab.page()).await.unwrap();
    assert!(!page.rows[0].allowed.contains(lighthouse_model::Action::Stop));

    // No right at all, and nobody told: noticed within 5 s all the same.
    lesser.permissions = lighthouse_model::PermissionSet::EMPTY;
    *someone.0.lock().unwrap() = Some(lesser.clone());
    let cut = timeout(Duration::from_secs(5), tab.next()).await.unwrap();
    assert!(matches!(cut, Some(ServerFrame::Refused { id: 1, .. })), "{cut:?}");
    tab.follow(2, all(50), None).await;
    assert!(matches!(
        tab.next().await,
        Some(ServerFrame::Refused { id: 2, .. })
    ));

    // The session ends.
    *someone.0.lock().unwrap() = None;
    bench.console.changes().tell(Change::Rights(lesser.user));
    assert_eq!(tab.next().await, Some(ServerFrame::SignedOut));
    assert_eq!(tab.next().await, None);
    tab.task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn streams_of_their_own_are_cut_when_a_right_is_lost() {
    let bench = Bench::new(1).await;
    let administrator = viewer(Role::Administrator);
    let someone = Someone::new(&administrator);
    let refresh = someone.refresh();
    let cut = bench.console.right_lost(
        administrator.user,
        lighthouse_model::Permission::ContainerTerminal,
        &refresh,
    );
    tokio::pin!(cut);
    assert!(timeout(Duration::from_secs(20), &mut cut).await.is_err());
    let mut lesser = administrator.clone();
    lesser.permissions = Role::Operator.permissions();
    *someone.0.lock().unwrap() = Some(lesser);
    timeout(Duration::from_secs(5), cut).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn measurements_are_followed_one_by_one() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    let mut tab = Tab::of(&bench, Role::Viewer).await;
    tab.follow(1, Topic::Stats { key: bench.key(0, 1) }, None).await;
    assert!(matches!(tab.next().await, Some(ServerFrame::Snapshot { .. })));
    sleep(Duration::from_millis(1500)).await;
    tab.next().await.unwrap();
    for _ in 0..3 {
        let frame = timeout(Duration::from_millis(1100), tab.next()).await.unwrap();
        assert!(
            matches!(&frame, Some(ServerFrame::Change { data, .. }) if matches!(**data, TopicChange::Stats(_))),
            "{frame:?}"
        );
    }
    tab.commands
        .send(ClientFrame::Unsubscribe { id: 1 })
        .await
        .unwrap();
    sleep(Duration::from_secs(7)).await;
    assert_eq!(
        bench.worlds[0]
            .open_stats
            .load(std::sync::atomic::Ordering::Acquire),
        0
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_refused() {
    let bench = Bench::new(1).await;
    let mut tab = Tab::of(&bench, Role::Viewer).await;
    tab.follow(3, Topic::Container { key: bench.key(0, 9) }, None)
        .await;
    let frame = tab.next().await;
    assert!(
        matches!(frame, Some(ServerFrame::Refused { id: 3, .. })),
        "{frame:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_tab_that_leaves_and_a_console_that_stops_end_the_connection() {
    let bench = Bench::new(1).await;
    let tab = Tab::of(&bench, Role::Viewer).await;
    drop(tab.frames);
    timeout(Duration::from_secs(1), tab.task).await.unwrap().unwrap();
    let tab = Tab::of(&bench, Role::Viewer).await;
    bench.console.stop().await;
    timeout(Duration::from_secs(1), tab.task).await.unwrap().unwrap();
}

/// What a browser makes of the frames.
#[derive(Default)]
struct Screen {
    rows: HashMap<ContainerKey, ContainerRow>,
    order: Vec<ContainerKey>,
    total: u32,
    counts: lighthouse_model::container::ContainerCounts,
}

impl Screen {
    fn show(&mut self, frame: ServerFrame) {
        match frame {
            ServerFrame::Snapshot { data, .. } => {
                let TopicData::Containers(page) = *data else {
                    panic!("another topic");
                };
                self.order = page.rows.iter().map(|r| r.key.clone()).collect();
                self.rows = page.rows.into_iter().map(|r| (r.key.clone(), r)).collect();
                self.total = page.total;
                self.counts = page.counts;
            }
            ServerFrame::Change { data, .. } => {
                let TopicChange::Containers {
                    rows,
                    order,
                    total,
                    counts,
                } = *data
                else {
                    panic!("another topic");
                };
                self.rows.extend(rows.into_iter().map(|r| (r.key.clone(), r)));
                if let Some(order) = order {
                    self.rows.retain(|key, _| order.contains(key));
                    self.order = order;
                }
                self.total = total;
                self.counts = counts;
            }
            other => panic!("{other:?}"),
        }
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Run(usize, usize),
    Crash(usize, usize),
    Take(usize, usize),
    Rename(usize, usize, u8),
    Swallow(usize, usize),
    Relist(usize),
    Scroll(u32, bool),
    Pause(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let (host, n) = (0..2usize, 0..12usize);
    prop_oneof![
        4 => (host.clone(), n.clone()).prop_map(|(h, n)| Deed::Run(h, n)),
        3 => (host.clone(), n.clone()).prop_map(|(h, n)| Deed::Crash(h, n)),
        2 => (host.clone(), n.clone()).prop_map(|(h, n)| Deed::Take(h, n)),
        2 => (host.clone(), n.clone(), any::<u8>()).prop_map(|(h, n, to)| Deed::Rename(h, n, to)),
        1 => (host.clone(), n).prop_map(|(h, n)| Deed::Swallow(h, n)),
        1 => host.prop_map(Deed::Relist),
        1 => (0..6u32, any::<bool>()).prop_map(|(offset, descending)| Deed::Scroll(offset, descending)),
        2 => (0..30u64).prop_map(Deed::Pause),
    ]
}

async fn do_it(bench: &Bench, tab: &Tab, window: &mut ContainerWindow, deed: Deed) {
    let world = |h: usize| &bench.worlds[h];
    match deed {
        Deed::Run(h, n) => world(h).run(n),
        Deed::Crash(h, n) => {
            world(h).put(summary(n, ContainerState::Running));
            world(h).crash(n, 1);
        }
        Deed::Take(h, n) => {
            world(h).take(n);
            world(h).tell(n, "destroy", &[]);
        }
        Deed::Rename(h, n, to) => {
            let mut named = summary(n, ContainerState::Running);
            named.name = format!("named-{to}");
            world(h).put(named);
            world(h).tell(n, "rename", &[]);
        }
        Deed::Swallow(h, n) => world(h).put(summary(n, ContainerState::Paused)),
        Deed::Relist(h) => world(h).cut_events(),
        Deed::Scroll(offset, descending) => {
            window.offset = offset;
            window.descending = descending;
            tab.follow(1, Topic::Containers(window.clone()), None).await;
        }
        Deed::Pause(long) => sleep(Duration::from_millis(long)).await,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever happens in whatever order: in the end the screen shows what a new page would show.
    #[test]
    fn following_ends_at_what_a_new_page_shows(
        deeds in prop::collection::vec(deed(), 1..60),
        query in prop::sample::select(vec!["", "state:running", "name~box", "-state:exited host:h1"]),
        sort in prop::sample::select(vec![ContainerSort::State, ContainerSort::Name, ContainerSort::Host, ContainerSort::Created]),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let bench = Bench::new(2).await;
            let mut window = ContainerWindow { query: query.to_owned(), sort, limit: 6, ..ContainerWindow::default() };
            let mut tab = Tab::of(&bench, Role::Operator).await;
            tab.follow(1, Topic::Containers(window.clone()), None).await;
            let mut screen = Screen::default();
            for deed in deeds {
                do_it(&bench, &tab, &mut window, deed).await;
            }
            // Long enough for a list and for what flaps.
            while let Ok(Some(frame)) = timeout(Duration::from_secs(70), tab.next()).await {
                screen.show(frame);
            }
            let topic = Topic::Containers(window);
            let (_, truth) = bench.console.topic(&viewer(Role::Operator), &topic).await.unwrap();
            let TopicData::Containers(truth) = truth else { panic!("another topic") };
            let shown: Vec<_> = screen.order.iter().map(|key| screen.rows[key].clone()).collect();
            assert_eq!(shown, truth.rows);
            assert_eq!((screen.total, screen.counts), (truth.total, truth.counts));
            // And the page is what the engines say.
            let hosts: BTreeMap<_, _> = bench.hosts.iter().zip(&bench.worlds).collect();
            for row in &truth.rows {
                assert_eq!(hosts[&row.key.host].state_of(&row.key.id), Some(row.state));
            }
        });
    }
}
