//! The pages of the console and the server functions behind them.

use leptos::prelude::*;

/// The whole console, as the server renders it and the browser takes it over.
#[component]
pub fn App() -> impl IntoView {
    view! { <main>"Lighthouse"</main> }
}
