//! The first run: whoever has the one-time link names the first administrator.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::markup::view;
use crate::page::login::{Brand, FormTrouble};
use crate::site::{Visit, site};

#[component]
pub(crate) fn Setup() -> impl IntoView {
    let site = site();
    let visit = use_context::<Visit>().unwrap_or_default();
    let token = use_query_map()
        .with_untracked(|query| query.get("token"))
        .unwrap_or(visit.token);
    view! {
        <Title text="First run · Lighthouse" />
        <section class="door-card">
            <Brand />
            <h1>"Create the first administrator"</h1>
            <p class="hint">
                "This link works once. You will add people and engines after signing in."
            </p>
            <FormTrouble problem=visit.problem.map(|problem| problem.to_string()) />
            <form action=site.href("/setup") method="post">
                <input type="hidden" name="token" value=token />
                <label for="name">"Name"</label>
                <input
                    id="name"
                    name="name"
                    value=visit.name
                    autocomplete="username"
                    autocapitalize="none"
                    spellcheck="false"
                    maxlength="63"
                    aria-describedby="name-rule"
                    required
                    autofocus
                />
                <p class="hint" id="name-rule">
                    "Lower-case letters, digits, - and _."
                </p>
                <label for="password">"Password"</label>
                <input
                    id="password"
                    name="password"
                    type="password"
                    autocomplete="new-password"
                    minlength="10"
                    maxlength="1024"
                    aria-describedby="password-rule"
                    required
                />
                <p class="hint" id="password-rule">
                    "At least 10 characters."
                </p>
                <button type="submit" class="primary">"Create administrator"</button>
            </form>
        </section>
    }
    .into_any()
}
