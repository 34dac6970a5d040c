//! A page's first look at its topic: waits for it, then shows it or says why not.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use lighthouse_model::Problem;
use lighthouse_model::live::Topic;

use crate::calls::{Looked, look};
use crate::component::first_json::FirstJson;
use crate::failure::Failure;
use crate::markup::view;

/// What a page reads before it is shown.
pub(crate) type First = Resource<Result<Looked, Failure>, FirstJson>;

/// Reads a topic for the first paint; again when the topic changes.
pub(crate) fn first(topic: impl Fn() -> Topic + Send + Sync + 'static) -> First {
    Resource::new_with_options(topic, look, true)
}

type Show = Arc<dyn Fn(Looked) -> AnyView + Send + Sync>;

/// Shows what was read. One piece of code for all pages: the view is boxed before it gets here.
pub(crate) fn loaded(first: First, show: impl Fn(Looked) -> AnyView + Send + Sync + 'static) -> AnyView {
    boxed(first, Arc::new(show))
}

fn boxed(first: First, show: Show) -> AnyView {
    view! {
        <Suspense fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || {
                let show = Arc::clone(&show);
                Suspend::new(async move {
                    match first.await {
                        Ok(looked) => show(looked),
                        Err(failure) => view! { <Trouble failure /> }.into_any(),
                    }
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// Builds a page anew when the parts of its address change: the router keeps a page for all addresses of a route.
pub(crate) fn by_params(
    names: &'static [&'static str],
    page: impl Fn(Vec<String>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let params = use_params_map();
    let values = Memo::new(move |_| {
        params.with(|params| {
            let value = |name: &&str| params.get(name).unwrap_or_default();
            names.iter().map(value).collect::<Vec<_>>()
        })
    });
    (move || {
        let values = values.get();
        untrack(|| page(values))
    })
    .into_any()
}

/// The data were of another topic than asked for: only a page of another build can see this.
pub(crate) fn mismatch() -> AnyView {
    view! { <Trouble failure=Failure::Garbled /> }.into_any()
}

/// Why there is nothing to show.
#[component]
pub(crate) fn Trouble(failure: Failure) -> impl IntoView {
    let missing = matches!(failure.problem(), Some(Problem::NotFound { .. }));
    let heading = if missing {
        "Not found"
    } else {
        "This cannot be shown"
    };
    view! {
        <section class="trouble" role="alert">
            <h2>{heading}</h2>
            <p>{failure.to_string()}</p>
        </section>
    }
}

/// A page's title, in the tab and on the page, with room for controls beside it.
#[component]
pub(crate) fn Heading(
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    view! {
        // The document's head is written after the page: by then the page's signals may be gone.
        <Title text=move || {
            title.try_get().map_or_else(|| "Lighthouse".to_owned(), |title| format!("{title} · Lighthouse"))
        } />
        <header class="heading">
            <h1>{title}</h1>
            <div class="controls">{children.map(|children| children())}</div>
        </header>
    }
}
