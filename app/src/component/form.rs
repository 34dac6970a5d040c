//! Plain forms, written by the server: labelled fields, a sheet that opens over the page, lists beside them.
//!
//! A form goes to the address of its page and names its server function in `call`; names of fields may say how they
//! are read, see [`crate::form`]. Everything works without a script but reading files.

use std::future::Future;

use leptos::prelude::*;

use crate::failure::Failure;
use crate::markup::view;
use crate::site::{Visit, site};

/// A form for one server function, sent to the page it stands on.
#[component]
pub(crate) fn Form(
    page: &'static str,
    call: &'static str,
    #[prop(optional)] class: &'static str,
    /// Loads a page with the answer instead of staying here.
    #[prop(optional)]
    whole: bool,
    children: Children,
) -> impl IntoView {
    let data = (!whole).then_some("");
    view! {
        <form class=class action=site().href(page) method="post" data-call=data>
            <input type="hidden" name="call" value=call />
            {children()}
        </form>
    }
}

/// A value that goes with a form and is not asked for.
#[component]
pub(crate) fn Hidden(name: &'static str, #[prop(into)] value: String) -> impl IntoView {
    view! { <input type="hidden" name=name value=value /> }
}

/// One line of text.
#[component]
pub(crate) fn Line(
    #[prop(into)] id: String,
    name: &'static str,
    label: &'static str,
    #[prop(optional)] hint: &'static str,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
    #[prop(optional)] placeholder: &'static str,
    #[prop(optional)] value: &'static str,
) -> impl IntoView {
    let hint_id = format!("{id}-hint");
    let described = (!hint.is_empty()).then(|| hint_id.clone());
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id.clone()
                name=name
                type=kind
                value=value
                placeholder=placeholder
                autocomplete=autocomplete
                autocapitalize="none"
                spellcheck="false"
                aria-describedby=described
            />
            {(!hint.is_empty()).then(|| view! { <p class="hint" id=hint_id>{hint}</p> })}
        </div>
    }
}

/// Several lines of text, typed, pasted, or read from a file.
#[component]
pub(crate) fn Lines(
    id: &'static str,
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    placeholder: &'static str,
) -> impl IntoView {
    view! {
        <div class="field">
            <div class="label-line">
                <label for=id>{label}</label>
                <label class="button small file">
                    "Choose file" <input type="file" aria-label=format!("{label} from a file") data-into=id />
                </label>
            </div>
            <textarea
                id=id
                name=name
                rows="4"
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
            ></textarea>
            <p class="hint">{hint}</p>
        </div>
    }
}

/// Opens a [`Sheet`].
#[component]
pub(crate) fn Opener(
    #[prop(into)] sheet: String,
    label: &'static str,
    #[prop(optional)] class: &'static str,
) -> impl IntoView {
    view! {
        <button type="button" class=class popovertarget=sheet>
            {label}
        </button>
    }
}

/// Stands over the page when it is opened. The browser opens and closes it, no script does.
#[component]
pub(crate) fn Sheet(
    #[prop(into)] id: String,
    #[prop(into)] title: String,
    #[prop(optional)] wide: bool,
    children: Children,
) -> impl IntoView {
    let class = if wide { "dialog wide" } else { "dialog" };
    let (own, label) = (id.clone(), title.clone());
    view! {
        <div class=class id=own role="dialog" aria-label=label popover="auto">
            <header>
                <h2>{title}</h2>
                <button
                    type="button"
                    class="plain"
                    aria-label="Close"
                    popovertarget=id
                    popovertargetaction="hide"
                >
                    "×"
                </button>
            </header>
            {children()}
        </div>
    }
}

/// What came of the form that was sent before this page.
#[component]
pub(crate) fn Outcome() -> impl IntoView {
    let visit = use_context::<Visit>().unwrap_or_default();
    let said = crate::form::done(&visit.said);
    view! {
        <crate::page::login::FormTrouble problem=visit.problem.map(|problem| problem.to_string()) />
        {said.map(|words| view! { <p class="form-said" role="status">{words}</p> })}
    }
}

/// A list, a line for each.
pub(crate) fn listed<T: Send + 'static>(
    list: impl Future<Output = Result<Vec<T>, Failure>> + Send + 'static,
    empty: &'static str,
    line: impl Fn(T) -> AnyView + Send + 'static,
) -> AnyView {
    view! {
        <Suspense>
            {Suspend::new(async move {
                match list.await {
                    Ok(rows) if rows.is_empty() => view! { <p class="muted">{empty}</p> }.into_any(),
                    Ok(rows) => {
                        view! { <ul class="lines">{rows.into_iter().map(line).collect_view()}</ul> }.into_any()
                    }
                    Err(failure) => view! { <p role="alert">{failure.to_string()}</p> }.into_any(),
                }
            })}
        </Suspense>
    }
    .into_any()
}
