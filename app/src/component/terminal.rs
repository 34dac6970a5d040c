//! A terminal in the page. Its module is loaded when the first one opens.

use leptos::html;
use leptos::prelude::*;
use lighthouse_model::Tone;
use send_wrapper::SendWrapper;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};

use crate::browser;
use crate::component::status::Mark;
use crate::markup::view;
use crate::site::site;

/// `query` is the part after `?` of `/ws/terminal`.
#[component]
pub(crate) fn Terminal(#[prop(into)] query: String) -> impl IntoView {
    let site = site();
    let place = NodeRef::<html::Div>::new();
    let state = RwSignal::new((Tone::Busy, "Opening a terminal…".to_owned()));
    // Rises with every opening; the effect below opens anew.
    let round = RwSignal::new(0u32);
    let module = site.href("/terminal.js");
    let style = site.href("/vendor/xterm/xterm.css");
    let address = site.href(&format!("/ws/terminal?{query}"));
    let close = StoredValue::new(None::<SendWrapper<js_sys::Function>>);
    let shut = move || {
        if let Some(Some(close)) = close.try_update_value(Option::take) {
            let _ = close.call0(&JsValue::NULL);
        }
    };

    Effect::new(move |_| {
        round.track();
        let Some(place) = place.get() else { return };
        shut();
        place.set_text_content(None);
        state.set((Tone::Busy, "Opening a terminal…".to_owned()));
        browser::load_style(&style);
        let address = address.clone();
        browser::load_module(&module, move || {
            // Whoever left in the meantime wants no terminal.
            if state.try_get_untracked().is_some() {
                let handle = open(&place, &address, state);
                close.set_value(handle.map(SendWrapper::new));
            }
        });
    });
    on_cleanup(shut);

    let over = move || !matches!(state.read().0, Tone::Busy | Tone::Good);
    view! {
        <section class="terminal-pane" aria-label="Terminal">
            <p class="terminal-state" role="status">
                {move || {
                    let (tone, words) = state.get();
                    view! {
                        <Mark tone />
                        {words}
                    }
                }}
                {move || {
                    over()
                        .then(|| {
                            view! {
                                <button
                                    type="button"
                                    class="small"
                                    on:click=move |_| round.update(|round| *round += 1)
                                >
                                    "Open again"
                                </button>
                            }
                        })
                }}
            </p>
            <div class="terminal" node_ref=place></div>
        </section>
    }
}

/// Calls the module. Answers with the function that closes the terminal.
fn open(
    place: &web_sys::HtmlElement,
    address: &str,
    state: RwSignal<(Tone, String)>,
) -> Option<js_sys::Function> {
    let module = js_sys::Reflect::get(&js_sys::global(), &JsValue::from_str("lighthouseTerminal")).ok()?;
    let open: js_sys::Function = js_sys::Reflect::get(&module, &JsValue::from_str("open"))
        .ok()?
        .dyn_into()
        .ok()?;
    let tell = Closure::<dyn FnMut(String, String)>::new(move |what: String, words: String| {
        let said = match what.as_str() {
            "open" => (Tone::Good, connected(&words)),
            "ended" => (Tone::Done, words),
            _ => (Tone::Unknown, words),
        };
        let _ = state.try_set(said);
    });
    let arguments = js_sys::Array::new();
    arguments.push(place);
    arguments.push(&JsValue::from_str(address));
    arguments.push(&JsValue::from_str(&browser::nonce().unwrap_or_default()));
    arguments.push(tell.as_ref());
    let close = open.apply(&module, &arguments).ok()?.dyn_into().ok();
    // Called by the socket as long as the terminal is open; a few bytes per opening.
    tell.forget();
    close
}

/// The hello is `protocol/build/shell`, and the shell is a path.
fn connected(hello: &str) -> String {
    match hello.splitn(3, '/').nth(2) {
        Some(shell) if !shell.is_empty() => format!("Connected to {shell}."),
        _ => "Connected.".to_owned(),
    }
}
