//! The document around a page: head, stylesheet, and the module that starts the WASM.

use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::App;
use crate::site::{Boot, Scheme, SiteContext};

/// Renders the whole document. Needs [`SiteContext`] and [`crate::Visit`] as contexts.
///
/// Pages for strangers (sign-in, first run) are complete without a script and get none; they are marked as
/// hydrated from the start, so that whoever waits for that need not know the difference.
#[must_use]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    drop(options);
    let site = use_context::<SiteContext>().unwrap_or_default();
    let boot = Boot::gather();
    let nonce = use_nonce();
    let path = |path: &str| format!("{}{path}", site.base_path);
    let stranger = boot.viewer.is_none();
    let scheme = (boot.scheme != Scheme::System).then(|| boot.scheme.as_str());
    let (js, wasm) = (path(&site.js), path(&site.wasm));
    let scripts = (!stranger).then(|| {
        let start = format!(
            "import('{js}').then(m => m.default({{module_or_path: '{wasm}'}}).then(() => m.hydrate()))"
        );
        view! {
            <link rel="modulepreload" href=js.clone() nonce=nonce.clone() />
            <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
            <script type="module" nonce=nonce.clone()>
                {start}
            </script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html
            lang="en"
            data-scheme=scheme
            data-base=site.base_path.clone()
            data-hydrated=stranger.then_some("static")
        >
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href=path("/icon.svg") type="image/svg+xml" />
                <link rel="apple-touch-icon" href=path("/icon-180.png") />
                <link rel="manifest" href=path("/app.webmanifest") />
                <link rel="stylesheet" href=path(&site.css) />
                {scripts}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
