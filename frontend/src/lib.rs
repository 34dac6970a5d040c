//! The browser's entry: hydrates the pages the server rendered, and nothing else.

use lighthouse_app::App;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes over the page; called by the script in its head once the WASM is loaded.
#[wasm_bindgen]
pub fn hydrate() {
    // A panic without words helps nobody; with them it fails the browser tests and can be mended.
    std::panic::set_hook(Box::new(|why| leptos::logging::error!("{why}")));
    leptos::mount::hydrate_body(App);
}
