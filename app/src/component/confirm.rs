//! Asking before something is taken away: a `<dialog>` that names what will be gone.

use leptos::html;
use leptos::prelude::*;

/// A dialog with a title, opened by [`Shown::open`].
#[derive(Clone, Copy)]
pub(crate) struct Shown(NodeRef<html::Dialog>);

impl Shown {
    pub(crate) fn new() -> Self {
        Self(NodeRef::new())
    }

    pub(crate) fn open(self) {
        if let Some(dialog) = self.0.get_untracked() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
        }
    }

    pub(crate) fn close(self) {
        if let Some(dialog) = self.0.get_untracked() {
            dialog.close();
        }
    }
}

#[component]
pub(crate) fn Dialog(
    shown: Shown,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] wide: bool,
    children: Children,
) -> impl IntoView {
    let class = if wide { "dialog wide" } else { "dialog" };
    view! {
        <dialog class=class node_ref=shown.0 aria-label=title>
            <header>
                <h2>{title}</h2>
                <button type="button" class="plain" aria-label="Close" on:click=move |_| shown.close()>
                    "×"
                </button>
            </header>
            {children()}
        </dialog>
    }
}

/// Asks once: a sentence, and a button that does it.
#[component]
pub(crate) fn Confirm(
    shown: Shown,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] button: String,
    #[prop(into)] then: Callback<()>,
    children: Children,
) -> impl IntoView {
    view! {
        <Dialog shown title>
            <div class="dialog-body">{children()}</div>
            <footer>
                <button type="button" on:click=move |_| shown.close()>"Cancel"</button>
                <button
                    type="button"
                    class="danger"
                    on:click=move |_| {
                        shown.close();
                        then.run(());
                    }
                >
                    {button}
                </button>
            </footer>
        </Dialog>
    }
}
