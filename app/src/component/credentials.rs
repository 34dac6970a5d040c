//! Credentials of image registries; their secrets are written and never read.

use leptos::prelude::*;
use lighthouse_model::Action;
use lighthouse_model::account::CredentialRow;

use crate::calls::access::list_credentials;
use crate::clock::Ago;
use crate::component::form::{Form, Hidden, Line, listed};
use crate::markup::view;

const PAGE: &str = "/settings";

#[component]
pub(crate) fn Credentials() -> impl IntoView {
    view! {
        <section class="panel">
            <header>
                <h2>"Registry credentials"</h2>
            </header>
            {listed(
                list_credentials(),
                "None: images are pulled without signing in.",
                |row| view! { <Credential row /> }.into_any(),
            )}
            <Form page=PAGE call="credentials/save" class="form-line">
                <Line id="registry" name="registry" label="Registry" placeholder="registry.example:5000" />
                <Line id="registry-user" name="username" label="User name" />
                <Line
                    id="registry-secret"
                    name="secret:secret"
                    label="Password or token"
                    kind="password"
                    autocomplete="new-password"
                />
                <button type="submit">"Save credential"</button>
            </Form>
        </section>
    }
}

#[component]
fn Credential(row: CredentialRow) -> impl IntoView {
    let label = format!("Remove credential of {}", row.registry);
    let remove = row.allowed.contains(Action::Remove).then(|| {
        view! {
            <Form page=PAGE call="credentials/remove" class="inline">
                <Hidden name="credential" value=row.id.to_string() />
                <button type="submit" class="small danger" aria-label=label>
                    "Remove"
                </button>
            </Form>
        }
    });
    view! {
        <li>
            <strong>{row.registry.clone()}</strong>
            <span class="words">{row.username.clone()}</span>
            <span class="muted small">"changed " <Ago at=row.changed_at /></span>
            {remove}
        </li>
    }
}
