//! All hosts: how each is reached, whether it answers, what runs there.

use leptos::prelude::*;
use lighthouse_model::host::{ConnectionView, HostRow};
use lighthouse_model::live::{Topic, TopicData};
use lighthouse_model::{HostId, Permission};

use crate::calls::Looked;
use crate::clock::Ago;
use crate::component::loaded::{Heading, first, loaded, mismatch};
use crate::component::status::{Status, Tally};
use crate::component::still::still;
use crate::live::{News, follow};
use crate::markup::view;
use crate::rows::Rows;
use crate::site::site;
use crate::text;

#[component]
pub(crate) fn Hosts() -> impl IntoView {
    let first = first(|| Topic::Hosts);
    let manages = site().can(Permission::HostManage);
    view! {
        <Heading title="Hosts">
            {manages
                .then(|| {
                    view! {
                        <button type="button" class="primary" popovertarget="add-host">
                            "Add host"
                        </button>
                    }
                })}
        </Heading>
        {loaded(first, show)}
        {still!("administration", administration(manages))}
    }
    .into_any()
}

/// Pools, and the form for a new host.
#[cfg(feature = "ssr")]
fn administration(manages: bool) -> AnyView {
    use crate::component::form::Outcome;
    use crate::component::host_form::HostForm;
    use crate::component::pools::Pools;
    view! {
        <Outcome />
        <Pools />
        {manages.then(|| view! { <HostForm /> })}
    }
    .into_any()
}

fn show(looked: Looked) -> AnyView {
    let TopicData::Hosts(hosts) = looked.data else {
        return mismatch();
    };
    let rows = Rows::<HostId, HostRow>::new(hosts.into_iter().map(|row| (row.id, row)));
    let followed = rows.clone();
    follow(
        || Some(Topic::Hosts),
        Some(looked.revision),
        move |update| {
            if let News::Whole(TopicData::Hosts(hosts)) = update {
                followed.replace(hosts.into_iter().map(|row| (row.id, row)));
            }
        },
    );
    let (order, count) = (rows.clone(), rows.clone());
    view! {
        <div class="table-wrap">
            <table class="cards hosts-table">
                <thead>
                    <tr>
                        <th scope="col">"Host"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Containers"</th>
                        <th scope="col">"Engine"</th>
                        <th scope="col">"Machine"</th>
                        <th scope="col">"Connection"</th>
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
                .then(|| view! { <p class="empty-line">"No host yet. Add one to see its containers."</p> })
        }}
    }
    .into_any()
}

#[component]
fn Line(row: ArcRwSignal<HostRow>) -> impl IntoView {
    let site = site();
    let row = RwSignal::from(row);
    let name = row.with_untracked(|row| row.name.to_string());
    view! {
        <tr class:stale=move || row.read().liveness.stale_since().is_some()>
            <th scope="row">
                <a href=site.href(&format!("/hosts/{name}")) class="truncate" title=name.clone()>
                    {name.clone()}
                </a>
                <span class="muted small truncate">{move || text::write_labels(&row.read().labels)}</span>
            </th>
            <td data-label="State">
                <HostState row />
            </td>
            <td data-label="Containers">
                <Tally counts=Signal::derive(move || row.read().containers) />
                {move || (row.read().containers.total == 0).then_some("none")}
            </td>
            <td data-label="Engine" class="numbers">
                {move || row.read().engine.as_ref().map(|engine| engine.version.clone())}
            </td>
            <td data-label="Machine" class="numbers">
                {move || row.read().engine.as_ref().map(machine)}
            </td>
            <td data-label="Connection">
                <Connection row />
            </td>
        </tr>
    }
}

/// Such as `4 CPUs, 7.7 GiB`.
pub(crate) fn machine(engine: &lighthouse_model::host::EngineFacts) -> String {
    format!(
        "{}, {}",
        text::counted(engine.cpus, "CPU", "CPUs"),
        text::bytes(engine.memory)
    )
}

/// Whether it answers, since when not, and what else there is to know.
#[component]
pub(crate) fn HostState(row: RwSignal<HostRow>) -> impl IntoView {
    view! {
        <Status verdict=Signal::derive(move || row.read().verdict.clone()) />
        {move || {
            row.read()
                .liveness
                .stale_since()
                .map(|at| {
                    view! {
                        <span class="muted small">
                            "since " <Ago at />
                        </span>
                    }
                })
        }}
        {move || {
            row.read()
                .notes
                .iter()
                .map(|note| view! { <span class="note small">{note.clone()}</span> })
                .collect_view()
        }}
    }
}

/// How it is reached.
#[component]
pub(crate) fn Connection(row: RwSignal<HostRow>) -> impl IntoView {
    move || match row.read().connection.clone() {
        ConnectionView::Unix { path } => view! { <code class="truncate">{path}</code> }.into_any(),
        ConnectionView::Tls { address, .. } => view! {
            <code class="truncate">{address}</code>
            <span class="tag">"TLS"</span>
        }
        .into_any(),
        ConnectionView::Plain { address, insecure } => view! {
            <code class="truncate">{address}</code>
            {if insecure {
                view! { <span class="tag warn">"insecure"</span> }.into_any()
            } else {
                view! { <span class="tag">"plain"</span> }.into_any()
            }}
        }
        .into_any(),
    }
}
