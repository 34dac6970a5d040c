//! One host: what it is, how it is reached, and its containers.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use lighthouse_model::host::HostRow;
use lighthouse_model::live::{ContainerWindow, Topic, TopicData};
use lighthouse_model::{Action, Problem};

use crate::calls::Looked;
use crate::calls::host::{label_host, remove_host};
use crate::clock::{Ago, Until};
use crate::component::confirm::{Confirm, Dialog, Shown};
use crate::component::container_table::{ContainerList, ContainerTable, WINDOW};
use crate::component::field::Field;
use crate::component::loaded::{Heading, Trouble, by_params, first, loaded, mismatch};
use crate::component::status::Tally;
use crate::live::{News, follow};
use crate::markup::view;
use crate::notice::notices;
use crate::page::hosts::{Connection, HostState, machine};
use crate::site::site;
use crate::text;

#[component]
pub(crate) fn Host() -> impl IntoView {
    by_params(&["name"], |values| {
        named(values.into_iter().next().unwrap_or_default())
    })
}

fn named(name: String) -> AnyView {
    let window = ContainerWindow {
        query: format!("host:{name}"),
        limit: WINDOW,
        ..ContainerWindow::default()
    };
    let host = first(|| Topic::Hosts);
    let containers = {
        let window = window.clone();
        first(move || Topic::Containers(window.clone()))
    };
    view! {
        {loaded(host, move |looked| show(looked, &name))}
        {loaded(containers, move |looked| list(looked, window.clone()))}
    }
    .into_any()
}

fn show(looked: Looked, name: &str) -> AnyView {
    let TopicData::Hosts(hosts) = looked.data else {
        return mismatch();
    };
    let Some(row) = hosts.into_iter().find(|row| row.name.as_str() == name) else {
        let failure = Problem::NotFound {
            what: format!("host named `{name}`"),
        }
        .into();
        return view! { <Trouble failure /> }.into_any();
    };
    let id = row.id;
    let row = RwSignal::new(row);
    follow(
        || Some(Topic::Hosts),
        Some(looked.revision),
        move |news| {
            if let News::Whole(TopicData::Hosts(hosts)) = news
                && let Some(now) = hosts.into_iter().find(|row| row.id == id)
                && *row.read_untracked() != now
            {
                row.set(now);
            }
        },
    );
    view! {
        <Heading title=row.read_untracked().name.to_string()>
            <Controls row />
        </Heading>
        <section class="panel">
            <dl class="facts">
                <dt>"State"</dt>
                <dd>
                    <HostState row />
                </dd>
                <dt>"Last heard"</dt>
                <dd>{move || row.read().last_heard.map(|at| view! { <Ago at /> })}</dd>
                <dt>"Connection"</dt>
                <dd>
                    <Connection row />
                    {move || certificate(&row.read())}
                </dd>
                <dt>"Labels"</dt>
                <dd>
                    {move || {
                        let words = text::write_labels(&row.read().labels);
                        if words.is_empty() { "none".to_owned() } else { words }
                    }}
                </dd>
                {move || engine(&row.read())}
                <dt>"Memory reserved"</dt>
                <dd class="numbers">{move || text::bytes(row.read().memory_reserved)}</dd>
                <dt>"Containers"</dt>
                <dd>
                    <Tally counts=Signal::derive(move || row.read().containers) />
                </dd>
            </dl>
        </section>
    }
    .into_any()
}

fn certificate(row: &HostRow) -> Option<AnyView> {
    match row.connection {
        lighthouse_model::host::ConnectionView::Tls {
            certificate_ends: Some(at),
            ..
        } => Some(
            view! {
                <span class="muted small">
                    " certificate ends " <Until at />
                </span>
            }
            .into_any(),
        ),
        _ => None,
    }
}

fn engine(row: &HostRow) -> AnyView {
    match &row.engine {
        None => view! {
            <dt>"Engine"</dt>
            <dd>"has not answered yet"</dd>
        }
        .into_any(),
        Some(engine) => view! {
            <dt>"Engine"</dt>
            <dd>
                {format!("{} (API {}), id ", engine.version, engine.api_version)}
                <code>{engine.engine_id.clone()}</code>
            </dd>
            <dt>"Machine"</dt>
            <dd>
                {format!(
                    "{}, {}, {}/{}, {}",
                    engine.hostname,
                    engine.operating_system,
                    engine.os,
                    engine.architecture,
                    machine(engine),
                )}
            </dd>
        }
        .into_any(),
    }
}

#[component]
fn Controls(row: RwSignal<HostRow>) -> impl IntoView {
    let (site, notices, navigate) = (site(), notices(), use_navigate());
    let (editing, removing) = (Shown::new(), Shown::new());
    let first = row.get_untracked();
    let (id, name) = (first.id, first.name.to_string());
    let edits = first.allowed.contains(Action::Edit);
    let labels = RwSignal::new(text::write_labels(&first.labels));
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let version = row.read_untracked().version;
        spawn_local(async move {
            match label_host(id, version, text::parse_labels(&labels.get_untracked())).await {
                Ok(()) => editing.close(),
                Err(failure) => notices.failed(&failure),
            }
        });
    };
    let remove = move |()| {
        let navigate = navigate.clone();
        spawn_local(async move {
            // A host that does not answer takes its instances along, as the dialog said.
            let forget = !row.with_untracked(|row| row.liveness.is_up());
            match remove_host(id, forget).await {
                Ok(()) => navigate(
                    &site.href("/hosts"),
                    NavigateOptions {
                        resolve: false,
                        ..NavigateOptions::default()
                    },
                ),
                Err(failure) => notices.failed(&failure),
            }
        });
    };
    view! {
        {move || {
            row.read()
                .allowed
                .contains(Action::Edit)
                .then(|| {
                    view! {
                        <button type="button" on:click=move |_| editing.open()>
                            "Edit labels"
                        </button>
                    }
                })
        }}
        {move || {
            row.read()
                .allowed
                .contains(Action::Remove)
                .then(|| {
                    view! {
                        <button type="button" class="danger" on:click=move |_| removing.open()>
                            "Remove host"
                        </button>
                    }
                })
        }}
        {edits.then(|| view! {
                    <Dialog shown=editing title=format!("Labels of {name}")>
                        <form on:submit=save>
                            <div class="dialog-body">
                                <Field
                                    id="labels"
                                    label="Labels"
                                    value=labels
                                    placeholder="zone=eu disk=ssd"
                                    hint="key=value, separated by spaces."
                                />
                            </div>
                            <footer>
                                <button type="submit" class="primary">"Save labels"</button>
                            </footer>
                        </form>
                    </Dialog>
        })}
        <Confirm shown=removing title=format!("Remove {name}?") button="Remove host" then=remove>
            <p>"Lighthouse forgets this host. Its containers keep running and are not touched."</p>
            {move || {
                (!row.read().liveness.is_up())
                    .then(|| {
                        view! {
                            <p>
                                "It does not answer now. The instances of applications on it are forgotten as well; \
                                 should it come back, they are shown as not managed."
                            </p>
                        }
                    })
            }}
        </Confirm>
    }
}

fn list(looked: Looked, window: ContainerWindow) -> AnyView {
    let TopicData::Containers(page) = looked.data else {
        return mismatch();
    };
    let list = ContainerList::new(page, looked.revision, 0, move || window.clone());
    view! {
        <h2 class="section">"Containers"</h2>
        <ContainerTable list sort=None />
    }
    .into_any()
}
