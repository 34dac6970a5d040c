//! Sessions and the caller's own password.

use leptos::prelude::*;
use lighthouse_model::Action;
use lighthouse_model::account::SessionRow;

use crate::calls::access::{change_password, end_own_session, revoke_session};
use crate::clock::Ago;
use crate::component::field::Field;
use crate::component::listed::{List, change, listed};
use crate::notice::notices;

/// Whose sessions a list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Everybody's.
    All,
    /// The caller's own.
    Own,
}

/// Signed-in browsers, with a button to end each.
#[component]
pub(crate) fn Sessions(whose: Whose, sessions: List<SessionRow>) -> impl IntoView {
    let title = match whose {
        Whose::All => "Signed in",
        Whose::Own => "My sessions",
    };
    view! {
        <section class="panel">
            <header>
                <h2>{title}</h2>
            </header>
            {listed(sessions, "Nobody is signed in.", move |row| view! { <Line row sessions whose /> }.into_any())}
        </section>
    }
    .into_any()
}

#[component]
fn Line(row: SessionRow, sessions: List<SessionRow>, whose: Whose) -> impl IntoView {
    let notices = notices();
    let id = row.id;
    let end = (row.allowed.contains(Action::Revoke) && !row.current).then(|| {
        view! {
            <button
                type="button"
                class="small danger"
                aria-label=format!("End session of {} at {}", row.user_name, row.address)
                on:click=move |_| {
                    let call = async move {
                        match whose {
                            Whose::All => revoke_session(id).await,
                            Whose::Own => end_own_session(id).await,
                        }
                    };
                    change(notices, "Session ended.".to_owned(), call, move || sessions.refetch());
                }
            >
                "End session"
            </button>
        }
    });
    view! {
        <li>
            <strong>{row.user_name.clone()}</strong>
            <span class="words truncate muted small" title=row.agent.clone()>
                {row.agent.clone()}
            </span>
            <span class="numbers small">{row.address.clone()}</span>
            <span class="muted small">
                "seen " <Ago at=row.last_seen />
            </span>
            {row.current.then(|| view! { <span class="tag">"this one"</span> })}
            {end}
        </li>
    }
}

#[component]
pub(crate) fn OwnPassword() -> impl IntoView {
    let notices = notices();
    let (current, new) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let call = change_password(current.get_untracked(), new.get_untracked());
        change(
            notices,
            "Password changed; your other sessions end.".to_owned(),
            call,
            move || {
                current.set(String::new());
                new.set(String::new());
            },
        );
    };
    view! {
        <section class="panel">
            <header>
                <h2>"My password"</h2>
            </header>
            <form class="form-line" on:submit=save>
                <Field
                    id="current-password"
                    label="Current password"
                    value=current
                    kind="password"
                    autocomplete="current-password"
                />
                <Field
                    id="new-password"
                    label="New password"
                    value=new
                    kind="password"
                    autocomplete="new-password"
                />
                <button type="submit">"Change password"</button>
            </form>
        </section>
    }
    .into_any()
}
