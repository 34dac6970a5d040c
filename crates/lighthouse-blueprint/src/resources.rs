//! `deploy`: how many instances, what they may use, where they may go.

use lighthouse_model::constraint::{Comparison, Constraint, HostAttribute};
use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::{Cursor, Field};
use crate::findings::{Findings, quoted};
use crate::limits::MAX_REPLICAS;
use crate::quantity;

/// The supported part of `deploy`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deploy {
    /// How many instances; 1 when absent.
    pub replicas: Option<u32>,
    /// What an instance may use at most.
    pub limits: Option<Resources>,
    /// What is kept free for an instance on its host.
    pub reservations: Option<Resources>,
    /// Conditions that its host must meet.
    pub constraints: Vec<Constraint>,
    /// The same conditions as they were written.
    pub constraint_texts: Vec<String>,
}

/// Amounts of what a host has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resources {
    /// Processors, in thousand-millionths: 500,000,000 is half a processor.
    pub nano_cpus: Option<u64>,
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Processes and threads; limits only.
    pub pids: Option<i64>,
}

/// Reads `deploy`.
pub(crate) fn read(cursor: &Cursor<'_>, findings: &mut Findings) -> Deploy {
    let mut deploy = Deploy::default();
    for field in cursor.fields(findings).unwrap_or_default() {
        let value = &field.value;
        match field.key {
            "replicas" => deploy.replicas = replicas(value, findings),
            "resources" => resources(&mut deploy, value, findings),
            "placement" => placement(&mut deploy, value, findings),
            "labels" => field.unsupported("are not supported yet", findings),
            "update_config" | "rollback_config" | "restart_policy" | "mode" | "endpoint_mode" => {
                field.unsupported("is not supported yet", findings);
            }
            _ if field.is_extension() => {}
            _ => field.unknown(&["replicas", "resources", "placement"], findings),
        }
    }
    deploy
}

fn replicas(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<u32> {
    let count = cursor.integer(findings)?;
    match u32::try_from(count) {
        Ok(count) if count <= MAX_REPLICAS => Some(count),
        _ => cursor.invalid(format!("has to be a count from 0 to {MAX_REPLICAS}"), findings),
    }
}

fn resources(deploy: &mut Deploy, cursor: &Cursor<'_>, findings: &mut Findings) {
    for field in cursor.fields(findings).unwrap_or_default() {
        match field.key {
            "limits" => deploy.limits = amounts(&field.value, true, findings),
            "reservations" => deploy.reservations = amounts(&field.value, false, findings),
            _ if field.is_extension() => {}
            _ => field.unknown(&["limits", "reservations"], findings),
        }
    }
    let memory = |resources: &Option<Resources>| resources.as_ref().and_then(|found| found.memory);
    if let (Some(limit), Some(reserved)) = (memory(&deploy.limits), memory(&deploy.reservations))
        && reserved > limit
    {
        let message = "more memory is reserved than `limits` allows to use";
        cursor.refuse::<()>(Code::Conflict, message, findings);
    }
}

fn amounts(cursor: &Cursor<'_>, limits: bool, findings: &mut Findings) -> Option<Resources> {
    let mut found = Resources::default();
    for field in cursor.fields(findings)? {
        let value = &field.value;
        match field.key {
            "cpus" => found.nano_cpus = cpus(value, findings),
            "memory" => found.memory = memory(value, findings),
            "pids" if limits => found.pids = pids(value, findings),
            "devices" | "generic_resources" if !limits => field.unsupported("is not supported yet", findings),
            _ if field.is_extension() => {}
            _ if limits => field.unknown(&["cpus", "memory", "pids"], findings),
            _ => field.unknown(&["cpus", "memory"], findings),
        }
    }
    Some(found)
}

fn cpus(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<u64> {
    let text = cursor.text_or_number(findings)?;
    quantity::processors(text)
        .filter(|&nanos| nanos <= 100_000 * 1_000_000_000)
        .or_else(|| cursor.invalid("has to be a number of processors such as `0.5`", findings))
}

fn memory(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<u64> {
    let text = cursor.text_or_number(findings)?;
    quantity::bytes(text)
        .filter(|&bytes| i64::try_from(bytes).is_ok())
        .or_else(|| cursor.invalid("has to be a number of bytes, such as `512m`", findings))
}

fn pids(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<i64> {
    let count = cursor.integer(findings)?;
    if count >= -1 {
        Some(count)
    } else {
        cursor.invalid("has to be a count, or -1 for no limit", findings)
    }
}

fn placement(deploy: &mut Deploy, cursor: &Cursor<'_>, findings: &mut Findings) {
    for field in cursor.fields(findings).unwrap_or_default() {
        match field.key {
            "constraints" => {
                for item in field.value.items(findings).unwrap_or_default() {
                    let Some(text) = item.text(findings) else { continue };
                    if let Some(constraint) = constraint(&item, text, findings) {
                        deploy.constraints.push(constraint);
                        deploy.constraint_texts.push(text.to_owned());
                    }
                }
            }
            "preferences" | "max_replicas_per_node" => unsupported_placement(&field, findings),
            _ if field.is_extension() => {}
            _ => field.unknown(&["constraints"], findings),
        }
    }
}

fn unsupported_placement(field: &Field<'_>, findings: &mut Findings) {
    field.unsupported(
        "is not supported yet; `x-lighthouse: {placement: spread}` lays a service over many hosts",
        findings,
    );
}

fn constraint(cursor: &Cursor<'_>, text: &str, findings: &mut Findings) -> Option<Constraint> {
    let parsed = text
        .split_once("==")
        .map(|(left, right)| (left, Comparison::Equal, right))
        .or_else(|| {
            text.split_once("!=")
                .map(|(left, right)| (left, Comparison::NotEqual, right))
        });
    let refuse = |findings: &mut Findings| {
        let message = format!(
            "the constraint {} cannot be read; write for example `node.labels.disk == ssd` or \
             `node.hostname != eu-1`; known are `node.hostname`, `node.labels.KEY`, `node.id`, `node.role`, \
             `node.platform.os` and `node.platform.arch`",
            quoted(text)
        );
        cursor.refuse(Code::InvalidValue, message, findings)
    };
    let Some((left, comparison, right)) = parsed else {
        return refuse(findings);
    };
    let value = right.trim();
    let attribute = match left.trim() {
        "node.id" => HostAttribute::Id,
        "node.hostname" => HostAttribute::Hostname,
        "node.role" => HostAttribute::Role,
        "node.platform.os" => HostAttribute::Os,
        "node.platform.arch" => HostAttribute::Arch,
        other => match other.strip_prefix("node.labels.") {
            Some(key) if !key.is_empty() && !key.contains(char::is_whitespace) => {
                HostAttribute::Label(key.to_owned())
            }
            _ => return refuse(findings),
        },
    };
    if value.is_empty() || value.contains(['=', '!']) {
        return refuse(findings);
    }
    Some(Constraint {
        attribute,
        comparison,
        value: value.to_owned(),
    })
}
