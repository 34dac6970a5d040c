//! The merged log of an application, to be chosen here.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use lighthouse_model::Name;
use lighthouse_model::live::{Topic, TopicData};

use crate::calls::Looked;
use crate::component::loaded::{Heading, first, loaded, mismatch};
use crate::component::log_pane::LogPane;
use crate::component::status::Mark;
use crate::markup::view;
use crate::site::site;

#[component]
pub(crate) fn Logs() -> impl IntoView {
    let query = use_query_map();
    let asked = Memo::new(move |_| {
        let name = query.with(|query| query.get("app").unwrap_or_default());
        name.parse::<Name>().ok()
    });
    let first = first(|| Topic::Applications);
    view! {
        <Heading title="Logs" />
        {loaded(first, move |looked| choices(looked, asked))}
        {move || match asked.get() {
            Some(name) => view! { <LogPane query=format!("app={name}") /> }.into_any(),
            None => ().into_any(),
        }}
    }
    .into_any()
}

fn choices(looked: Looked, asked: Memo<Option<Name>>) -> AnyView {
    let TopicData::Applications(rows) = looked.data else {
        return mismatch();
    };
    let site = site();
    if rows.is_empty() {
        return view! {
            <p class="empty-line">
                "No application yet. The log of a single container is on its own page: "
                <a href=site.href("/containers")>"Containers"</a>
            </p>
        }
        .into_any();
    }
    let links = rows
        .into_iter()
        .map(|row| {
            let name = row.name.clone();
            let current = move || (asked.read().as_ref() == Some(&name)).then_some("page");
            view! {
                <a href=site.href(&format!("/logs?app={}", row.name)) aria-current=current data-noscroll="true">
                    <Mark tone=row.verdict.tone />
                    " "
                    {row.name.to_string()}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label="Applications">
            {links}
        </nav>
    }
    .into_any()
}
