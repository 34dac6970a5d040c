//! The line at the foot of the page that says what a control just did, or why it did not.

use leptos::prelude::*;
use lighthouse_model::{OperationId, Tone};

use crate::failure::Failure;
use crate::markup::view;
use crate::site::site;

/// What the line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    tone: Tone,
    words: String,
    operation: Option<OperationId>,
}

/// The line.
#[derive(Clone, Copy)]
pub(crate) struct Notices(RwSignal<Option<Notice>>);

impl Notices {
    pub(crate) fn provide() -> Self {
        let notices = Self(RwSignal::new(None));
        provide_context(notices);
        notices
    }

    pub(crate) fn done(self, words: impl Into<String>) {
        self.set(Tone::Good, words.into(), None);
    }

    pub(crate) fn began(self, words: impl Into<String>, operation: OperationId) {
        self.set(Tone::Busy, words.into(), Some(operation));
    }

    pub(crate) fn failed(self, failure: &Failure) {
        self.refused(failure.to_string());
    }

    pub(crate) fn refused(self, words: impl Into<String>) {
        self.set(Tone::Failed, words.into(), None);
    }

    fn set(self, tone: Tone, words: String, operation: Option<OperationId>) {
        self.0.set(Some(Notice {
            tone,
            words,
            operation,
        }));
    }
}

pub(crate) fn notices() -> Notices {
    expect_context::<Notices>()
}

#[component]
pub(crate) fn NoticeLine() -> impl IntoView {
    let Notices(notice) = notices();
    let site = site();
    view! {
        <div class="notice-line" role="status" aria-live="polite">
            {move || {
                notice
                    .get()
                    .map(|said| {
                        let link = said
                            .operation
                            .map(|id| {
                                view! { <a href=site.href(&format!("/operations/{id}"))>"Watch it"</a> }
                            });
                        view! {
                            <div class="notice">
                                <crate::component::status::Mark tone=said.tone />
                                <span>{said.words}</span>
                                {link}
                                <button
                                    type="button"
                                    class="plain"
                                    aria-label="Dismiss"
                                    on:click=move |_| notice.set(None)
                                >
                                    "×"
                                </button>
                            </div>
                        }
                    })
            }}
        </div>
    }
}
