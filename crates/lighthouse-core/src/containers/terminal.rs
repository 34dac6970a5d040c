//! A terminal inside a container: a shell that is found by itself, and a row in the record.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use lighthouse_model::{HostId, Problem};
use tokio::time::timeout;

use crate::access::right;
use crate::audit::Outcome;
use crate::engine::{Engine, EngineError, ExecSession, ExecSpec, deadline};
use crate::fleet::Container;
use crate::{Console, Grant, Result};

/// A shell that says nothing for so long is there and waits.
const PROMPT: Duration = Duration::from_millis(1500);

/// Tried in this order. The first finds the best shell in one call; the others are for images without `/bin/sh`.
const SHELLS: [&[&str]; 5] = [
    &[
        "/bin/sh",
        "-c",
        "for s in /bin/bash /usr/bin/bash /bin/ash; do [ -x \"$s\" ] && exec \"$s\"; done; exec /bin/sh",
    ],
    &["/bin/bash"],
    &["/bin/busybox", "sh"],
    &["/busybox/sh"],
    &["sh"],
];

/// An open terminal. Dropping its session ends what runs in it.
#[derive(Debug)]
pub struct Terminal {
    /// The bytes both ways, resizing, and the end. What comes out is never to be trusted.
    pub session: ExecSession,
    /// The shell that was found, for the screen.
    pub shell: &'static str,
}

impl Console {
    /// Opens a terminal of this many columns and rows in the grant's container.
    ///
    /// # Errors
    /// [`Problem::Conflict`] when it does not run or has no shell.
    pub async fn open_terminal(
        &self,
        grant: &Grant<right::ContainerTerminal>,
        size: (u16, u16),
    ) -> Result<Terminal> {
        let container = self.container_of(grant)?;
        if !container.state.is_up() {
            return Err(Problem::Conflict {
                why: format!("`{}` does not run. Start it first.", container.name),
            }
            .into());
        }
        let engine = self.fleet().engine(container.key.host)?;
        let opened = self.find_shell(&*engine, &container, size).await;
        let viewer = grant.viewer();
        let outcome = if opened.is_ok() {
            Outcome::Done
        } else {
            Outcome::Failed
        };
        let target = format!("container {} on host {}", container.name, container.host);
        let detail = container.key.id.to_string();
        self.record(viewer.into(), "open-terminal", target, outcome, detail)
            .await?;
        opened
    }

    async fn find_shell(
        &self,
        engine: &dyn Engine,
        container: &Container,
        size: (u16, u16),
    ) -> Result<Terminal> {
        for command in SHELLS {
            let spec = ExecSpec {
                command: command.iter().map(|&word| word.to_owned()).collect(),
                tty: Some((size.0.clamp(1, 1000), size.1.clamp(1, 1000))),
                environment: vec!["TERM=xterm-256color".to_owned()],
            };
            let opened = timeout(deadline::EXEC, engine.exec(&container.key.id, &spec)).await;
            let session = match opened {
                Ok(Ok(session)) => session,
                // The engine's way of saying that there is no such program.
                Ok(Err(
                    EngineError::Refused { .. } | EngineError::NotFound { .. } | EngineError::Conflict { .. },
                )) => continue,
                Ok(Err(error)) => return Err(self.exec_problem(container.key.host, &error)),
                Err(_) => {
                    let error = EngineError::TimedOut {
                        what: "open a terminal",
                        seconds: 5,
                    };
                    return Err(self.exec_problem(container.key.host, &error));
                }
            };
            if let Some(session) = greet(session).await {
                return Ok(Terminal {
                    session,
                    shell: command.first().copied().unwrap_or_default(),
                });
            }
        }
        Err(Problem::Conflict {
            why: format!(
                "No shell was found in `{}`: its image has none of /bin/sh, /bin/bash or busybox.",
                container.name
            ),
        }
        .into())
    }

    fn exec_problem(&self, host: HostId, error: &EngineError) -> crate::Error {
        self.fleet().problem(host, "open a terminal", error).into()
    }
}

/// Waits for the first output; `None` when the program turned out not to be there.
async fn greet(mut session: ExecSession) -> Option<ExecSession> {
    let Ok(first) = timeout(PROMPT, session.output.next()).await else {
        return Some(session);
    };
    match first {
        Some(Ok(bytes)) if !says_missing(&bytes) => {
            session.output = stream::once(async move { Ok(bytes) })
                .chain(session.output)
                .boxed();
            Some(session)
        }
        _ => None,
    }
}

/// Older engines start the exec and print why it failed.
fn says_missing(output: &Bytes) -> bool {
    let text = String::from_utf8_lossy(output.get(..output.len().min(400)).unwrap_or_default());
    text.contains("exec failed")
        || text.contains("executable file not found")
        || text.contains("no such file or directory")
}
