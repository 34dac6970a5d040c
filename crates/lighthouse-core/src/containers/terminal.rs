//! A terminal inside a container: a shell that is found by itself, and a row in the record.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use lighthouse_model::{ContainerId, HostId, Problem};
use tokio::time::timeout;

use crate::access::right;
use crate::engine::{Engine, EngineError, ExecControl, ExecSession, ExecSpec, deadline};
use crate::fleet::{Container, Fleet};
use crate::identity::random_secret;
use crate::store::AuditRecord;
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

/// Every process of a terminal carries this in its environment, so that it can be found when the viewer left.
const MARK: &str = "LIGHTHOUSE_TERMINAL";

/// Tells every process with the mark given as `$1` that its terminal is gone. An engine does not: without it the
/// shell would stay for as long as its container.
const HANG_UP: &str = "for e in /proc/[0-9]*/environ; do if grep -q \"$1\" \"$e\" 2>/dev/null; then \
                       p=${e#/proc/}; kill -HUP \"${p%/environ}\" 2>/dev/null; fi; done";

/// An open terminal. Dropping it (its last part) hangs up: what runs in it is told to end.
#[derive(Debug)]
pub struct Terminal {
    /// The bytes both ways, resizing, and the end. What comes out is never to be trusted.
    pub session: ExecSession,
    /// The shell that was found, for the screen.
    pub shell: &'static str,
    /// Hangs up when it is dropped: keep it for as long as the session.
    pub line: Line,
}

/// What has to be hung up.
pub struct Line {
    fleet: Fleet,
    engine: Arc<dyn Engine>,
    container: ContainerId,
    control: Arc<dyn ExecControl>,
    shell: &'static [&'static str],
    mark: String,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").finish_non_exhaustive()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut command: Vec<String> = self.shell.iter().map(|&word| word.to_owned()).collect();
        if command.get(1).is_some_and(|word| word == "-c") {
            command.truncate(1);
        }
        for word in ["-c", HANG_UP, "sh", &format!("{MARK}={}", self.mark)] {
            command.push(word.to_owned());
        }
        let (engine, container) = (Arc::clone(&self.engine), self.container.clone());
        let control = Arc::clone(&self.control);
        self.fleet.finish(async move {
            let hang_up = async {
                // A shell that ended by itself left nothing behind that wants a terminal.
                if let Ok(Some(_)) = control.exit_code().await {
                    return Ok(());
                }
                let spec = ExecSpec {
                    command,
                    tty: None,
                    environment: Vec::new(),
                };
                let mut session = engine.exec(&container, &spec).await?;
                while session.output.next().await.is_some() {}
                Ok::<_, EngineError>(())
            };
            match timeout(deadline::EXEC, hang_up).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "a terminal could not be hung up"),
                Err(_) => tracing::debug!("a terminal could not be hung up in time"),
            }
        });
    }
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
        let opened = self.find_shell(&engine, &container, size).await;
        let viewer = grant.viewer();
        self.store()
            .append(&AuditRecord {
                at: self.clock().now(),
                actor: viewer.name.to_string(),
                address: viewer.address.clone(),
                action: "open-terminal".to_owned(),
                target: format!("container {} on host {}", container.name, container.host),
                outcome: if opened.is_ok() { "done" } else { "failed" }.to_owned(),
                operation: None,
                detail: container.key.id.to_string(),
            })
            .await?;
        opened
    }

    async fn find_shell(
        &self,
        engine: &Arc<dyn Engine>,
        container: &Container,
        size: (u16, u16),
    ) -> Result<Terminal> {
        let mark = random_secret()?.expose().clone();
        for command in SHELLS {
            let spec = ExecSpec {
                command: command.iter().map(|&word| word.to_owned()).collect(),
                tty: Some((size.0.clamp(1, 1000), size.1.clamp(1, 1000))),
                environment: vec!["TERM=xterm-256color".to_owned(), format!("{MARK}={mark}")],
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
                let line = Line {
                    fleet: self.fleet().clone(),
                    engine: Arc::clone(engine),
                    container: container.key.id.clone(),
                    control: Arc::clone(&session.control),
                    shell: command,
                    mark,
                };
                return Ok(Terminal {
                    session,
                    shell: command.first().copied().unwrap_or_default(),
                    line,
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
