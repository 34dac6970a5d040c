//! The environment of a service: its files, its own variables, and what comes from the `.env` text.

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use super::{Reader, check_text};
use crate::cursor::Cursor;
use crate::dotenv::{self, Format, Variables};
use crate::findings::quoted;
use crate::limits::MAX_ENV_FILES;
use crate::pairs;
use crate::service::Draft;

impl Reader<'_> {
    pub(super) fn environment(&mut self, draft: &Draft<'_>) -> Variables {
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
