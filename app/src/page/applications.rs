//! All applications, trouble first.

use leptos::prelude::*;
use lighthouse_model::application::ApplicationRow;
use lighthouse_model::live::{Topic, TopicData};
use lighthouse_model::{ApplicationId, Name, Permission};

use crate::calls::Looked;
use crate::clock::Ago;
use crate::component::loaded::{Heading, first, loaded, mismatch};
use crate::component::status::Status;
use crate::live::{News, follow};
use crate::markup::view;
use crate::rows::Rows;
use crate::site::site;

#[component]
pub(crate) fn Applications() -> impl IntoView {
    let site = site();
    let first = first(|| Topic::Applications);
    view! {
        <Heading title="Applications">
            {site
                .can(Permission::ApplicationDeploy)
                .then(|| {
                    view! {
                        <a class="button primary" href=site.href("/applications/new")>
                            "New application"
                        </a>
                    }
                })}
        </Heading>
        {loaded(first, show)}
    }
    .into_any()
}

fn show(looked: Looked) -> AnyView {
    let TopicData::Applications(list) = looked.data else {
        return mismatch();
    };
    let site = site();
    let rows = Rows::<ApplicationId, ApplicationRow>::new(list.into_iter().map(|row| (row.id, row)));
    let followed = rows.clone();
    follow(
        || Some(Topic::Applications),
        Some(looked.revision),
        move |news| {
            if let News::Whole(TopicData::Applications(list)) = news {
                followed.replace(list.into_iter().map(|row| (row.id, row)));
            }
        },
    );
    let (order, count) = (rows.clone(), rows.clone());
    let deploys = site.can(Permission::ApplicationDeploy);
    view! {
        <div class="table-wrap">
            <table class="cards applications-table">
                <thead>
                    <tr>
                        <th scope="col">"Application"</th>
                        <th scope="col">"Health"</th>
                        <th scope="col">"Instances"</th>
                        <th scope="col">"Services"</th>
                        <th scope="col">"Hosts"</th>
                        <th scope="col">"Release"</th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=move || order.order()
                        key=|id| *id
                        children=move |id| rows.row(&id).map(|row| view! { <Line row /> })
                    />
                </tbody>
            </table>
        </div>
        {move || {
            (count.len() == 0)
                .then(|| {
                    view! {
                        <div class="panel empty">
                            <h2>"No application yet"</h2>
                            <p>
                                "An application is a set of services from a Compose file. Lighthouse shows where each instance would go before anything starts."
                            </p>
                            {deploys
                                .then(|| {
                                    view! {
                                        <p>
                                            <a class="button primary" href=site.href("/applications/new")>
                                                "Deploy your first application"
                                            </a>
                                        </p>
                                    }
                                })}
                        </div>
                    }
                })
        }}
    }
    .into_any()
}

/// Such as `4 of 5`.
pub(crate) fn instances(row: &ApplicationRow) -> String {
    if row.good == row.desired {
        row.desired.to_string()
    } else {
        format!("{} of {}", row.good, row.desired)
    }
}

#[component]
fn Line(row: ArcRwSignal<ApplicationRow>) -> impl IntoView {
    let site = site();
    let row = RwSignal::from(row);
    let name = row.with_untracked(|row| row.name.to_string());
    view! {
        <tr>
            <th scope="row">
                <a href=site.href(&format!("/applications/{name}")) class="truncate" title=name.clone()>
                    {name.clone()}
                </a>
            </th>
            <td data-label="Health">
                <Status verdict=Signal::derive(move || row.read().verdict.clone()) />
                {move || {
                    row.read()
                        .operation
                        .map(|id| {
                            view! {
                                <a class="small" href=site.href(&format!("/operations/{id}"))>
                                    "operation in progress"
                                </a>
                            }
                        })
                }}
            </td>
            <td data-label="Instances" class="numbers">
                {move || instances(&row.read())}
            </td>
            <td data-label="Services" class="numbers">
                {move || row.read().services}
            </td>
            <td data-label="Hosts">
                {move || row.read().hosts.iter().map(Name::to_string).collect::<Vec<_>>().join(", ")}
            </td>
            <td data-label="Release" class="numbers">
                {move || row.read().release.map(|number| format!("#{number} "))}
                <span class="muted small">
                    {move || {
                        let at = row.read().changed_at;
                        view! { <Ago at /> }
                    }}
                </span>
            </td>
        </tr>
    }
}
