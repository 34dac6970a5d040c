//! Personal tokens for the HTTP API: made here, shown once.

use leptos::prelude::*;
use leptos::task::spawn_local;
use lighthouse_model::account::TokenRow;
use lighthouse_model::{Action, PermissionSet, Role};

use crate::calls::access::{add_token, my_tokens, revoke_token};
use crate::clock::{Ago, Until};
use crate::component::field::Field;
use crate::component::first_json::FirstJson;
use crate::component::listed::{List, change, listed};
use crate::notice::notices;
use crate::site::site;

#[component]
pub(crate) fn Tokens() -> impl IntoView {
    let tokens: List<TokenRow> = Resource::<_, FirstJson>::new_with_options(|| (), |()| my_tokens(), true);
    view! {
        <section class="panel">
            <header>
                <h2>"My tokens"</h2>
            </header>
            <p class="hint">"A token lets a program use the HTTP API in your name, never with more rights than yours."</p>
            {listed(tokens, "No token yet.", move |row| view! { <Line row tokens /> }.into_any())}
            <TokenForm tokens />
        </section>
    }
    .into_any()
}

#[component]
fn Line(row: TokenRow, tokens: List<TokenRow>) -> impl IntoView {
    let notices = notices();
    let id = row.id;
    let scope = row
        .scope
        .iter()
        .map(lighthouse_model::Permission::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    let end = row.allowed.contains(Action::Revoke).then(|| {
        view! {
            <button
                type="button"
                class="small danger"
                aria-label=format!("Revoke token {}", row.name)
                on:click=move |_| {
                    change(notices, "Token revoked.".to_owned(), revoke_token(id), move || tokens.refetch());
                }
            >
                "Revoke"
            </button>
        }
    });
    view! {
        <li>
            <strong>{row.name.clone()}</strong>
            <span class="words truncate muted small" title=scope.clone()>
                {scope.clone()}
            </span>
            <span class="muted small">
                {match row.last_used {
                    Some(at) => {
                        view! {
                            "used "
                            <Ago at />
                        }
                            .into_any()
                    }
                    None => "never used".into_any(),
                }}
            </span>
            <span class="muted small">
                "ends " <Until at=row.expires_at />
            </span>
            {end}
        </li>
    }
}

/// Reads, or does everything the caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Read,
    All,
}

#[component]
fn TokenForm(tokens: List<TokenRow>) -> impl IntoView {
    let site = site();
    let notices = notices();
    let name = RwSignal::new(String::new());
    let reach = RwSignal::new(Reach::Read);
    let days = RwSignal::new(90u32);
    let secret = RwSignal::new(None::<String>);
    let add = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let mine = site
            .viewer()
            .map_or(PermissionSet::EMPTY, |viewer| viewer.permissions);
        let scope = match reach.get_untracked() {
            Reach::Read => mine.intersection(Role::Viewer.permissions()),
            Reach::All => mine,
        };
        spawn_local(async move {
            match add_token(
                name.get_untracked().trim().to_owned(),
                scope,
                days.get_untracked(),
            )
            .await
            {
                Ok(new) => {
                    secret.set(Some(new.secret));
                    name.set(String::new());
                    tokens.refetch();
                }
                Err(failure) => notices.failed(&failure),
            }
        });
    };
    view! {
        <form class="form-line" on:submit=add>
            <Field id="token-name" label="Token name" value=name placeholder="deploy script" />
            <div class="field">
                <label for="token-reach">"It may"</label>
                <select
                    id="token-reach"
                    on:change=move |event| {
                        reach.set(if event_target_value(&event) == "all" { Reach::All } else { Reach::Read });
                    }
                >
                    <option value="read">"only read"</option>
                    <option value="all">"do all that I may"</option>
                </select>
            </div>
            <div class="field">
                <label for="token-days">"Ends in"</label>
                <select
                    id="token-days"
                    on:change=move |event| days.set(event_target_value(&event).parse().unwrap_or(90))
                >
                    <option value="7">"7 days"</option>
                    <option value="30">"30 days"</option>
                    <option value="90" selected=true>
                        "90 days"
                    </option>
                    <option value="365">"a year"</option>
                </select>
            </div>
            <button type="submit">"Create token"</button>
        </form>
        {move || {
            secret
                .get()
                .map(|secret| {
                    view! {
                        <p class="secret-once" role="status">
                            "Copy it now, it is not shown again: "
                            <code>{secret}</code>
                        </p>
                    }
                })
        }}
    }
}
