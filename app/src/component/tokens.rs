//! Personal tokens for the HTTP API: made here, shown once.

use leptos::prelude::*;
use lighthouse_model::account::TokenRow;
use lighthouse_model::{Action, PermissionSet, Role};

use crate::calls::access::my_tokens;
use crate::clock::{Ago, Until};
use crate::component::form::{Form, Hidden, Line, listed};
use crate::markup::view;
use crate::site::{Visit, site};

const PAGE: &str = "/settings";

#[component]
pub(crate) fn Tokens() -> impl IntoView {
    let secret = use_context::<Visit>()
        .and_then(|visit| visit.secret)
        .map(|secret| {
            view! {
                <p class="secret-once" role="status">
                    "Copy it now, it is not shown again: " <code>{secret}</code>
                </p>
            }
        });
    view! {
        <section class="panel">
            <header>
                <h2>"My tokens"</h2>
            </header>
            <p class="hint">"A token lets a program use the HTTP API in your name, never with more rights than yours."</p>
            {listed(my_tokens(), "No token yet.", |row| view! { <Token row /> }.into_any())}
            <NewToken />
            {secret}
        </section>
    }
}

#[component]
fn Token(row: TokenRow) -> impl IntoView {
    let scope = row
        .scope
        .iter()
        .map(lighthouse_model::Permission::as_str)
        .collect::<Vec<_>>()
        .join(" ");
    let label = format!("Revoke token {}", row.name);
    let end = row.allowed.contains(Action::Revoke).then(|| {
        view! {
            <Form page=PAGE call="tokens/revoke" class="inline">
                <Hidden name="token" value=row.id.to_string() />
                <button type="submit" class="small danger" aria-label=label>
                    "Revoke"
                </button>
            </Form>
        }
    });
    let used = match row.last_used {
        Some(at) => view! { "used " <Ago at /> }.into_any(),
        None => "never used".into_any(),
    };
    view! {
        <li>
            <strong>{row.name.clone()}</strong>
            <span class="words truncate muted small" title=scope.clone()>
                {scope.clone()}
            </span>
            <span class="muted small">{used}</span>
            <span class="muted small">"ends " <Until at=row.expires_at /></span>
            {end}
        </li>
    }
}

#[component]
fn NewToken() -> impl IntoView {
    let mine = site()
        .viewer()
        .map_or(PermissionSet::EMPTY, |viewer| viewer.permissions);
    let json = |scope: PermissionSet| serde_json::to_string(&scope).unwrap_or_default();
    let (reads, all) = (json(mine.intersection(Role::Viewer.permissions())), json(mine));
    view! {
        <Form page=PAGE call="tokens/add" class="form-line" whole=true>
            <Line id="token-name" name="name" label="Token name" placeholder="deploy script" />
            <div class="field">
                <label for="token-reach">"It may"</label>
                <select id="token-reach" name="scope:json">
                    <option value=reads>"only read"</option>
                    <option value=all>"do all that I may"</option>
                </select>
            </div>
            <div class="field">
                <label for="token-days">"Ends in"</label>
                <select id="token-days" name="days:number">
                    <option value="7">"7 days"</option>
                    <option value="30">"30 days"</option>
                    <option value="90" selected=true>
                        "90 days"
                    </option>
                    <option value="365">"a year"</option>
                </select>
            </div>
            <button type="submit">"Create token"</button>
        </Form>
    }
}
