//! The whole document: from text to a resolved blueprint.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use lighthouse_model::diagnostic::{Diagnostic, DiagnosticCode as Code};

use crate::blueprint::{Blueprint, Broken, Loaded, Source};
use crate::cursor::{Cursor, Field};
use crate::dependency::{Condition, Dependency};
use crate::dotenv::{self, Format, Variables};
use crate::findings::{Findings, Mark, quoted};
use crate::interpolation::{Budget, Interpolation};
use crate::keys::{TOP_KEYS, unsupported_at_top};
use crate::limits::{MAX_ENV_FILES, MAX_SERVICES, MAX_TEXT};
use crate::mount::MountSource;
use crate::network::{Attachment, Network};
use crate::scalar::Meaning;
use crate::service::{self, Draft, Service};
use crate::tree::{Entry, Node, Scalar, Value};
use crate::volume::Volume;
use crate::{name, network, order, pairs, tree, volume};

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

    fn environment(&mut self, draft: &Draft<'_>) -> Variables {
        let mut environment = Variables::new();
        if let Some(cursor) = &draft.env_file {
            self.env_files(cursor, &mut environment);
        }
        if let Some(cursor) = &draft.environment {
            for pair in pairs::read(cursor, self.findings) {
                let value = match pair.value {
                    Some(value) => Some(value),
                    // A name alone takes its value from outside: from the `.env` text, never from the console.
                    None => self.variables.get(&pair.key).cloned(),
                };
                environment.insert(pair.key, value);
            }
        }
        environment
    }

    fn env_files(&mut self, cursor: &Cursor<'_>, environment: &mut Variables) {
        let entries = if cursor.is_list() {
            cursor.items(self.findings).unwrap_or_default()
        } else {
            vec![cursor.clone()]
        };
        for entry in entries {
            let Some(file) = self.env_file(&entry) else {
                continue;
            };
            let text = self
                .source
                .env_files
                .iter()
                .find(|(path, _)| same_path(path, &file.path));
            let Some((_, text)) = text else {
                if file.required {
                    let message = format!(
                        "the text of the environment file {} was not given; add it beside the blueprint, or set \
                         `required: false`",
                        quoted(&file.path)
                    );
                    entry.refuse::<()>(Code::Missing, message, self.findings);
                }
                continue;
            };
            if check_text(
                text,
                &format!("the environment file {}", quoted(&file.path)),
                self.findings,
            )
            .is_none()
            {
                continue;
            }
            if !self.budget.take_file(text.len()) {
                let message = format!(
                    "the services read more than {} MiB of environment files together",
                    MAX_ENV_FILES >> 20
                );
                entry.refuse::<()>(Code::Limit, message, self.findings);
                return;
            }
            let mut outer = self.variables.clone();
            for (name, value) in environment.iter() {
                if let Some(value) = value {
                    outer.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
            let found = dotenv::read(
                text,
                &file.path,
                file.format,
                &outer,
                &mut self.budget,
                self.findings,
            );
            environment.extend(found.into_iter().filter(|(_, value)| value.is_some()));
        }
    }

    fn env_file(&mut self, cursor: &Cursor<'_>) -> Option<EnvFile> {
        if !cursor.is_map() {
            let path = cursor.filled_text(self.findings)?.to_owned();
            return Some(EnvFile {
                path,
                required: true,
                format: Format::Compose,
            });
        }
        let (mut path, mut required, mut format) = (None, true, Format::Compose);
        for field in cursor.fields(self.findings)? {
            match field.key {
                "path" => path = Some(field.value.filled_text(self.findings)?.to_owned()),
                "required" => required = field.value.boolean(self.findings)?,
                "format" => match field.value.text(self.findings)? {
                    "raw" => format = Format::Raw,
                    _ => {
                        return field
                            .value
                            .invalid("has to be `raw`, or be left out", self.findings);
                    }
                },
                _ => field.unknown(&["path", "required", "format"], self.findings),
            }
        }
        match path {
            Some(path) => Some(EnvFile {
                path,
                required,
                format,
            }),
            None => cursor.refuse(
                Code::Missing,
                "this environment file has no `path`",
                self.findings,
            ),
        }
    }

    /// Takes out the services whose profiles are not active and gives their names.
    fn deactivate(&self, services: &mut Vec<Service>) -> Vec<String> {
        let mut inactive = Vec::new();
        services.retain(|service| {
            let active = service.profiles.is_empty()
                || service.profiles.iter().any(|profile| {
                    self.source
                        .profiles
                        .iter()
                        .any(|active| active == profile || active == "*")
                });
            if !active {
                inactive.push(service.name.clone());
            }
            active
        });
        inactive
    }

    fn dependencies(&mut self, services: &[Service], inactive: &[String]) {
        let known: BTreeSet<&str> = services.iter().map(|service| service.name.as_str()).collect();
        for service in services {
            for dependency in &service.depends_on {
                let wanted = dependency.service.as_str();
                let sleeping = inactive.iter().any(|name| name == wanted);
                if known.contains(wanted) || (sleeping && !dependency.required) {
                    continue;
                }
                let reason = if sleeping {
                    "belongs to a profile that is not active"
                } else {
                    "does not exist"
                };
                self.findings.error(
                    Code::UndefinedReference,
                    Mark {
                        line: dependency.line,
                        column: 1,
                    },
                    format!("services.{}.depends_on", service.name),
                    format!(
                        "{} needs the service {}, which {reason}",
                        quoted(&service.name),
                        quoted(wanted)
                    ),
                );
            }
        }
    }

    /// The networks that are used, in the order of the document, the implicit `default` last.
    fn networks(&mut self, services: &[Service], defined: Vec<Network>) -> Vec<Network> {
        let known: HashSet<&str> = defined.iter().map(|network| network.key.as_str()).collect();
        let mut used: HashSet<&str> = HashSet::new();
        for service in services {
            for attachment in &service.networks {
                let key = attachment.network.as_str();
                used.insert(key);
                if key != "default" && !known.contains(key) {
                    self.findings.error(
                        Code::UndefinedReference,
                        Mark {
                            line: attachment.line,
                            column: 1,
                        },
                        format!("services.{}.networks", service.name),
                        format!(
                            "{} joins the network {}, which is not defined under the top-level `networks`",
                            quoted(&service.name),
                            quoted(key)
                        ),
                    );
                }
            }
        }
        let mut networks = Vec::new();
        for network in defined {
            if used.remove(network.key.as_str()) {
                networks.push(network);
            } else if network.key != "default" {
                self.unused("network", &network.key, network.line);
            }
        }
        if used.contains("default") {
            networks.push(Network {
                key: "default".into(),
                ..Network::default()
            });
        }
        networks
    }

    /// The volumes that are used, in the order of the document.
    fn volumes(&mut self, services: &[Service], defined: Vec<Volume>) -> Vec<Volume> {
        let known: HashSet<&str> = defined.iter().map(|volume| volume.key.as_str()).collect();
        let mut used = HashSet::new();
        for service in services {
            for mount in &service.mounts {
                let MountSource::Named { volume, .. } = &mount.source else {
                    continue;
                };
                used.insert(volume.as_str());
                if !known.contains(volume.as_str()) {
                    self.findings.error(
                        Code::UndefinedReference,
                        Mark {
                            line: mount.line,
                            column: 1,
                        },
                        format!("services.{}.volumes", service.name),
                        format!(
                            "{} mounts the volume {}, which is not defined under the top-level `volumes`",
                            quoted(&service.name),
                            quoted(volume)
                        ),
                    );
                }
            }
        }
        let mut volumes = Vec::new();
        for volume in defined {
            if used.contains(volume.key.as_str()) {
                volumes.push(volume);
            } else {
                self.unused("volume", &volume.key, volume.line);
            }
        }
        volumes
    }

    fn unused(&mut self, what: &str, key: &str, line: u32) {
        self.findings.note(
            Code::Obsolete,
            Mark { line, column: 1 },
            format!("{what}s.{key}"),
            format!(
                "no active service uses the {what} {}; it is not created",
                quoted(key)
            ),
        );
    }

    fn cycle(&mut self, services: &[Service], cycle: &[String]) {
        let line = cycle
            .first()
            .and_then(|first| services.iter().find(|service| &service.name == first))
            .map_or(1, |service| {
                service.lines.get("depends_on").copied().unwrap_or(service.line)
            });
        let mut way: Vec<String> = cycle.iter().map(|name| quoted(name)).collect();
        way.extend(cycle.first().map(|name| quoted(name)));
        self.findings.error(
            Code::Cycle,
            Mark { line, column: 1 },
            cycle
                .first()
                .map(|name| format!("services.{name}.depends_on"))
                .unwrap_or_default(),
            format!(
                "these services wait for each other and none can start: {}",
                way.join(" → ")
            ),
        );
    }
}

struct EnvFile {
    path: String,
    required: bool,
    format: Format,
}

/// `./a.env` and `a.env` are one file.
fn same_path(given: &str, wanted: &str) -> bool {
    let plain = |path: &str| path.strip_prefix("./").unwrap_or(path).to_owned();
    plain(given) == plain(wanted)
}
