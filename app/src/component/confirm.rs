//! Asking before something is taken away: a `<dialog>` that names what will be gone.

use leptos::html;
use leptos::prelude::*;

use crate::markup::view;

/// A dialog with a title, opened by [`Shown::open`].
#[derive(Clone, Copy)]
pub(crate) struct Shown {
    dialog: NodeRef<html::Dialog>,
    /// It was opened at least once.
    opened: RwSignal<bool>,
}

impl Shown {
    pub(crate) fn new() -> Self {
        Self {
            dialog: NodeRef::new(),
            opened: RwSignal::new(false),
        }
    }

    pub(crate) fn open(self) {
        self.opened.set(true);
        if let Some(dialog) = self.dialog.get_untracked() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
        }
    }

    pub(crate) fn close(self) {
        if let Some(dialog) = self.dialog.get_untracked() {
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
        <dialog class=class node_ref=shown.dialog aria-label=title>
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
    let act = move || {
        let button = button.clone();
        // Not before somebody asked: the page of those who may not holds no such button.
        shown.opened.get().then(|| {
            view! {
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
            }
        })
    };
    view! {
        <Dialog shown title>
            <div class="dialog-body">{children()}</div>
            <footer>
                <button type="button" on:click=move |_| shown.close()>"Cancel"</button>
                {act}
            </footer>
        </Dialog>
    }
}
