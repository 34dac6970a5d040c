//! Adding a host: how it is reached, what the engine there says of itself, its labels.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use lighthouse_model::Tone;
use lighthouse_model::host::{ConnectionInput, HostInput};

use crate::calls::host::{add_host, test_host};
use crate::component::confirm::{Dialog, Shown};
use crate::component::field::{Field, TextField};
use crate::component::status::Mark;
use crate::notice::notices;
use crate::text;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Unix,
    Tls,
    Plain,
}

#[derive(Clone, Copy)]
struct Form {
    way: RwSignal<Way>,
    name: RwSignal<String>,
    labels: RwSignal<String>,
    path: RwSignal<String>,
    address: RwSignal<String>,
    ca: RwSignal<String>,
    certificate: RwSignal<String>,
    key: RwSignal<String>,
    insecure: RwSignal<bool>,
}

impl Form {
    fn new() -> Self {
        let empty = || RwSignal::new(String::new());
        Self {
            way: RwSignal::new(Way::Tls),
            name: empty(),
            labels: empty(),
            path: RwSignal::new("/var/run/docker.sock".to_owned()),
            address: empty(),
            ca: empty(),
            certificate: empty(),
            key: empty(),
            insecure: RwSignal::new(false),
        }
    }

    fn connection(self) -> ConnectionInput {
        let trimmed = |value: RwSignal<String>| value.get_untracked().trim().to_owned();
        match self.way.get_untracked() {
            Way::Unix => ConnectionInput::Unix {
                path: trimmed(self.path),
            },
            Way::Tls => ConnectionInput::Tls {
                address: trimmed(self.address),
                ca: self.ca.get_untracked(),
                certificate: self.certificate.get_untracked(),
                key: self.key.get_untracked(),
            },
            Way::Plain => ConnectionInput::Plain {
                address: trimmed(self.address),
                insecure: self.insecure.get_untracked(),
            },
        }
    }

    fn forget(self) {
        for value in [
            self.name,
            self.labels,
            self.address,
            self.ca,
            self.certificate,
            self.key,
        ] {
            value.set(String::new());
        }
        self.insecure.set(false);
    }
}

/// Reads `key=value` pairs separated by spaces, commas or lines; a bare word is a key without a value.
pub(crate) fn parse_labels(text: &str) -> BTreeMap<String, String> {
    text.split([' ', ',', '\n', '\t'])
        .filter(|word| !word.is_empty())
        .map(|word| match word.split_once('=') {
            Some((key, value)) => (key.to_owned(), value.to_owned()),
            None => (word.to_owned(), String::new()),
        })
        .collect()
}

/// The opposite of [`parse_labels`].
pub(crate) fn write_labels(labels: &BTreeMap<String, String>) -> String {
    labels
        .iter()
        .map(|(key, value)| {
            if value.is_empty() {
                key.clone()
            } else {
                format!("{key}={value}")
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[component]
pub(crate) fn HostForm(shown: Shown) -> impl IntoView {
    let form = Form::new();
    let notices = notices();
    // What the last test or attempt said.
    let said = RwSignal::new(None::<(Tone, String)>);
    let busy = RwSignal::new(false);

    let test = move |_| {
        busy.set(true);
        said.set(Some((Tone::Busy, "Asking the engine…".to_owned())));
        spawn_local(async move {
            let answer = match test_host(form.connection()).await {
                Ok(engine) => (
                    Tone::Good,
                    format!(
                        "Docker Engine {} answers: {}, {}, {} CPUs, {} of memory.",
                        engine.version,
                        engine.hostname,
                        engine.operating_system,
                        engine.cpus,
                        text::bytes(engine.memory)
                    ),
                ),
                Err(failure) => (Tone::Failed, failure.to_string()),
            };
            said.set(Some(answer));
            busy.set(false);
        });
    };
    let add = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        busy.set(true);
        spawn_local(async move {
            let input = HostInput {
                name: form.name.get_untracked().trim().to_owned(),
                connection: form.connection(),
                labels: parse_labels(&form.labels.get_untracked()),
            };
            match add_host(input).await {
                Ok(_) => {
                    notices.done(format!("Host {} added.", form.name.get_untracked()));
                    form.forget();
                    said.set(None);
                    shown.close();
                }
                Err(failure) => said.set(Some((Tone::Failed, failure.to_string()))),
            }
            busy.set(false);
        });
    };

    view! {
        <Dialog shown title="Add host" wide=true>
            <form on:submit=add>
                <div class="dialog-body">
                    <Field
                        id="host-name"
                        label="Host name"
                        value=form.name
                        placeholder="eu-1"
                        hint="Lower-case letters, digits, - and _. It appears on every screen."
                    />
                    <fieldset class="choices">
                        <legend>"How it is reached"</legend>
                        <WayChoice form way=Way::Tls label="TCP with TLS" />
                        <WayChoice form way=Way::Unix label="Unix socket" />
                        <WayChoice form way=Way::Plain label="Plain TCP" />
                    </fieldset>
                    {move || connection_fields(form)}
                    <Field
                        id="host-labels"
                        label="Labels"
                        value=form.labels
                        placeholder="zone=eu disk=ssd"
                        hint="key=value, separated by spaces. Pools and blueprints choose hosts by them."
                    />
                    <p class="answer" role="status" aria-live="polite">
                        {move || said.get().map(|(tone, words)| view! { <Mark tone /> {words} })}
                    </p>
                </div>
                <footer>
                    <button type="button" disabled=busy on:click=test>
                        "Test connection"
                    </button>
                    <button type="submit" class="primary" disabled=busy>
                        "Add host"
                    </button>
                </footer>
            </form>
        </Dialog>
    }
}

#[component]
fn WayChoice(form: Form, way: Way, label: &'static str) -> impl IntoView {
    view! {
        <label class="choice">
            <input
                type="radio"
                name="way"
                checked=way == Way::Tls
                on:change=move |_| form.way.set(way)
            />
            {label}
        </label>
    }
}

fn connection_fields(form: Form) -> AnyView {
    match form.way.get() {
        Way::Unix => view! {
            <Field
                id="host-path"
                label="Socket path"
                value=form.path
                hint="On the machine where Lighthouse runs, readable and writable by it."
            />
        }
        .into_any(),
        Way::Tls => view! {
            <Field id="host-address" label="Address" value=form.address placeholder="10.0.0.5:2376" />
            <TextField
                id="host-ca"
                label="Authority certificate"
                value=form.ca
                placeholder="-----BEGIN CERTIFICATE-----"
                hint="ca.pem: the authority that signed the engine's certificate."
            />
            <TextField
                id="host-certificate"
                label="Client certificate"
                value=form.certificate
                placeholder="-----BEGIN CERTIFICATE-----"
                hint="cert.pem: what Lighthouse shows to the engine."
            />
            <TextField
                id="host-key"
                label="Client key"
                value=form.key
                placeholder="-----BEGIN PRIVATE KEY-----"
                hint="key.pem. Sealed when stored, and never shown again."
            />
        }
        .into_any(),
        Way::Plain => view! {
            <Field id="host-address" label="Address" value=form.address placeholder="127.0.0.1:2375" />
            <label class="choice warn">
                <input
                    type="checkbox"
                    prop:checked=form.insecure
                    on:change=move |event| form.insecure.set(event_target_checked(&event))
                />
                "Insecure: anyone on the way can read and control this engine. I know, use it anyway."
            </label>
        }
        .into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        let labels = parse_labels("zone=eu disk=ssd, spare\nurl=a=b");
        assert_eq!(labels["url"], "a=b");
        assert_eq!(labels["spare"], "");
        assert_eq!(write_labels(&labels), "disk=ssd spare url=a=b zone=eu");
        assert_eq!(parse_labels(&write_labels(&labels)), labels);
    }
}
