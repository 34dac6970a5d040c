//! Operations as lines: what, whose, how far.

use leptos::prelude::*;
use lighthouse_model::operation::{OperationKind, OperationRow};

use crate::clock::Ago;
use crate::component::status::Status;
use crate::markup::view;
use crate::site::site;

/// Such as `Deploy shop`.
pub(crate) fn title(row: &OperationRow) -> String {
    let verb = match row.kind {
        OperationKind::Deploy => "Deploy",
        OperationKind::Scale => "Scale",
        OperationKind::Start => "Start",
        OperationKind::Stop => "Stop",
        OperationKind::Restart => "Restart",
        OperationKind::Remove => "Remove",
        _ => "Change",
    };
    format!("{verb} {}", row.target)
}

#[component]
pub(crate) fn OperationLine(#[prop(into)] row: Signal<OperationRow>) -> impl IntoView {
    let site = site();
    let first = row.get_untracked();
    let ended = move || row.read().state.is_ended();
    view! {
        <li class="operation-line">
            <a href=site.href(&format!("/operations/{}", first.id)) class="truncate">
                {title(&first)}
            </a>
            <Status verdict=Signal::derive(move || row.get().verdict) />
            {move || {
                (!ended())
                    .then(|| {
                        let row = row.get();
                        view! {
                            <progress
                                max=row.steps_total.max(1).to_string()
                                value=row.steps_done.to_string()
                                aria-label="Steps done"
                            ></progress>
                            <span class="numbers">{format!("{} of {}", row.steps_done, row.steps_total)}</span>
                        }
                    })
            }}
            <span class="muted who">{first.actor.clone()}</span>
            <span class="muted when">
                <Ago at=first.created_at />
            </span>
        </li>
    }
}
