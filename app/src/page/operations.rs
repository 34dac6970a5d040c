//! The newest operations.

use leptos::prelude::*;
use lighthouse_model::live::{Topic, TopicData};
use lighthouse_model::operation::OperationRow;
use lighthouse_model::{ApplicationId, OperationId};

use crate::calls::Looked;
use crate::component::loaded::{Heading, first, loaded, mismatch};
use crate::component::operation_list::OperationLine;
use crate::live::{News, follow};
use crate::markup::view;
use crate::rows::Rows;

#[component]
pub(crate) fn Operations() -> impl IntoView {
    let first = first(|| Topic::Operations);
    view! {
        <Heading title="Operations" />
        {loaded(first, |looked| show(looked, None))}
    }
    .into_any()
}

/// The newest operations of one application.
pub(crate) fn operations_of(application: ApplicationId) -> AnyView {
    loaded(first(|| Topic::Operations), move |looked| {
        show(looked, Some(application))
    })
}

fn show(looked: Looked, of: Option<ApplicationId>) -> AnyView {
    let TopicData::Operations(list) = looked.data else {
        return mismatch();
    };
    let meant = move |row: &OperationRow| of.is_none() || row.application == of;
    let list = list.into_iter().filter(meant);
    let rows = Rows::<OperationId, OperationRow>::new(list.map(|row| (row.id, row)));
    let followed = rows.clone();
    follow(
        || Some(Topic::Operations),
        Some(looked.revision),
        move |news| {
            if let News::Whole(TopicData::Operations(list)) = news {
                followed.replace(list.into_iter().filter(meant).map(|row| (row.id, row)));
            }
        },
    );
    view! { <OperationLines rows /> }.into_any()
}

/// Operations that change while they are looked at.
#[component]
pub(crate) fn OperationLines(rows: Rows<OperationId, OperationRow>) -> impl IntoView {
    let (order, count) = (rows.clone(), rows.clone());
    view! {
        <section class="panel">
            <ul class="lines">
                <For
                    each=move || order.order()
                    key=|id| *id
                    children=move |id| {
                        rows.row(&id).map(|row| view! { <OperationLine row=RwSignal::from(row) /> })
                    }
                />
            </ul>
            {move || {
                (count.len() == 0)
                    .then(|| {
                        view! {
                            <p class="muted">
                                "No operation yet. Every deploy, start, stop and removal will be listed here."
                            </p>
                        }
                    })
            }}
        </section>
    }
}
