//! Parts of a page that the server writes and the browser leaves as they came.
//!
//! Lists and forms of administration change only when somebody sends a form. Their code stays out of the WASM: the
//! server renders them, the browser sends their forms ([`crate::browser::forms`]) and asks for them again afterwards.

use leptos::html;
use leptos::prelude::*;

use crate::markup::view;

/// Shows a view that only the server knows how to write, under a name that is unique on its page.
macro_rules! still {
    ($name:literal, $view:expr) => {{
        #[cfg(feature = "ssr")]
        let view = crate::component::still::written($name, $view);
        #[cfg(not(feature = "ssr"))]
        let view = crate::component::still::kept($name);
        view
    }};
}
pub(crate) use still;

/// What the server writes.
#[cfg(feature = "ssr")]
pub(crate) fn written(name: &'static str, view: impl IntoView + 'static) -> AnyView {
    let place = NodeRef::<html::Div>::new();
    view! {
        <div class="still" data-still=name node_ref=place>
            {view}
        </div>
    }
    .into_any()
}

/// What the browser makes of it: nothing, when it came with the page; and asks for it, when the page was reached
/// without the server.
#[cfg(not(feature = "ssr"))]
pub(crate) fn kept(name: &'static str) -> AnyView {
    let place = NodeRef::<html::Div>::new();
    // The router's address: the browser's follows when the page stands.
    let location = leptos_router::hooks::use_location();
    Effect::new(move |_| {
        if let Some(place) = place.get() {
            let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
            crate::browser::forms::came(&place, &path, &query);
        }
    });
    view! { <div class="still" data-still=name node_ref=place></div> }.into_any()
}
