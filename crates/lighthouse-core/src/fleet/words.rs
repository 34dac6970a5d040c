//! The one mapping from what an engine did wrong to what a person is told.

use lighthouse_model::Problem;

use crate::engine::EngineError;

/// Characters of an engine's own words that are shown in one line.
const WORDS: usize = 400;

/// Puts an engine's error into words. `what` completes *refused to …*.
pub(super) fn problem(host: &str, what: &str, error: &EngineError) -> Problem {
    let host = host.to_owned();
    match error {
        EngineError::Unreachable { why } => Problem::HostUnreachable {
            host,
            why: one_line(why),
        },
        EngineError::TimedOut { what, seconds } => Problem::HostTimeout {
            host,
            what: (*what).to_owned(),
            seconds: *seconds,
        },
        EngineError::Garbled { what } => Problem::EngineGarbled {
            host,
            what: one_line(what),
        },
        EngineError::NotFound { message }
        | EngineError::Conflict { message }
        | EngineError::Refused { message, .. } => refusal(host, what, message),
        EngineError::TooOld { .. } => Problem::EngineRefused {
            host,
            what: what.to_owned(),
            why: error.to_string(),
        },
    }
}

fn refusal(host: String, what: &str, message: &str) -> Problem {
    if let Some(name) = between(message, "container name \"/", "\" is already in use") {
        return Problem::ContainerNameTaken {
            host,
            name: one_line(name),
        };
    }
    if let Some(port) = port_in_use(message) {
        return Problem::PortInUse { host, port };
    }
    Problem::EngineRefused {
        host,
        what: what.to_owned(),
        why: one_line(message),
    }
}

/// Engines say `Bind for 0.0.0.0:80 failed: port is already allocated` or
/// `listen tcp4 0.0.0.0:80: bind: address already in use`.
fn port_in_use(message: &str) -> Option<String> {
    if !message.contains("port is already allocated") && !message.contains("address already in use") {
        return None;
    }
    let protocol = if message.contains("udp") { "udp" } else { "tcp" };
    let (_, rest) = message
        .split_once("Bind for ")
        .or_else(|| message.split_once("listen "))?;
    let digits = rest.split(|c: char| c.is_whitespace()).find_map(|word| {
        let (_, tail) = word.trim_end_matches(':').rsplit_once(':')?;
        tail.parse::<u16>().ok()
    })?;
    Some(format!("{digits}/{protocol}"))
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(inside, _)| inside)
}

/// An engine's words without control characters, and not longer than a line may be.
fn one_line(text: &str) -> String {
    let mut line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(WORDS)
        .collect();
    if text.chars().count() > WORDS {
        line.push('…');
    }
    line.trim().trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(message: &str) -> Problem {
        problem(
            "eu-1",
            "start `web-1`",
            &EngineError::Refused {
                status: 500,
                message: message.to_owned(),
            },
        )
    }

    #[test]
    fn a_port_in_use_is_told_as_such_whatever_the_engine_calls_it() {
        for message in [
            "driver failed programming external connectivity on endpoint x: Bind for 0.0.0.0:8080 failed: port is already allocated",
            "driver failed programming external connectivity: Error starting userland proxy: listen tcp4 0.0.0.0:8080: bind: address already in use",
        ] {
            assert_eq!(
                refused(message),
                Problem::PortInUse {
                    host: "eu-1".into(),
                    port: "8080/tcp".into()
                }
            );
        }
    }

    #[test]
    fn a_taken_name_is_told_with_the_name() {
        let message = "Conflict. The container name \"/shop-web-1\" is already in use by container \"abc\". You have to remove it.";
        assert_eq!(
            refused(message),
            Problem::ContainerNameTaken {
                host: "eu-1".into(),
                name: "shop-web-1".into()
            }
        );
    }

    #[test]
    fn other_words_are_passed_on_in_one_bounded_line() {
        let Problem::EngineRefused { why, .. } = refused(&format!("a\n\u{1b}b{}", "x".repeat(1000))) else {
            panic!("another problem");
        };
        assert!(why.starts_with("a  bx"));
        assert!(why.chars().count() <= WORDS + 1);
    }
}
