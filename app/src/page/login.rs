//! Signing in: a plain form that works without scripts.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::markup::view;
use crate::site::{Visit, site};

#[component]
pub(crate) fn Login() -> impl IntoView {
    let site = site();
    let visit = use_context::<Visit>().unwrap_or_default();
    // The server has read the query; the router would decode it a second time.
    let next = if visit.next.is_empty() {
        use_query_map()
            .with_untracked(|query| query.get("next"))
            .unwrap_or_default()
    } else {
        visit.next
    };
    view! {
        <Title text="Sign in · Lighthouse" />
        <section class="door-card">
            <Brand />
            <h1>"Sign in"</h1>
            <FormTrouble problem=visit.problem.map(|problem| problem.to_string()) />
            <form action=site.href("/login") method="post">
                <label for="name">"Name"</label>
                <input
                    id="name"
                    name="name"
                    value=visit.name
                    autocomplete="username"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="63"
                    required
                    autofocus
                />
                <label for="password">"Password"</label>
                <input
                    id="password"
                    name="password"
                    type="password"
                    autocomplete="current-password"
                    maxlength="1024"
                    required
                />
                <input type="hidden" name="next" value=next />
                <button type="submit" class="primary">"Sign in"</button>
            </form>
        </section>
    }
    .into_any()
}

#[component]
pub(crate) fn Brand() -> impl IntoView {
    let site = site();
    view! {
        <p class="door-brand">
            <img src=site.href("/icon.svg") alt="" width="40" height="40" />
            <span>"Lighthouse"</span>
        </p>
    }
}

#[component]
pub(crate) fn FormTrouble(problem: Option<String>) -> impl IntoView {
    problem.map(|words| {
        view! {
            <p class="form-trouble" role="alert">
                <span class="mark t-failed" aria-hidden="true"></span>
                {words}
            </p>
        }
    })
}
