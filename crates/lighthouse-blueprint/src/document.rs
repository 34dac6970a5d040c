//! The whole document: from text to a resolved blueprint.

mod environment;
mod references;

use std::collections::BTreeMap;

use lighthouse_model::diagnostic::{Diagnostic, DiagnosticCode as Code};

use crate::blueprint::{Blueprint, Broken, Loaded, Source};
use crate::cursor::{Cursor, Field};
use crate::dependency::{Condition, Dependency};
use crate::dotenv::{self, Format};
use crate::findings::{Findings, Mark, quoted};
use crate::interpolation::{Budget, Interpolation};
use crate::keys::{TOP_KEYS, unsupported_at_top};
use crate::limits::{MAX_SERVICES, MAX_TEXT};
use crate::network::Attachment;
use crate::scalar::Meaning;
use crate::service::{self, Draft, Service};
use crate::tree::{Entry, Node, Scalar, Value};
use crate::{name, network, order, tree, volume};

/// Reads a blueprint with everything that belongs to it.
pub(crate) fn load(source: &Source<'_>) -> Result<Loaded, Broken> {
    let mut findings = Findings::default();
    let blueprint = read(source, &mut findings);
    let failed = findings.failed();
    let diagnostics = findings.into_sorted();
    match blueprint {
        Some(blueprint) if !failed => Ok(Loaded {
            blueprint,
            notes: diagnostics,
        }),
        _ => Err(Broken {
            diagnostics: at_least_one(diagnostics),
        }),
    }
}

/// A refusal always says why.
fn at_least_one(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if diagnostics.is_empty() {
        let mut findings = Findings::default();
        findings.error(Code::Syntax, Mark::START, "", "the blueprint cannot be read");
        diagnostics = findings.into_sorted();
    }
    diagnostics
}

fn read(source: &Source<'_>, findings: &mut Findings) -> Option<Blueprint> {
    check_text(source.text, "the blueprint", findings)?;
    let mut root = tree::parse(
        source.text.strip_prefix('\u{feff}').unwrap_or(source.text),
        findings,
    )?;
    let Value::Map(entries) = &mut root.value else {
        return Cursor::root(&root).refuse(
            Code::WrongType,
            "a blueprint is a map that begins with `services:`",
            findings,
        );
    };
    let mut budget = Budget::new();
    let mut variables = variables(source, &mut budget, findings)?;
    if let Some(application) = application_name(source, entries, &variables, &mut budget, findings) {
        variables.insert("COMPOSE_PROJECT_NAME".into(), application);
    }
    let lookup = |wanted: &str| variables.get(wanted).map(String::as_str);
    let mut interpolation = Interpolation::new(&lookup, budget, findings);
    for entry in entries.iter_mut().filter(|entry| !entry.key.starts_with("x-")) {
        interpolation.tree(&mut entry.node, &entry.key);
    }
    let budget = interpolation.budget;
    let mut reader = Reader {
        source,
        variables: &variables,
        budget,
        findings,
    };
    reader.document(&root)
}

fn check_text(text: &str, what: &str, findings: &mut Findings) -> Option<()> {
    if let Some(place) = text.find('\0') {
        let before = &text[..place];
        let line = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
        findings.error(
            Code::Syntax,
            Mark { line, column: 1 },
            "",
            format!("{what} holds a NUL character"),
        );
        return None;
    }
    if text.len() <= MAX_TEXT {
        return Some(());
    }
    findings.error(
        Code::Limit,
        Mark::START,
        "",
        format!(
            "{what} is {} bytes long; at most {MAX_TEXT} (1 MiB) are read",
            text.len()
        ),
    );
    None
}

/// The variables of the `.env` text.
fn variables(
    source: &Source<'_>,
    budget: &mut Budget,
    findings: &mut Findings,
) -> Option<BTreeMap<String, String>> {
    let Some(text) = source.env else {
        return Some(BTreeMap::new());
    };
    check_text(text, "the `.env` text", findings)?;
    let found = dotenv::read(text, ".env", Format::Compose, &BTreeMap::new(), budget, findings);
    Some(
        found
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
    )
}

/// The application's name, for `${COMPOSE_PROJECT_NAME}`: the one it is deployed under, else the document's.
fn application_name(
    source: &Source<'_>,
    entries: &[Entry],
    variables: &BTreeMap<String, String>,
    budget: &mut Budget,
    findings: &mut Findings,
) -> Option<String> {
    if let Some(application) = source.application {
        return Some(application.to_owned());
    }
    let mut node: Node = entries.iter().find(|entry| entry.key == "name")?.node.clone();
    let lookup = |wanted: &str| variables.get(wanted).map(String::as_str);
    let mut interpolation = Interpolation::new(&lookup, std::mem::take(budget), findings);
    interpolation.tree(&mut node, "name");
    *budget = interpolation.budget;
    match node.value {
        Value::Scalar(Scalar {
            text,
            meaning: Meaning::Text,
        }) => Some(text),
        _ => None,
    }
}

struct Reader<'a> {
    source: &'a Source<'a>,
    variables: &'a BTreeMap<String, String>,
    budget: Budget,
    findings: &'a mut Findings,
}

impl Reader<'_> {
    fn document(&mut self, root: &Node) -> Option<Blueprint> {
        let mut blueprint = Blueprint::default();
        let mut drafts = None;
        let (mut networks, mut volumes) = (Vec::new(), Vec::new());
        for field in Cursor::root(root).fields(self.findings)? {
            match field.key {
                "name" => blueprint.name = self.name(&field),
                "version" => self.findings.note(
                    Code::Obsolete,
                    field.at,
                    "version",
                    "`version` no longer means anything and is ignored",
                ),
                "services" => drafts = Some(self.services(&field)),
                "networks" => {
                    networks = self.named(&field, "network", |key, line, value, findings| {
                        network::read(key, line, value, findings)
                    });
                }
                "volumes" => {
                    volumes = self.named(&field, "volume", |key, line, value, findings| {
                        volume::read(key, line, value, findings)
                    });
                }
                "x-lighthouse" => self.findings.error(
                    Code::UnknownKey,
                    field.at,
                    "x-lighthouse",
                    "`x-lighthouse` belongs to a service; write it below the service's name",
                ),
                _ if field.is_extension() => {}
                key => match unsupported_at_top(key) {
                    Some(advice) => field.unsupported(advice, self.findings),
                    None => field.unknown(&TOP_KEYS, self.findings),
                },
            }
        }
        let Some(drafts) = drafts else {
            let message = "there is no `services:`; a blueprint needs at least one service";
            return Cursor::root(root).refuse(Code::Missing, message, self.findings);
        };
        let mut services: Vec<Service> = drafts.into_iter().map(|draft| self.finish(draft)).collect();
        blueprint.inactive = self.deactivate(&mut services);
        self.dependencies(&services, &blueprint.inactive);
        blueprint.networks = self.networks(&services, networks);
        blueprint.volumes = self.volumes(&services, volumes);
        if let Err(cycle) = order::of(&services) {
            self.cycle(&services, &cycle);
        }
        if services.is_empty() && !self.findings.failed() {
            let message = if blueprint.inactive.is_empty() {
                "there is no service; a blueprint needs at least one"
            } else {
                "every service belongs to a profile, and none of these profiles is active"
            };
            return Cursor::root(root).refuse(Code::Missing, message, self.findings);
        }
        blueprint.services = services;
        Some(blueprint)
    }

    fn name(&mut self, field: &Field<'_>) -> Option<String> {
        let text = field.value.text(self.findings)?;
        match name::check_application(text) {
            Ok(()) => Some(text.to_owned()),
            Err(problem) => {
                let message = format!("{} {problem}", quoted(text));
                field.value.refuse(Code::InvalidValue, message, self.findings)
            }
        }
    }

    fn services<'t>(&mut self, field: &Field<'t>) -> Vec<Draft<'t>> {
        let fields = field.value.fields(self.findings).unwrap_or_default();
        if fields.len() > MAX_SERVICES {
            let message = format!(
                "{} services are more than the {MAX_SERVICES} that one application can have",
                fields.len()
            );
            field.value.refuse::<()>(Code::Limit, message, self.findings);
            return Vec::new();
        }
        let mut drafts = Vec::new();
        for field in fields {
            if field.is_extension() {
                continue;
            }
            if self.key_is_name(&field, "service") {
                drafts.extend(service::read(&field, self.findings));
            }
        }
        drafts
    }

    fn named<T>(
        &mut self,
        field: &Field<'_>,
        what: &str,
        read: impl Fn(&str, u32, &Cursor<'_>, &mut Findings) -> T,
    ) -> Vec<T> {
        let mut found = Vec::new();
        for field in field.value.fields_or_null(self.findings).unwrap_or_default() {
            if !field.is_extension() && self.key_is_name(&field, what) {
                found.push(read(field.key, field.at.line, &field.value, self.findings));
            }
        }
        found
    }

    fn key_is_name(&mut self, field: &Field<'_>, what: &str) -> bool {
        let Err(problem) = name::check(field.key) else {
            return true;
        };
        self.findings.error(
            Code::InvalidValue,
            field.at,
            &field.value.path,
            format!("the {what} {} {problem}", quoted(field.key)),
        );
        false
    }

    /// Adds what needs more than the service itself: environment, implicit network, implied dependencies.
    fn finish(&mut self, draft: Draft<'_>) -> Service {
        let environment = self.environment(&draft);
        let mut service = Service {
            environment,
            ..draft.service
        };
        if service.networks.is_empty() && service.network_mode.is_none() {
            service.networks.push(Attachment::implicit());
        }
        let shared: Vec<String> = service.shares_with().into_iter().map(str::to_owned).collect();
        for name in shared {
            if !service.depends_on.iter().any(|known| known.service == name) {
                let line = ["network_mode", "pid", "ipc"]
                    .iter()
                    .find_map(|&key| service.lines.get(key).copied())
                    .unwrap_or(service.line);
                let condition = Condition::Started;
                service.depends_on.push(Dependency {
                    service: name,
                    condition,
                    required: true,
                    restart: true,
                    line,
                });
            }
        }
        service
    }
}
