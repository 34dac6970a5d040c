//! Credentials of image registries; their secrets are written and never read.

use leptos::prelude::*;
use lighthouse_model::Action;
use lighthouse_model::account::CredentialRow;

use crate::calls::access::{list_credentials, remove_credential, save_credential};
use crate::clock::Ago;
use crate::component::field::Field;
use crate::component::first_json::FirstJson;
use crate::component::listed::{List, change, listed};
use crate::notice::notices;

#[component]
pub(crate) fn Credentials() -> impl IntoView {
    let list: List<CredentialRow> =
        Resource::<_, FirstJson>::new_with_options(|| (), |()| list_credentials(), true);
    let notices = notices();
    let empty = || RwSignal::new(String::new());
    let (registry, username, secret) = (empty(), empty(), empty());
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let call = async move {
            let (registry, username) = (registry.get_untracked(), username.get_untracked());
            save_credential(
                registry.trim().to_owned(),
                username.trim().to_owned(),
                secret.get_untracked(),
            )
            .await
            .map(|_| ())
        };
        change(
            notices,
            "Credential saved, used for the next pull.".to_owned(),
            call,
            move || {
                for value in [registry, username, secret] {
                    value.set(String::new());
                }
                list.refetch();
            },
        );
    };
    view! {
        <section class="panel">
            <header>
                <h2>"Registry credentials"</h2>
            </header>
            {listed(list, "None: images are pulled without signing in.", move |row| {
                view! { <Line row list /> }.into_any()
            })}
            <form class="form-line" on:submit=save>
                <Field id="registry" label="Registry" value=registry placeholder="registry.example:5000" />
                <Field id="registry-user" label="User name" value=username />
                <Field
                    id="registry-secret"
                    label="Password or token"
                    value=secret
                    kind="password"
                    autocomplete="new-password"
                />
                <button type="submit">"Save credential"</button>
            </form>
        </section>
    }
    .into_any()
}

#[component]
fn Line(row: CredentialRow, list: List<CredentialRow>) -> impl IntoView {
    let notices = notices();
    let id = row.id;
    let remove = row.allowed.contains(Action::Remove).then(|| {
        view! {
            <button
                type="button"
                class="small danger"
                aria-label=format!("Remove credential of {}", row.registry)
                on:click=move |_| {
                    let call = remove_credential(id);
                    change(notices, "Credential removed.".to_owned(), call, move || list.refetch());
                }
            >
                "Remove"
            </button>
        }
    });
    view! {
        <li>
            <strong>{row.registry.clone()}</strong>
            <span class="words">{row.username.clone()}</span>
            <span class="muted small">
                "changed " <Ago at=row.changed_at />
            </span>
            {remove}
        </li>
    }
}
