//! The browser's own things behind small functions: clock, timers, location, cookies. Called from effects and
//! handlers only, never while a page is rendered.

pub(crate) mod forms;
pub(crate) mod socket;

use leptos::prelude::*;
use lighthouse_model::Millis;
use wasm_bindgen::{JsCast as _, JsValue};

/// The browser's clock.
#[expect(
    clippy::cast_possible_truncation,
    reason = "milliseconds of this age fit many times over"
)]
pub(crate) fn now() -> Millis {
    js_sys::Date::now() as Millis
}

/// Minutes to add to UTC to have the time on the wall.
#[expect(clippy::cast_possible_truncation, reason = "an offset is at most a day")]
pub(crate) fn zone_offset() -> i64 {
    -(js_sys::Date::new_0().get_timezone_offset() as i64)
}

/// Calls again and again until the owner of the calling effect ends.
pub(crate) fn every(millis: u32, tick: impl Fn() + 'static) {
    if let Ok(handle) = set_interval_with_handle(tick, std::time::Duration::from_millis(u64::from(millis))) {
        on_cleanup(move || handle.clear());
    }
}

/// Calls once, later; the handle takes it back.
pub(crate) fn after(millis: u32, then: impl FnOnce() + 'static) -> Option<TimeoutHandle> {
    set_timeout_with_handle(then, std::time::Duration::from_millis(u64::from(millis))).ok()
}

/// Leaves the page for another, through the server.
pub(crate) fn leave_for(url: &str) {
    // Only fails for URLs that cannot be parsed, and ours are made here.
    let _ = window().location().set_href(url);
}

/// Path and query of the page, for coming back to it.
pub(crate) fn here() -> String {
    let location = window().location();
    format!(
        "{}{}",
        location.pathname().unwrap_or_default(),
        location.search().unwrap_or_default()
    )
}

/// Loads the page anew.
pub(crate) fn reload() {
    let _ = window().location().reload();
}

/// Sets a cookie that is no secret, for a year.
pub(crate) fn set_cookie(name: &str, value: &str, base: &str) {
    let path = if base.is_empty() { "/" } else { base };
    let cookie = format!("{name}={value}; path={path}; max-age=31536000; samesite=lax");
    // `document.cookie` is on HtmlDocument only; through Reflect it needs no further binding.
    let _ = js_sys::Reflect::set(
        &document(),
        &JsValue::from_str("cookie"),
        &JsValue::from_str(&cookie),
    );
}

/// Sets an attribute of the root element.
pub(crate) fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute(name, value);
    }
}

/// Sets one property of an element's style through the CSSOM, which the content policy allows.
pub(crate) fn set_style(element: &web_sys::Element, property: &str, value: &str) {
    if let Some(element) = element.dyn_ref::<web_sys::HtmlElement>() {
        let _ = element.style().set_property(property, value);
    }
}

/// Calls on the next frame.
pub(crate) fn next_frame(then: impl FnOnce() + 'static) {
    request_animation_frame(then);
}

/// The nonce of this page's policy, from the script that started it.
pub(crate) fn nonce() -> Option<String> {
    let script = document().query_selector("script[nonce]").ok()??;
    js_sys::Reflect::get(&script, &JsValue::from_str("nonce"))
        .ok()?
        .as_string()
}

/// Hands a text to the browser as a file to keep.
pub(crate) fn save(name: &str, text: &str) {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    let Ok(blob) = web_sys::Blob::new_with_str_sequence(&parts) else {
        return;
    };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else {
        return;
    };
    let link = document()
        .create_element("a")
        .ok()
        .and_then(|link| link.dyn_into::<web_sys::HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    let _ = web_sys::Url::revoke_object_url(&url);
}

/// Loads a module of this site once, and calls when it is there.
pub(crate) fn load_module(path: &str, then: impl FnOnce() + 'static) {
    let marker = format!("script[data-module='{path}']");
    if let Ok(Some(script)) = document().query_selector(&marker) {
        if script.has_attribute("data-loaded") {
            then();
        } else {
            once(&script, "load", then);
        }
        return;
    }
    let Ok(script) = document().create_element("script") else {
        return;
    };
    let _ = script.set_attribute("type", "module");
    let _ = script.set_attribute("nonce", &nonce().unwrap_or_default());
    let _ = script.set_attribute("data-module", path);
    let _ = script.set_attribute("src", path);
    let loaded = script.clone();
    once(&script, "load", move || {
        let _ = loaded.set_attribute("data-loaded", "");
        then();
    });
    if let Some(head) = document().head() {
        let _ = head.append_child(&script);
    }
}

/// Loads a style sheet of this site once.
pub(crate) fn load_style(path: &str) {
    let marker = format!("link[href='{path}']");
    if matches!(document().query_selector(&marker), Ok(Some(_))) {
        return;
    }
    if let (Ok(link), Some(head)) = (document().create_element("link"), document().head()) {
        let _ = link.set_attribute("rel", "stylesheet");
        let _ = link.set_attribute("href", path);
        let _ = head.append_child(&link);
    }
}

fn once(element: &web_sys::Element, event: &str, then: impl FnOnce() + 'static) {
    let options = web_sys::AddEventListenerOptions::new();
    options.set_once(true);
    let callback = wasm_bindgen::closure::Closure::once_into_js(then);
    let _ = element.add_event_listener_with_callback_and_add_event_listener_options(
        event,
        callback.unchecked_ref(),
        &options,
    );
}
