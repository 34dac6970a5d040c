//! Sessions and the caller's own password.

use leptos::prelude::*;
use lighthouse_model::Action;
use lighthouse_model::account::SessionRow;

use crate::calls::access::{list_sessions, my_sessions};
use crate::clock::Ago;
use crate::component::form::{Form, Hidden, Line, listed};
use crate::markup::view;

/// Everybody's signed-in browsers, with a button to end each.
#[component]
pub(crate) fn AllSessions() -> impl IntoView {
    let line = |row| view! { <Session row page="/access" call="sessions/revoke" /> }.into_any();
    view! {
        <section class="panel">
            <header>
                <h2>"Signed in"</h2>
            </header>
            {listed(list_sessions(), "Nobody is signed in.", line)}
        </section>
    }
}

/// The caller's own signed-in browsers.
#[component]
pub(crate) fn OwnSessions() -> impl IntoView {
    let line = |row| view! { <Session row page="/settings" call="sessions/end" /> }.into_any();
    view! {
        <section class="panel">
            <header>
                <h2>"My sessions"</h2>
            </header>
            {listed(my_sessions(), "Nobody is signed in.", line)}
        </section>
    }
}

#[component]
fn Session(row: SessionRow, page: &'static str, call: &'static str) -> impl IntoView {
    let label = format!("End session of {} at {}", row.user_name, row.address);
    let end = (row.allowed.contains(Action::Revoke) && !row.current).then(|| {
        view! {
            <Form page=page call=call class="inline">
                <Hidden name="session" value=row.id.to_string() />
                <button type="submit" class="small danger" aria-label=label>
                    "End session"
                </button>
            </Form>
        }
    });
    view! {
        <li>
            <strong>{row.user_name.clone()}</strong>
            <span class="words truncate muted small" title=row.agent.clone()>
                {row.agent.clone()}
            </span>
            <span class="numbers small">{row.address.clone()}</span>
            <span class="muted small">"seen " <Ago at=row.last_seen /></span>
            {row.current.then(|| view! { <span class="tag">"this one"</span> })}
            {end}
        </li>
    }
}

#[component]
pub(crate) fn OwnPassword() -> impl IntoView {
    view! {
        <section class="panel">
            <header>
                <h2>"My password"</h2>
            </header>
            <Form page="/settings" call="password" class="form-line">
                <Line
                    id="current-password"
                    name="current:secret"
                    label="Current password"
                    kind="password"
                    autocomplete="current-password"
                />
                <Line
                    id="new-password"
                    name="new:secret"
                    label="New password"
                    kind="password"
                    autocomplete="new-password"
                />
                <button type="submit">"Change password"</button>
            </Form>
        </section>
    }
}
