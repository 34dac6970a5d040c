//! The end of a terminal that nobody looks at any more.
//!
//! An engine leaves the processes of an exec running when its client goes away, and cannot be asked to end them.
//! So the processes of a terminal carry a mark in their environment, and one more exec sends those that have it
//! the signal that the end of a real terminal sends.

use bollard::Docker;
use bollard::exec::StartExecOptions;
use bollard::models::ExecConfig;
use lighthouse_core::engine::{EngineError, deadline};
use lighthouse_model::ContainerId;
use tokio::runtime::Handle;

use crate::exec::ExecId;
use crate::failure::{self, within};

/// The variable that carries the mark.
const MARK: &str = "LIGHTHOUSE_TERMINAL";

/// Where an image may have a shell. Without one there is nobody to send a signal, and hardly a terminal.
const SHELLS: [&str; 3] = ["/bin/sh", "/busybox/sh", "sh"];

/// Ends the processes of one terminal when dropped, while they run.
#[derive(Debug)]
pub(crate) struct HangUp {
    docker: Docker,
    container: ContainerId,
    mark: String,
    armed: bool,
}

impl HangUp {
    pub(crate) fn new(docker: Docker, container: ContainerId) -> Self {
        Self {
            docker,
            container,
            mark: format!("{:032x}", fastrand::u128(..)),
            armed: false,
        }
    }

    /// What to put into the environment.
    pub(crate) fn variable(&self) -> String {
        format!("{MARK}={}", self.mark)
    }

    /// The process runs.
    pub(crate) fn arm(&mut self) {
        self.armed = true;
    }

    /// The process ended by itself: nothing is to be done.
    pub(crate) fn disarm(&mut self) {
        self.armed = false;
    }
}

impl Drop for HangUp {
    fn drop(&mut self) {
        if !self.armed {
            return;
        }
        // Not at the end of the program, when there is nobody left to do it.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let docker = self.docker.clone();
        let container = self.container.clone();
        let script = format!(
            "for p in /proc/[0-9]*; do grep -q {MARK}={} $p/environ 2>/dev/null && kill -HUP ${{p#/proc/}}; done",
            self.mark
        );
        // Its owner is gone; the deadline ends it.
        runtime.spawn(async move {
            let done = within(
                "ending a terminal",
                deadline::EXEC,
                run(&docker, &container, &script),
            )
            .await;
            if let Err(error) = done {
                tracing::debug!(%container, %error, "the processes of a terminal may run on");
            }
        });
    }
}

async fn run(docker: &Docker, container: &ContainerId, script: &str) -> Result<(), EngineError> {
    let mut last = Ok(());
    for shell in SHELLS {
        last = start(docker, container, shell, script).await;
        if last.is_ok() {
            break;
        }
    }
    last
}

async fn start(
    docker: &Docker,
    container: &ContainerId,
    shell: &str,
    script: &str,
) -> Result<(), EngineError> {
    let config = ExecConfig {
        cmd: Some([shell, "-c", script].map(str::to_owned).to_vec()),
        ..ExecConfig::default()
    };
    let detached = StartExecOptions {
        detach: true,
        ..StartExecOptions::default()
    };
    let made = docker
        .create_exec(container.as_str(), config)
        .await
        .map_err(failure::bollard)?;
    let exec = ExecId::new(made.id)?;
    docker
        .start_exec(exec.as_str(), Some(detached))
        .await
        .map(drop)
        .map_err(failure::bollard)
}
