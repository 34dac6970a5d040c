//! Adding a host: how it is reached, what the engine there says of itself, its labels.

use leptos::prelude::*;

use crate::component::form::{Form, Line, Lines, Sheet};
use crate::markup::view;

/// The form. Which connection's fields are seen follows from the choice, in the style sheet.
#[component]
pub(crate) fn HostForm() -> impl IntoView {
    view! {
        <Sheet id="add-host" title="Add host" wide=true>
            <Form page="/hosts" call="hosts/add">
                <div class="dialog-body">
                    <Line
                        id="host-name"
                        name="input.name"
                        label="Host name"
                        placeholder="eu-1"
                        hint="Lower-case letters, digits, - and _. It appears on every screen."
                    />
                    <fieldset class="choices">
                        <legend>"How it is reached"</legend>
                        <Way kind="tls" label="TCP with TLS" chosen=true />
                        <Way kind="unix" label="Unix socket" />
                        <Way kind="plain" label="Plain TCP" />
                    </fieldset>
                    <Connections />
                    <Line
                        id="host-labels"
                        name="input.labels:labels"
                        label="Labels"
                        placeholder="zone=eu disk=ssd"
                        hint="key=value, separated by spaces. Pools and blueprints choose hosts by them."
                    />
                    <p class="answer" role="status" aria-live="polite" data-answer=""></p>
                </div>
                <footer>
                    <button type="submit" name="call" value="hosts/test">
                        "Test connection"
                    </button>
                    <button type="submit" name="call" value="hosts/add" class="primary">
                        "Add host"
                    </button>
                </footer>
            </Form>
        </Sheet>
    }
}

#[component]
fn Way(kind: &'static str, label: &'static str, #[prop(optional)] chosen: bool) -> impl IntoView {
    view! {
        <label class="choice">
            <input type="radio" name="input.connection.kind" value=kind checked=chosen />
            {label}
        </label>
    }
}

#[component]
fn Connections() -> impl IntoView {
    view! {
        <div class="of-unix">
            <Line
                id="host-path"
                name="unix>input.connection.path"
                label="Socket path"
                value="/var/run/docker.sock"
                hint="On the machine where Lighthouse runs, readable and writable by it."
            />
        </div>
        <div class="of-tls">
            <Line
                id="host-tls-address"
                name="tls>input.connection.address"
                label="Address"
                placeholder="10.0.0.5:2376"
            />
            <Lines
                id="host-ca"
                name="tls>input.connection.ca:secret"
                label="Authority certificate"
                placeholder="-----BEGIN CERTIFICATE-----"
                hint="ca.pem: the authority that signed the engine's certificate."
            />
            <Lines
                id="host-certificate"
                name="tls>input.connection.certificate:secret"
                label="Client certificate"
                placeholder="-----BEGIN CERTIFICATE-----"
                hint="cert.pem: what Lighthouse shows to the engine."
            />
            <Lines
                id="host-key"
                name="tls>input.connection.key:secret"
                label="Client key"
                placeholder="-----BEGIN PRIVATE KEY-----"
                hint="key.pem. Sealed when stored, and never shown again."
            />
        </div>
        <div class="of-plain">
            <Line
                id="host-plain-address"
                name="plain>input.connection.address"
                label="Address"
                placeholder="127.0.0.1:2375"
            />
            <label class="choice warn">
                <input type="checkbox" name="plain>input.connection.insecure:bool" value="true" />
                "Insecure: anyone on the way can read and control this engine. I know, use it anyway."
            </label>
        </div>
    }
}
