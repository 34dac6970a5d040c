//! Start, stop, restart and remove, for one container or many. Each becomes an operation.

use leptos::prelude::*;
use leptos::task::spawn_local;
use lighthouse_model::{Action, Actions, ContainerKey};

use crate::calls;
use crate::component::icon::{Drawing, Icon};
use crate::markup::view;
use crate::notice::Notices;
use crate::text;

/// The four that containers know, with their words.
pub(crate) const CONTAINER_ACTIONS: [(Action, &str, Drawing); 4] = [
    (Action::Start, "Start", Drawing::Start),
    (Action::Stop, "Stop", Drawing::Stop),
    (Action::Restart, "Restart", Drawing::Restart),
    (Action::Remove, "Remove", Drawing::Remove),
];

/// Starts the operation and says so.
pub(crate) fn act(notices: Notices, keys: Vec<ContainerKey>, action: Action, subject: String) {
    spawn_local(async move {
        let verb = match action {
            Action::Start => "Starting",
            Action::Stop => "Stopping",
            Action::Restart => "Restarting",
            _ => "Removing",
        };
        match calls::act_on_containers(keys, action).await {
            Ok(operation) => notices.began(format!("{verb} {subject}."), operation),
            Err(failure) => notices.failed(&failure),
        }
    });
}

/// What several containers are called together.
pub(crate) fn together(count: usize) -> String {
    text::counted(
        u32::try_from(count).unwrap_or(u32::MAX),
        "container",
        "containers",
    )
}

/// The buttons a viewer may press; each is there exactly when its action is allowed.
#[component]
pub(crate) fn ActionButtons(
    #[prop(into)] allowed: Signal<Actions>,
    /// What the buttons act on, for their accessible names.
    subject: String,
    /// Shows icons only.
    #[prop(optional)]
    small: bool,
    #[prop(into)] press: Callback<Action>,
) -> impl IntoView {
    view! {
        <span class="actions" class:small=small>
            {CONTAINER_ACTIONS
                .into_iter()
                .map(|(action, word, drawing)| {
                    let name = format!("{word} {subject}");
                    move || {
                        allowed
                            .get()
                            .contains(action)
                            .then(|| {
                                view! {
                                    <button
                                        type="button"
                                        class:danger=action == Action::Remove
                                        title=word
                                        aria-label=name.clone()
                                        on:click=move |_| press.run(action)
                                    >
                                        <Icon drawing />
                                        {(!small).then_some(word)}
                                    </button>
                                }
                            })
                    }
                })
                .collect_view()}
        </span>
    }
}
