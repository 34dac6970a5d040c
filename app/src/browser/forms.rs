//! Sends the forms that the server wrote, and shows what it says.
//!
//! Without this they are plain forms that load a page; with it, what was typed stays when something is wrong, and
//! the part of the page around the form is asked for again when it went well.

use leptos::ev;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::browser;
use crate::notice::Notices;

/// Takes over the forms of this page and of all that come after it.
pub(crate) fn take_over(notices: Notices) {
    window_event_listener(ev::submit, move |event| {
        let form = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::HtmlFormElement>().ok())
            .filter(|form| form.has_attribute("data-call"));
        if let Some(form) = form {
            event.prevent_default();
            spawn_local(async move {
                if send(&form, event.submitter(), notices).await.is_err() {
                    notices.failed(&crate::Failure::Unreachable);
                }
            });
        }
    });
    window_event_listener(ev::change, |event| {
        let Some(element) = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        else {
            return;
        };
        if let Some(form) = element
            .has_attribute("data-send")
            .then(|| element.closest("form").ok().flatten())
            .flatten()
            .and_then(|form| form.dyn_into::<web_sys::HtmlFormElement>().ok())
        {
            let _ = form.request_submit();
        }
        if let (Some(id), Some(input)) = (
            element.get_attribute("data-into"),
            element.dyn_ref::<web_sys::HtmlInputElement>(),
        ) {
            read_into(&id, input);
        }
    });
}

/// Sends a form. `202` is an answer to a question: the form stays. `200` is a change: its surroundings are old.
async fn send(
    form: &web_sys::HtmlFormElement,
    submitter: Option<web_sys::HtmlElement>,
    notices: Notices,
) -> Result<(), JsValue> {
    let data = web_sys::FormData::new_with_form(form)?;
    if let Some(button) = submitter.and_then(|button| button.dyn_into::<web_sys::HtmlButtonElement>().ok())
        && !button.name().is_empty()
    {
        data.set_with_str(&button.name(), &button.value())?;
    }
    let body = web_sys::UrlSearchParams::new_with_str_sequence_sequence(&data)?;
    let headers = web_sys::Headers::new()?;
    headers.set("accept", "text/plain")?;
    let request = web_sys::RequestInit::new();
    request.set_method("POST");
    request.set_body(&body);
    request.set_headers(&headers);
    let (status, words) = ask(&form.action(), &request).await?;
    let line = form.query_selector("[data-answer]")?;
    match (status, line) {
        (200, _) => {
            notices.done(words);
            if let Some(place) = form.closest("[data-still]")? {
                fill(&place).await;
            }
        }
        (_, Some(line)) => line.set_text_content(Some(&words)),
        (_, None) => notices.refused(words),
    }
    Ok(())
}

/// A part of the page is in its place. When the page was reached without the server, the part is empty: it is asked
/// for. Then the sheet is opened that the address names.
#[cfg(not(feature = "ssr"))]
pub(crate) fn came(place: &web_sys::Element, path: &str, query: &str) {
    let place = place.clone();
    let (here, asked) = (
        format!("{path}?{}", query.trim_start_matches('?')),
        query.contains("add="),
    );
    spawn_local(async move {
        if place.first_element_child().is_none() && matches!(try_fill(&place, &here).await, Ok(None) | Err(_))
        {
            return browser::leave_for(&here);
        }
        if asked
            && let Ok(Some(sheet)) = place.query_selector("#add-host")
            && let Ok(show) = js_sys::Reflect::get(&sheet, &JsValue::from_str("showPopover"))
            && let Some(show) = show.dyn_ref::<js_sys::Function>()
        {
            let _ = show.call0(&sheet);
        }
    });
}

/// Asks for this page and takes over the part of it that has the place's name.
async fn fill(place: &web_sys::Element) {
    if matches!(try_fill(place, &browser::here()).await, Ok(None) | Err(_)) {
        // Signed out meanwhile, or a page of another build: only the server knows.
        browser::reload();
    }
}

async fn try_fill(place: &web_sys::Element, page: &str) -> Result<Option<()>, JsValue> {
    let (_, html) = ask(page, &web_sys::RequestInit::new()).await?;
    let page = web_sys::DomParser::new()?.parse_from_string(&html, web_sys::SupportedType::TextHtml)?;
    let name = place.get_attribute("data-still").unwrap_or_default();
    let Some(fresh) = page.query_selector(&format!("[data-still='{name}']"))? else {
        return Ok(None);
    };
    place.set_text_content(None);
    while let Some(node) = fresh.first_child() {
        place.append_child(&node)?;
    }
    if name == "page" {
        document().set_title(&page.title());
    }
    Ok(Some(()))
}

async fn ask(url: &str, request: &web_sys::RequestInit) -> Result<(u16, String), JsValue> {
    let answer = JsFuture::from(window().fetch_with_str_and_init(url, request)).await?;
    let answer: web_sys::Response = answer.dyn_into()?;
    let text = JsFuture::from(answer.text()?).await?;
    Ok((answer.status(), text.as_string().unwrap_or_default()))
}

/// Reads a text file into the field with this id.
fn read_into(id: &str, input: &web_sys::HtmlInputElement) {
    let field = document()
        .get_element_by_id(id)
        .and_then(|field| field.dyn_into::<web_sys::HtmlTextAreaElement>().ok());
    let file = input.files().and_then(|files| files.get(0));
    if let (Some(field), Some(file)) = (field, file) {
        spawn_local(async move {
            if let Ok(text) = JsFuture::from(file.text()).await {
                field.set_value(&text.as_string().unwrap_or_default());
            }
        });
    }
}
