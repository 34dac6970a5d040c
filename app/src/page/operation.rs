//! One operation: the truth in a sentence, then every step on every host, filling as it happens.

use leptos::prelude::*;
use leptos::task::spawn_local;
use lighthouse_model::live::{Topic, TopicChange, TopicData};
use lighthouse_model::operation::{OperationRow, StepView};
use lighthouse_model::{Action, OperationId, Problem};

use crate::calls::Looked;
use crate::calls::operation::cancel_operation;
use crate::clock::{Ago, clock};
use crate::component::loaded::{Heading, Trouble, by_params, first, loaded, mismatch};
use crate::component::matrix::Matrix;
use crate::component::operation_list::title;
use crate::component::status::Status;
use crate::live::{News, follow};
use crate::markup::view;
use crate::notice::notices;
use crate::rows::Rows;
use crate::site::site;
use crate::text;

#[component]
pub(crate) fn Operation() -> impl IntoView {
    by_params(&["id"], |values| {
        let Some(Ok(id)) = values.first().map(|id| id.parse::<OperationId>()) else {
            let failure = Problem::not_found("such operation").into();
            return view! { <Trouble failure /> }.into_any();
        };
        loaded(first(move || Topic::Operation { id }), show)
    })
}

fn show(looked: Looked) -> AnyView {
    let TopicData::Operation(view) = looked.data else {
        return mismatch();
    };
    let id = view.row.id;
    let row = RwSignal::new(view.row);
    let steps = Rows::<u32, StepView>::new(view.steps.into_iter().map(|step| (step.n, step)));
    let followed = steps.clone();
    follow(
        move || Some(Topic::Operation { id }),
        Some(looked.revision),
        move |news| match news {
            News::Whole(TopicData::Operation(view)) => {
                followed.replace(view.steps.into_iter().map(|step| (step.n, step)));
                row.set(view.row);
            }
            News::Change(TopicChange::Operation { row: now, steps }) => {
                followed.upsert(steps.into_iter().map(|step| (step.n, step)));
                row.set(now);
            }
            _ => {}
        },
    );
    view! {
        <Heading title=title(&row.read_untracked())>
            <Controls row />
        </Heading>
        <section class="panel truth" aria-label="Outcome" aria-live="polite">
            <p class="sentence">
                <Status verdict=Signal::derive(move || row.read().verdict.clone()) />
            </p>
            <Progress row />
            <Origin row />
        </section>
        <Matrix steps />
    }
    .into_any()
}

#[component]
fn Progress(row: RwSignal<OperationRow>) -> impl IntoView {
    view! {
        <p class="progress-line">
            <progress
                aria-label="Steps done"
                max=move || row.read().steps_total.max(1).to_string()
                value=move || row.read().steps_done.to_string()
            ></progress>
            <span class="numbers">
                {move || {
                    let row = row.read();
                    format!("{} of {} steps", text::grouped(row.steps_done), text::grouped(row.steps_total))
                }}
            </span>
        </p>
    }
}

#[component]
fn Origin(row: RwSignal<OperationRow>) -> impl IntoView {
    let site = site();
    let clock = clock();
    let first = row.get_untracked();
    let took = move || {
        let row = row.read();
        match (row.ended_at, clock.get()) {
            (Some(ended), _) => format!("took {}", text::duration(ended - row.created_at)),
            (None, Some(now)) => format!("running for {}", text::duration(now - row.created_at)),
            (None, None) => "running".to_owned(),
        }
    };
    let application = first.application.map(|_| {
        let href = site.href(&format!("/applications/{}", first.target));
        view! {
            <a href=href>{first.target.clone()}</a>
            " · "
        }
    });
    view! {
        <p class="muted">
            {application} "started by " {first.actor} " " <Ago at=first.created_at /> " · " {took}
        </p>
    }
}

#[component]
fn Controls(row: RwSignal<OperationRow>) -> impl IntoView {
    let notices = notices();
    let id = row.get_untracked().id;
    move || {
        row.read().allowed.contains(Action::Cancel).then(|| {
            view! {
                <button
                    type="button"
                    on:click=move |_| spawn_local(async move {
                        match cancel_operation(id).await {
                            Ok(()) => notices.done("It stops at its next step boundary. What is done stays done."),
                            Err(failure) => notices.failed(&failure),
                        }
                    })
                >
                    "Cancel operation"
                </button>
            }
        })
    }
}
