//! Logs of everything that a query finds, merged.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::component::loaded::Heading;
use crate::component::log_pane::LogPane;
use crate::site::site;
use crate::text;

#[component]
pub(crate) fn Logs() -> impl IntoView {
    let site = site();
    let query = use_query_map();
    let asked = Memo::new(move |_| query.with(|query| query.get("q").unwrap_or_default()));
    view! {
        <Heading title="Logs" />
        <form class="query" action=site.href("/logs") method="get">
            <label for="query" class="sr">"Query"</label>
            <input
                id="query"
                name="q"
                type="search"
                value=asked.get_untracked()
                placeholder="Which containers: app:shop host:eu-* image~nginx"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength="1000"
            />
            <button type="submit">"Show logs"</button>
        </form>
        {move || {
            let asked = asked.get();
            if asked.trim().is_empty() {
                view! {
                    <p class="empty-line">
                        "Say which containers to listen to. An application’s own page has its logs too."
                    </p>
                }
                    .into_any()
            } else {
                view! { <LogPane query=format!("q={}", text::encode(&asked)) /> }.into_any()
            }
        }}
    }
    .into_any()
}
