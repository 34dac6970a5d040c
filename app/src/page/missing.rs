//! No such page.

use leptos::prelude::*;

use crate::component::loaded::Heading;
use crate::markup::view;
use crate::site::site;

#[component]
pub(crate) fn Missing() -> impl IntoView {
    let site = site();
    #[cfg(feature = "ssr")]
    if let Some(options) = use_context::<leptos_axum::ResponseOptions>() {
        options.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <Heading title="Not found" />
        <p>
            "There is no page at this address. " <a href=site.href("/")>"Go to the overview"</a> "."
        </p>
    }
    .into_any()
}
