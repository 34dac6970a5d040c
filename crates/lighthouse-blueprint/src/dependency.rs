//! What a service waits for before it starts.

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::Cursor;
use crate::findings::{Findings, quoted};

/// One entry of `depends_on`, or what a shared namespace implies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The service that has to come first.
    pub service: String,
    /// What has to be true of it.
    pub condition: Condition,
    /// Whether this service may not start without it.
    pub required: bool,
    /// Whether this service is restarted after that one was replaced.
    pub restart: bool,
    /// The line that asks for it.
    pub line: u32,
}

/// When a dependency is satisfied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Condition {
    /// It was started.
    Started,
    /// Its healthcheck says so.
    Healthy,
    /// It ran and ended with exit code 0.
    Completed,
}

impl Condition {
    /// The word that Compose uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Started => "service_started",
            Self::Healthy => "service_healthy",
            Self::Completed => "service_completed_successfully",
        }
    }
}

/// Reads `depends_on`.
pub(crate) fn read(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<Dependency> {
    let mut found: Vec<Dependency> = Vec::new();
    if cursor.is_list() {
        for item in cursor.items(findings).unwrap_or_default() {
            let Some(service) = item.text(findings) else {
                continue;
            };
            if found.iter().any(|known| known.service == service) {
                let message = format!("{} stands in `depends_on` twice", quoted(service));
                item.refuse::<()>(Code::Duplicate, message, findings);
                continue;
            }
            found.push(Dependency {
                service: service.to_owned(),
                condition: Condition::Started,
                required: true,
                restart: false,
                line: item.at().line,
            });
        }
        return found;
    }
    if !cursor.is_map() {
        cursor.wrong::<()>("a list of services, or a map of services to conditions", findings);
        return found;
    }
    for field in cursor.fields(findings).unwrap_or_default() {
        if let Some(dependency) = long(field.key, field.at.line, &field.value, findings) {
            found.push(dependency);
        }
    }
    found
}

fn long(service: &str, line: u32, cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Dependency> {
    let mut condition = None;
    let (mut required, mut restart) = (true, false);
    for field in cursor.fields(findings)? {
        let value = &field.value;
        match field.key {
            "condition" => {
                condition = Some(match value.text(findings)? {
                    "service_started" => Condition::Started,
                    "service_healthy" => Condition::Healthy,
                    "service_completed_successfully" => Condition::Completed,
                    _ => {
                        return value.invalid(
                            "has to be `service_started`, `service_healthy` or \
                             `service_completed_successfully`",
                            findings,
                        );
                    }
                });
            }
            "required" => required = value.boolean(findings)?,
            "restart" => restart = value.boolean(findings)?,
            _ if field.is_extension() => {}
            _ => field.unknown(&["condition", "required", "restart"], findings),
        }
    }
    let Some(condition) = condition else {
        let message = format!("the dependency on {} has no `condition`", quoted(service));
        return cursor.refuse(Code::Missing, message, findings);
    };
    Some(Dependency {
        service: service.to_owned(),
        condition,
        required,
        restart,
        line,
    })
}
