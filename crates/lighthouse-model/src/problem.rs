//! What went wrong: one enum of stable codes with parameters, and the one place with their sentences.
//!
//! Used by `problem+json`, by the steps of operations and by screens. A sentence says what failed, where, why,
//! and what to do. Nothing secret and no internal cause is ever a parameter.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Permission;

macro_rules! problems {
    ($($(#[$doc:meta])* $variant:ident $({ $($(#[$fdoc:meta])* $field:ident : $ty:ty,)* })? = $code:literal, $status:literal;)*) => {
        /// Something that went wrong, with what a person needs to know of it.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
        #[serde(tag = "code", try_from = "Parameters")]
        #[non_exhaustive]
        pub enum Problem {
            $($(#[$doc])* #[serde(rename = $code)] $variant $({ $($(#[$fdoc])* $field: $ty,)* })?,)*
        }

        impl TryFrom<Parameters> for Problem {
            type Error = String;

            fn try_from(parameters: Parameters) -> Result<Self, String> {
                match &*parameters.code {
                    $($code => Ok(Self::$variant $({
                        $($field: parameters.$field.ok_or(concat!("`", stringify!($field), "` is missing"))?,)*
                    })?),)*
                    other => Err(format!("`{other}` is no problem known here")),
                }
            }
        }

        impl Problem {
            /// The stable code.
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $code,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(&self) -> u16 {
                match self { $(Self::$variant { .. } => $status,)* }
            }
        }
    };
}

/// A code with the parameters of all problems, to read any of them.
///
/// Reading each problem on its own is 27 times the code of reading one structure, and all of it in the WASM.
#[derive(Deserialize)]
struct Parameters {
    code: String,
    actor: Option<String>,
    application: Option<String>,
    diagnostics: Option<Vec<crate::Diagnostic>>,
    field: Option<String>,
    host: Option<String>,
    image: Option<String>,
    instance: Option<String>,
    limit: Option<u64>,
    name: Option<String>,
    obstacles: Option<Vec<String>>,
    operation: Option<crate::OperationId>,
    options: Option<Vec<String>>,
    output: Option<String>,
    permission: Option<Permission>,
    port: Option<String>,
    reference: Option<String>,
    retry_after: Option<u32>,
    seconds: Option<u32>,
    what: Option<String>,
    why: Option<String>,
}

problems! {
    /// There is no such thing, or the viewer may not know of it.
    NotFound {
        /// What was looked for, in words.
        what: String,
    } = "not-found", 404;
    /// The viewer may see it but not do this.
    Forbidden {
        /// The missing right.
        permission: Permission,
    } = "forbidden", 403;
    /// A blueprint asks for options that hand out the host.
    Reserved {
        /// Each option, with its line.
        options: Vec<String>,
    } = "reserved-options", 403;
    /// Nobody is signed in.
    SignInNeeded = "sign-in-needed", 401;
    /// The name or password is wrong; which one is never told.
    SignInFailed = "sign-in-failed", 401;
    /// Too many attempts or requests.
    TooMany {
        /// When to try again, in seconds.
        retry_after: u32,
    } = "too-many-requests", 429;
    /// What was given cannot be used.
    Invalid {
        /// The field, as the API names it.
        field: String,
        /// Why, in a sentence without a full stop.
        why: String,
    } = "invalid", 422;
    /// The blueprint has errors.
    BlueprintInvalid {
        /// The findings.
        diagnostics: Vec<crate::Diagnostic>,
    } = "blueprint-invalid", 422;
    /// The plan cannot be applied.
    NotPlaceable {
        /// Why, a sentence each.
        obstacles: Vec<String>,
    } = "not-placeable", 409;
    /// The name is taken.
    NameTaken {
        /// What kind of thing.
        what: String,
        /// The name.
        name: String,
    } = "name-taken", 409;
    /// Somebody else changed it in between.
    Stale {
        /// What, in words.
        what: String,
    } = "stale", 412;
    /// Another operation is changing the application.
    Busy {
        /// The application.
        application: String,
        /// Who started it.
        actor: String,
        /// The operation.
        operation: crate::OperationId,
    } = "application-busy", 409;
    /// It is in a state in which this cannot be done.
    Conflict {
        /// Why, in a sentence.
        why: String,
    } = "conflict", 409;
    /// The host does not answer.
    HostUnreachable {
        /// Its name.
        host: String,
        /// Why, in words.
        why: String,
    } = "host-unreachable", 503;
    /// The host did not answer in time.
    HostTimeout {
        /// Its name.
        host: String,
        /// What was asked.
        what: String,
        /// The deadline in seconds.
        seconds: u32,
    } = "host-timeout", 504;
    /// The engine refused.
    EngineRefused {
        /// The host's name.
        host: String,
        /// What was asked.
        what: String,
        /// The engine's own words.
        why: String,
    } = "engine-refused", 502;
    /// The engine answered with something that makes no sense.
    EngineGarbled {
        /// The host's name.
        host: String,
        /// What was asked.
        what: String,
    } = "engine-garbled", 502;
    /// A container name is taken on the engine by something that is not ours.
    ContainerNameTaken {
        /// The host's name.
        host: String,
        /// The container's name.
        name: String,
    } = "container-name-taken", 409;
    /// A port is in use on the host.
    PortInUse {
        /// The host's name.
        host: String,
        /// The port, as `80/tcp`.
        port: String,
    } = "port-in-use", 409;
    /// An image could not be brought to the host.
    PullFailed {
        /// The host's name.
        host: String,
        /// The image.
        image: String,
        /// The registry's or engine's words.
        why: String,
    } = "pull-failed", 502;
    /// A container was started and did not stay.
    DidNotStayUp {
        /// The host's name.
        host: String,
        /// The instance.
        instance: String,
        /// How it ended, in words.
        why: String,
    } = "did-not-stay-up", 502;
    /// A container's health check did not pass in time.
    NotHealthy {
        /// The host's name.
        host: String,
        /// The instance.
        instance: String,
        /// Seconds waited.
        seconds: u32,
        /// The last output of the check.
        output: String,
    } = "not-healthy", 502;
    /// The console was stopped in the middle of a step.
    Interrupted = "interrupted", 503;
    /// The console is stopping.
    ShuttingDown = "shutting-down", 503;
    /// The request is larger than allowed.
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    } = "too-large", 413;
    /// The store refused or failed.
    StoreUnavailable = "store-unavailable", 503;
    /// Something is wrong with the console itself; the cause is in its log under this reference.
    Internal {
        /// What to look for in the log.
        reference: String,
    } = "internal", 500;
}

impl Problem {
    /// Something was not found.
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }

    /// A field cannot be used.
    pub fn invalid(field: impl Into<String>, why: impl fmt::Display) -> Self {
        Self::Invalid {
            field: field.into(),
            why: why.to_string(),
        }
    }
}

impl fmt::Display for Problem {
    #[expect(clippy::too_many_lines, reason = "every sentence stands in one place")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { what } => write!(f, "There is no {what} here."),
            Self::Forbidden { permission } => {
                write!(
                    f,
                    "You may see this, but not do it: it needs `{permission}`. Ask an administrator."
                )
            }
            Self::Reserved { options } => write!(
                f,
                "Only an administrator may deploy options that hand out the host: {}.",
                options.join("; ")
            ),
            Self::SignInNeeded => f.write_str("Sign in first."),
            Self::SignInFailed => f.write_str("The name or the password is wrong."),
            Self::TooMany { retry_after } => write!(f, "Too many attempts. Try again in {retry_after} s."),
            Self::Invalid { field, why } => write!(f, "`{field}` cannot be used: {why}."),
            Self::BlueprintInvalid { diagnostics } => {
                let errors = diagnostics.len();
                match diagnostics.first() {
                    Some(first) if errors == 1 => {
                        write!(
                            f,
                            "The blueprint has an error in line {}: {}",
                            first.line, first.message
                        )
                    }
                    Some(first) => write!(
                        f,
                        "The blueprint has {errors} findings; the first is in line {}: {}",
                        first.line, first.message
                    ),
                    None => f.write_str("The blueprint has errors."),
                }
            }
            Self::NotPlaceable { obstacles } => {
                write!(f, "The plan cannot be applied: {}", obstacles.join(" "))
            }
            Self::NameTaken { what, name } => {
                write!(
                    f,
                    "There is a {what} named `{name}` already. Choose another name."
                )
            }
            Self::Stale { what } => {
                write!(
                    f,
                    "Somebody changed {what} in between. Reload, look at the change, and try again."
                )
            }
            Self::Busy {
                application,
                actor,
                operation,
            } => write!(
                f,
                "`{application}` is being changed by {actor} (operation {operation}). Wait until it ends."
            ),
            Self::Conflict { why } => f.write_str(why),
            Self::HostUnreachable { host, why } => write!(
                f,
                "Host `{host}` cannot be reached: {why}. Look at Hosts → {host}; it is tried again by itself."
            ),
            Self::HostTimeout { host, what, seconds } => write!(
                f,
                "Host `{host}` did not answer within {seconds} s ({what}). Its engine may hang; look at Hosts → {host}."
            ),
            Self::EngineRefused { host, what, why } => write!(f, "Host `{host}` refused to {what}: {why}"),
            Self::EngineGarbled { host, what } => write!(
                f,
                "Host `{host}` gave an answer that makes no sense ({what}). Is a Docker Engine behind its address?"
            ),
            Self::ContainerNameTaken { host, name } => write!(
                f,
                "Host `{host}` has a container named `{name}` that Lighthouse did not make. Rename or remove it, then try again."
            ),
            Self::PortInUse { host, port } => write!(
                f,
                "Port {port} is in use on host `{host}`. Free it or publish another one, then try again."
            ),
            Self::PullFailed { host, image, why } => {
                write!(f, "Host `{host}` could not pull `{image}`: {why}")
            }
            Self::DidNotStayUp { host, instance, why } => {
                write!(
                    f,
                    "`{instance}` on `{host}` was started and did not stay up: {why}. Look at its log."
                )
            }
            Self::NotHealthy {
                host,
                instance,
                seconds,
                output,
            } => {
                write!(f, "`{instance}` on `{host}` was not healthy after {seconds} s")?;
                if output.is_empty() {
                    f.write_str(".")
                } else {
                    write!(f, "; its check said: {output}")
                }
            }
            Self::Interrupted => f.write_str("The console was stopped in the middle of this step."),
            Self::ShuttingDown => f.write_str("The console is stopping. Try again in a moment."),
            Self::TooLarge { limit } => write!(f, "That is larger than the {limit} bytes allowed."),
            Self::StoreUnavailable => f.write_str(
                "The console's store cannot be used right now. Its log says why; nothing was changed.",
            ),
            Self::Internal { reference } => write!(
                f,
                "Something went wrong in the console itself. Its log has the cause under `{reference}`."
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_read_as_it_was_written() {
        for problem in [
            Problem::SignInNeeded,
            Problem::TooMany { retry_after: 9 },
            Problem::NotHealthy {
                host: "eu-1".into(),
                instance: "shop-web-1".into(),
                seconds: 60,
                output: String::new(),
            },
        ] {
            let json = serde_json::to_string(&problem).unwrap();
            assert_eq!(serde_json::from_str::<Problem>(&json).unwrap(), problem, "{json}");
        }
    }

    #[test]
    fn a_problem_without_its_parameter_is_refused() {
        let error = serde_json::from_str::<Problem>(r#"{"code":"not-found"}"#).unwrap_err();
        assert_eq!(error.to_string(), "`what` is missing");
    }
}
