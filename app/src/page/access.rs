//! Who has an account, who is signed in, and the record of who did what.

use leptos::prelude::*;
use lighthouse_model::Permission;
use lighthouse_model::account::AuditRow;

use crate::calls::access::{list_audit, list_sessions};
use crate::clock::Ago;
use crate::component::account::{Sessions, Whose};
use crate::component::first_json::FirstJson;
use crate::component::listed::{List, listed};
use crate::component::loaded::Heading;
use crate::component::users::Users;
use crate::page::missing::Missing;
use crate::site::site;

#[component]
pub(crate) fn Access() -> impl IntoView {
    let site = site();
    if !site.can(Permission::UsersManage) {
        return view! { <Missing /> }.into_any();
    }
    let sessions = Resource::<_, FirstJson>::new_with_options(|| (), |()| list_sessions(), true);
    view! {
        <Heading title="Access" />
        <Users />
        <Sessions whose=Whose::All sessions />
        {site.can(Permission::AuditView).then(|| view! { <Audit /> })}
    }
    .into_any()
}

#[component]
fn Audit() -> impl IntoView {
    let before = RwSignal::new(None::<i64>);
    let oldest = RwSignal::new(None::<i64>);
    let audit: List<AuditRow> =
        Resource::<_, FirstJson>::new_with_options(move || before.get(), list_audit, true);
    view! {
        <section class="panel">
            <header>
                <h2>"Record"</h2>
            </header>
            {listed(
                audit,
                "Nothing was done yet.",
                move |row| {
                    oldest.set(Some(row.n));
                    line(row)
                },
            )}
            <p class="deploy-line">
                <button
                    type="button"
                    class="small"
                    on:click=move |_| before.set(oldest.get_untracked())
                >
                    "Older"
                </button>
                <button type="button" class="small" on:click=move |_| before.set(None)>
                    "Newest"
                </button>
            </p>
        </section>
    }
    .into_any()
}

fn line(row: AuditRow) -> AnyView {
    let site = site();
    let who = if row.actor.is_empty() {
        "somebody".to_owned()
    } else {
        row.actor
    };
    view! {
        <li class="audit-line">
            <strong>{who}</strong>
            <span class="words">
                {format!("{} {} ", row.action, row.target)} <span class="tag">{row.outcome}</span> " "
                <span class="muted small">{row.detail}</span>
                {row
                    .operation
                    .map(|id| {
                        view! { <a href=site.href(&format!("/operations/{id}"))>"operation"</a> }
                    })}
            </span>
            <span class="numbers small muted">{row.address}</span>
            <span class="muted when">
                <Ago at=row.at />
            </span>
        </li>
    }
    .into_any()
}
