//! Watching hosts: events, gaps, silences, restarts.

use std::sync::atomic::Ordering;
use std::time::Duration;

use lighthouse_core::access::{Grant, Target, authorize, right};
use lighthouse_core::change::Change;
use lighthouse_model::container::{ContainerRow, ContainerState};
use lighthouse_model::host::{HostRow, Liveness};
use lighthouse_model::live::ContainerWindow;
use lighthouse_model::{Role, Tone};
use tokio::time::{Instant, sleep};

use crate::world::{Bench, Mood, World, summary, viewer};

fn window() -> ContainerWindow {
    ContainerWindow {
        limit: 100,
        ..ContainerWindow::default()
    }
}

fn rows(bench: &Bench) -> Vec<ContainerRow> {
    let grant: Grant<right::ContainerView> = authorize(&viewer(Role::Viewer), Target::Installation).unwrap();
    bench.console.container_page(&grant, &window()).1.rows
}

fn hosts(bench: &Bench) -> Vec<HostRow> {
    let grant: Grant<right::HostView> = authorize(&viewer(Role::Viewer), Target::Installation).unwrap();
    bench.console.hosts(&grant).1
}

#[tokio::test(start_paused = true)]
async fn a_change_is_known_the_moment_its_event_arrives() {
    let bench = Bench::new(2).await;
    let before = Instant::now();
    bench.worlds[1].run(7);
    bench.settle().await;
    assert_eq!(rows(&bench).len(), 1);
    assert_eq!(rows(&bench)[0].host.as_str(), "h1");
    assert!(before.elapsed() < Duration::from_millis(10));
}

#[tokio::test(start_paused = true)]
async fn a_change_without_an_event_is_known_within_a_minute() {
    let bench = Bench::new(1).await;
    bench.worlds[0].put(summary(1, ContainerState::Running));
    sleep(Duration::from_secs(30)).await;
    assert!(rows(&bench).is_empty());
    sleep(Duration::from_secs(31)).await;
    assert_eq!(rows(&bench).len(), 1);
    bench.worlds[0].take(1);
    sleep(Duration::from_secs(61)).await;
    assert!(rows(&bench).is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_ahead_of_the_list_is_looked_into_again() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    bench.worlds[0].tell(1, "die", &[("exitCode", "1")]);
    sleep(Duration::from_millis(10)).await;
    bench.worlds[0].edit(1, |c| c.state = ContainerState::Exited);
    sleep(Duration::from_millis(100)).await;
    assert_eq!(rows(&bench)[0].state, ContainerState::Exited);
}

#[tokio::test(start_paused = true)]
async fn a_broken_event_stream_is_followed_by_a_list_at_once() {
    let bench = Bench::new(1).await;
    sleep(Duration::from_secs(10)).await;
    bench.worlds[0].put(summary(1, ContainerState::Running));
    bench.worlds[0].cut_events();
    sleep(Duration::from_millis(100)).await;
    assert_eq!(rows(&bench).len(), 1);
    assert_eq!(hosts(&bench)[0].liveness, Liveness::Up, "a gap is not an outage");
    // And events are followed again.
    bench.worlds[0].run(2);
    bench.settle().await;
    assert_eq!(rows(&bench).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn event_streams_that_end_at_once_do_not_make_the_console_spin() {
    let bench = Bench::new(1).await;
    for _ in 0..200 {
        bench.worlds[0].cut_events();
        sleep(Duration::from_millis(10)).await;
    }
    let lists = bench.worlds[0].lists.load(std::sync::atomic::Ordering::Acquire);
    assert!(lists < 40, "{lists} lists in two seconds");
}

#[tokio::test(start_paused = true)]
async fn a_hanging_engine_is_suspect_then_down_and_its_containers_stay_as_they_were() {
    let bench = Bench::new(2).await;
    bench.worlds[0].run(1);
    bench.worlds[1].run(2);
    sleep(Duration::from_secs(10)).await;
    bench.worlds[0].set_mood(Mood::Hangs);
    let from = Instant::now();
    while hosts(&bench)[0].liveness.is_up() {
        sleep(Duration::from_millis(50)).await;
    }
    assert!(from.elapsed() <= Duration::from_secs(10), "{:?}", from.elapsed());
    assert!(matches!(hosts(&bench)[0].liveness, Liveness::Suspect { .. }));
    while !matches!(hosts(&bench)[0].liveness, Liveness::Down { .. }) {
        sleep(Duration::from_millis(50)).await;
    }
    assert!(from.elapsed() <= Duration::from_secs(13), "{:?}", from.elapsed());

    let stale = rows(&bench)
        .into_iter()
        .find(|r| r.host.as_str() == "h0")
        .unwrap();
    assert_eq!(stale.state, ContainerState::Running, "the last state known");
    assert!(stale.stale_since.is_some());
    assert!(hosts(&bench)[0].verdict.words.starts_with("down"));

    // The other host stays exactly as live.
    assert_eq!(hosts(&bench)[1].liveness, Liveness::Up);
    bench.worlds[1].run(3);
    bench.settle().await;
    assert_eq!(rows(&bench).iter().filter(|r| r.stale_since.is_none()).count(), 2);

    bench.worlds[0].put(summary(4, ContainerState::Running));
    bench.worlds[0].set_mood(Mood::Well);
    sleep(Duration::from_secs(11)).await;
    assert_eq!(hosts(&bench)[0].liveness, Liveness::Up);
    assert_eq!(rows(&bench).len(), 4);
    assert!(rows(&bench).iter().all(|r| r.stale_since.is_none()));
}

#[tokio::test(start_paused = true)]
async fn while_a_host_does_not_answer_only_its_own_task_asks_it_one_call_at_a_time() {
    let bench = Bench::new(1).await;
    let world = &bench.worlds[0];
    world.run(1);
    sleep(Duration::from_secs(10)).await;
    world.set_mood(Mood::Hangs);
    while hosts(&bench)[0].liveness.is_up() {
        sleep(Duration::from_millis(50)).await;
    }
    // Open: within ten seconds of silence, sooner than five failures would tell.
    sleep(Duration::from_secs(5)).await;
    world.asked.store(0, Ordering::Release);
    world.most_at_once.store(0, Ordering::Release);
    let looking = authorize::<right::ContainerTerminal>(
        &viewer(Role::Administrator),
        Target::Container(bench.key(0, 1)),
    );
    let looking = looking.unwrap();
    let began = Instant::now();
    for _ in 0..200 {
        let refused = bench.console.open_terminal(&looking, (80, 24)).await;
        assert_eq!(refused.unwrap_err().problem().code(), "host-unreachable");
    }
    assert!(began.elapsed() < Duration::from_millis(10), "nobody waits for it");
    assert!(
        world.asked.load(Ordering::Acquire) <= 1,
        "and it is asked nothing"
    );
    // Half open: it is tried again and again, with pauses.
    sleep(Duration::from_secs(60)).await;
    let asked = world.asked.load(Ordering::Acquire);
    assert!((4..=20).contains(&asked), "{asked} attempts in a minute");
    assert_eq!(world.most_at_once.load(Ordering::Acquire), 1);
    // Closed again by the first answer.
    world.set_mood(Mood::Well);
    sleep(Duration::from_secs(11)).await;
    assert!(hosts(&bench)[0].liveness.is_up());
    bench.console.open_terminal(&looking, (80, 24)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_restarts_is_not_a_lost_host_and_is_blamed_for_what_died_with_it() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    sleep(Duration::from_secs(10)).await;
    bench.worlds[0].set_mood(Mood::Gone);
    bench.worlds[0].edit(1, |c| {
        c.state = ContainerState::Exited;
        c.exit_code = Some(137);
    });
    sleep(Duration::from_secs(2)).await;
    assert!(matches!(hosts(&bench)[0].liveness, Liveness::Suspect { .. }));
    bench.worlds[0].set_mood(Mood::Well);
    sleep(Duration::from_secs(5)).await;
    assert_eq!(hosts(&bench)[0].liveness, Liveness::Up);
    assert_eq!(
        rows(&bench)[0].verdict.words,
        "exited 137 (killed) when its engine restarted"
    );
    // A later list does not make it untrue.
    sleep(Duration::from_secs(61)).await;
    assert_eq!(
        rows(&bench)[0].verdict.words,
        "exited 137 (killed) when its engine restarted"
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_that_never_answered_is_down_at_once_and_comes_by_itself() {
    let world = World::new("e");
    world.set_mood(Mood::Gone);
    let bench = Bench::with(vec![world]).await;
    assert!(
        matches!(&hosts(&bench)[0].liveness, Liveness::Down { reason, .. } if reason == "connection refused")
    );
    bench.worlds[0].set_mood(Mood::Well);
    sleep(Duration::from_secs(11)).await;
    assert_eq!(hosts(&bench)[0].liveness, Liveness::Up);
}

#[tokio::test(start_paused = true)]
async fn a_flapping_container_is_told_of_once_a_second_and_says_so() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    let mut changes = bench.console.changes().follow();
    // Five restarts a second.
    for _ in 0..50 {
        bench.worlds[0].crash(1, 1);
        sleep(Duration::from_millis(100)).await;
        bench.worlds[0].run(1);
        sleep(Duration::from_millis(100)).await;
    }
    let mut told = 0;
    while let Ok(change) = changes.try_recv() {
        told += usize::from(matches!(change.change, Change::Container(_)));
    }
    assert!((8..=18).contains(&told), "{told} in ten seconds");
    let words = &rows(&bench)[0].verdict.words;
    assert!(words.contains("restarts a minute"), "{words}");
    assert_eq!(rows(&bench)[0].verdict.tone, Tone::Failed);
    // The last state is told, however quickly it came.
    bench.worlds[0].take(1);
    bench.worlds[0].tell(1, "destroy", &[]);
    sleep(Duration::from_secs(2)).await;
    assert!(rows(&bench).is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_on_purpose_did_not_fail() {
    let bench = Bench::new(1).await;
    for n in [1, 2] {
        bench.worlds[0].run(n);
    }
    bench.settle().await;
    bench.worlds[0].tell(1, "kill", &[("signal", "15")]);
    bench.worlds[0].crash(1, 137);
    bench.worlds[0].crash(2, 137);
    bench.settle().await;
    let verdict = |n: usize| {
        let name = format!("box-{n}");
        rows(&bench).into_iter().find(|r| r.name == name).unwrap().verdict
    };
    assert_eq!(verdict(1).words, "stopped");
    assert_eq!(verdict(1).tone, Tone::Idle);
    assert_eq!(verdict(2).words, "exited 137 (killed)");
    bench.worlds[0].tell(2, "oom", &[]);
    bench.worlds[0].run(2);
    bench.settle().await;
    bench.worlds[0].tell(2, "oom", &[]);
    bench.worlds[0].crash(2, 137);
    bench.settle().await;
    assert_eq!(verdict(2).words, "exited 137 (out of memory)");
}

#[tokio::test(start_paused = true)]
async fn of_what_was_killed_before_the_console_looked_nobody_says_that_it_failed() {
    let world = World::new("e");
    for (n, code) in [(1, 137), (2, 1)] {
        let mut dead = summary(n, ContainerState::Exited);
        dead.exit_code = Some(code);
        world.put(dead);
    }
    let bench = Bench::with(vec![world]).await;
    let tone = |n: usize| {
        let name = format!("box-{n}");
        rows(&bench)
            .into_iter()
            .find(|r| r.name == name)
            .unwrap()
            .verdict
            .tone
    };
    assert_eq!((tone(1), tone(2)), (Tone::Warning, Tone::Failed));
    bench.worlds[0].run(1);
    bench.settle().await;
    bench.worlds[0].crash(1, 137);
    bench.settle().await;
    assert_eq!(tone(1), Tone::Failed);
}

#[tokio::test(start_paused = true)]
async fn twins_changed_engines_and_wrong_clocks_are_noted() {
    let bench = Bench::with(vec![World::new("same"), World::new("same"), World::new("other")]).await;
    assert!(hosts(&bench)[0].notes[0].contains("`h1`"));
    assert!(hosts(&bench)[2].notes.is_empty());
    sleep(Duration::from_secs(10)).await;
    bench.worlds[2].set_engine("another", 600_000);
    bench.worlds[2].cut_events();
    sleep(Duration::from_secs(1)).await;
    let notes = &hosts(&bench)[2].notes;
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].contains("engine id changed"));
    assert!(notes[1].contains("ahead of"));
}

#[tokio::test(start_paused = true)]
async fn statistics_are_shared_and_end_five_seconds_after_the_last_viewer() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    let open = || {
        bench.worlds[0]
            .open_stats
            .load(std::sync::atomic::Ordering::Acquire)
    };
    let viewer = viewer(Role::Viewer);
    let topic = lighthouse_model::live::Topic::Stats { key: bench.key(0, 1) };
    for _ in 0..3 {
        bench.console.topic(&viewer, &topic).await.unwrap();
        bench.settle().await;
    }
    assert_eq!(open(), 1);
    sleep(Duration::from_secs(6)).await;
    assert_eq!(open(), 0);
    bench.console.topic(&viewer, &topic).await.unwrap();
    bench.settle().await;
    assert_eq!(open(), 1, "and begins again for the next");
}

#[tokio::test(start_paused = true)]
async fn a_console_that_stops_ends_every_task() {
    let bench = Bench::new(3).await;
    bench.worlds[1].set_mood(Mood::Hangs);
    sleep(Duration::from_secs(5)).await;
    tokio::time::timeout(Duration::from_secs(1), bench.console.stop())
        .await
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_environment_is_masked_without_the_right_to_read_it() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    for (role, value) in [
        (Role::Operator, None),
        (Role::Administrator, Some("secret".to_owned())),
    ] {
        let target = Target::Container(bench.key(0, 1));
        let grant: Grant<right::ContainerView> = authorize(&viewer(role), target).unwrap();
        let detail = bench.console.container_detail(&grant).await.unwrap();
        assert_eq!(detail.environment, [("PASSWORD".to_owned(), value)]);
    }
    // A page of a host that hangs is there in time all the same.
    bench.worlds[0].set_mood(Mood::Hangs);
    bench.worlds[0].edit(1, |c| c.name = "renamed".to_owned());
    let target = Target::Container(bench.key(0, 1));
    let grant: Grant<right::ContainerView> = authorize(&viewer(Role::Viewer), target).unwrap();
    let from = Instant::now();
    let detail = bench.console.container_detail(&grant).await.unwrap();
    assert!(from.elapsed() <= Duration::from_secs(3));
    assert_eq!(detail.command, ["sleep"]);
}
