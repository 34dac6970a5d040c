//! Terminals inside containers.

use futures::StreamExt;
use lighthouse_core::access::{Grant, Target, authorize, right};
use lighthouse_core::store::AuditLog;
use lighthouse_model::container::ContainerState;
use lighthouse_model::{Problem, Role};

use crate::world::{Bench, summary, viewer};

fn grant(bench: &Bench, n: usize) -> Grant<right::ContainerTerminal> {
    authorize(&viewer(Role::Administrator), Target::Container(bench.key(0, n))).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_shell_is_found_by_itself_and_noted_in_the_record() {
    let bench = Bench::new(1).await;
    bench.worlds[0].run(1);
    bench.settle().await;
    bench.worlds[0].set_program("/busybox/sh", "# ");
    let mut terminal = bench
        .console
        .open_terminal(&grant(&bench, 1), (80, 24))
        .await
        .unwrap();
    assert_eq!(terminal.shell, "/busybox/sh");
    assert_eq!(terminal.session.output.next().await.unwrap().unwrap(), "# ");
    let rows = bench.store.audit(None, 10).await.unwrap();
    assert_eq!(
        (rows[0].1.action.as_str(), rows[0].1.outcome.as_str()),
        ("open-terminal", "done")
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_shell_or_a_running_container_the_reason_is_told() {
    let bench = Bench::new(1).await;
    bench.worlds[0].put(summary(1, ContainerState::Exited));
    bench.worlds[0].tell(1, "create", &[]);
    bench.worlds[0].run(2);
    bench.settle().await;
    bench.worlds[0].set_program("/app", "");
    for (n, words) in [(1, "does not run"), (2, "No shell was found")] {
        let refused = bench.console.open_terminal(&grant(&bench, n), (80, 24)).await;
        let Problem::Conflict { why } = refused.unwrap_err().into_problem() else {
            panic!("another problem");
        };
        assert!(why.contains(words), "{why}");
    }
}
