//! Who has an account, who is signed in, and the record of who did what.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use lighthouse_model::Permission;
use lighthouse_model::account::AuditRow;

use crate::calls::access::list_audit;
use crate::clock::Ago;
use crate::component::account::AllSessions;
use crate::component::form::Outcome;
use crate::component::loaded::Heading;
use crate::component::users::Users;
use crate::markup::view;
use crate::page::missing::Missing;
use crate::site::site;

#[component]
pub(crate) fn Access() -> impl IntoView {
    let site = site();
    if !site.can(Permission::UsersManage) {
        return view! { <Missing /> }.into_any();
    }
    view! {
        <Heading title="Access" />
        <Outcome />
        <Users />
        <AllSessions />
        {site.can(Permission::AuditView).then(|| view! { <Audit /> })}
    }
    .into_any()
}

#[component]
fn Audit() -> impl IntoView {
    let site = site();
    let before =
        use_query_map().with_untracked(|query| query.get("before").and_then(|number| number.parse().ok()));
    let rows = Suspend::new(async move {
        let rows = match list_audit(before).await {
            Err(failure) => return view! { <p role="alert">{failure.to_string()}</p> }.into_any(),
            Ok(rows) if rows.is_empty() => {
                return view! { <p class="muted">"Nothing was done yet."</p> }.into_any();
            }
            Ok(rows) => rows,
        };
        let oldest = rows.last().map(|row| row.n).unwrap_or_default();
        // The part around is as it came: these load a page.
        view! {
            <ul class="lines">{rows.into_iter().map(line).collect_view()}</ul>
            <p class="deploy-line">
                <a class="button small" rel="external" href=site.href(&format!("/access?before={oldest}"))>
                    "Older"
                </a>
                <a class="button small" rel="external" href=site.href("/access")>
                    "Newest"
                </a>
            </p>
        }
        .into_any()
    });
    view! {
        <section class="panel">
            <header>
                <h2>"Record"</h2>
            </header>
            <Suspense>{rows}</Suspense>
        </section>
    }
}

fn line(row: AuditRow) -> AnyView {
    let site = site();
    let who = if row.actor.is_empty() {
        "somebody".to_owned()
    } else {
        row.actor
    };
    let operation = row
        .operation
        .map(|id| view! { <a href=site.href(&format!("/operations/{id}"))>"operation"</a> });
    view! {
        <li class="audit-line">
            <strong>{who}</strong>
            <span class="words">
                {format!("{} {} ", row.action, row.target)} <span class="tag">{row.outcome}</span> " "
                <span class="muted small">{row.detail}</span> {operation}
            </span>
            <span class="numbers small muted">{row.address}</span>
            <span class="muted when">
                <Ago at=row.at />
            </span>
        </li>
    }
    .into_any()
}
