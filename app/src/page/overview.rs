//! What needs attention first, then every container as one cell, then what is going on.

use leptos::prelude::*;
use lighthouse_model::host::HostRow;
use lighthouse_model::live::{Attention, MapCell, OverviewView, Topic, TopicData};
use lighthouse_model::operation::OperationRow;
use lighthouse_model::{Action, Actions, HostId};

use crate::calls::Looked;
use crate::clock::Ago;
use crate::component::loaded::{Heading, first, loaded, mismatch};
use crate::component::operation_list::OperationLine;
use crate::component::status::{Mark, Status, Tally, class, word};
use crate::live::{News, follow};
use crate::markup::view;
use crate::rows::Rows;
use crate::site::site;
use crate::text;

/// Cells shown per host; the list of containers has the rest.
const CELLS: usize = 600;

type Host = (HostRow, Vec<MapCell>);

#[component]
pub(crate) fn Overview() -> impl IntoView {
    let first = first(|| Topic::Overview);
    view! {
        <Heading title="Overview" />
        {loaded(first, show)}
    }
    .into_any()
}

fn show(looked: Looked) -> AnyView {
    let TopicData::Overview(view) = looked.data else {
        return mismatch();
    };
    let hosts = Rows::<HostId, Host>::new(view.hosts.iter().map(|host| (host.0.id, host.clone())));
    let overview = RwSignal::new(OverviewView {
        hosts: Vec::new(),
        ..view
    });
    let rows = hosts.clone();
    follow(
        || Some(Topic::Overview),
        Some(looked.revision),
        move |update| {
            if let News::Whole(TopicData::Overview(mut view)) = update {
                let hosts = std::mem::take(&mut view.hosts);
                rows.replace(hosts.into_iter().map(|host| (host.0.id, host)));
                if *overview.read_untracked() != view {
                    overview.set(view);
                }
            }
        },
    );
    let empty = {
        let hosts = hosts.clone();
        Memo::new(move |_| hosts.len() == 0)
    };
    view! {
        {move || {
            if empty.get() {
                let view = overview.read();
                return view! { <NoHosts tried=view.tried.clone() allowed=view.allowed /> }.into_any();
            }
            let hosts = hosts.clone();
            view! {
                <AttentionList list=Signal::derive(move || overview.get().attention) />
                <section class="panel" aria-label="Hosts">
                    <header>
                        <h2>"Hosts"</h2>
                        <Tally counts=Signal::derive(move || overview.read().counts) />
                    </header>
                    <HostMap hosts=hosts />
                </section>
                <div class="columns">
                    <Operations
                        heading="In progress"
                        empty="Nothing is changing right now."
                        rows=Signal::derive(move || overview.get().running)
                    />
                    <Operations
                        heading="Recent changes"
                        empty="No operation has ended yet."
                        rows=Signal::derive(move || overview.get().recent)
                    />
                </div>
            }
                .into_any()
        }}
    }
    .into_any()
}

#[component]
fn AttentionList(list: Signal<Vec<Attention>>) -> impl IntoView {
    let site = site();
    let line = move |item: Attention| {
        view! {
            <li>
                <Mark tone=item.verdict.tone />
                <a href=site.href(&item.path) class="truncate">
                    {item.subject}
                </a>
                <span class="words">{item.verdict.words}</span>
                {item
                    .since
                    .map(|at| {
                        view! {
                            <span class="muted when">
                                <Ago at />
                            </span>
                        }
                    })}
            </li>
        }
    };
    view! {
        <section class="panel attention" aria-label="Needs attention" class:calm=move || list.read().is_empty()>
            <header>
                <h2>"Needs attention"</h2>
                <span class="numbers muted">
                    {move || (!list.read().is_empty()).then(|| list.read().len())}
                </span>
            </header>
            {move || {
                let items = list.get();
                if items.is_empty() {
                    view! {
                        <p class="all-well">
                            <Mark tone=lighthouse_model::Tone::Good />
                            "Nothing. Every host answers and nothing has failed."
                        </p>
                    }
                        .into_any()
                } else {
                    view! { <ul class="lines">{items.into_iter().map(line).collect_view()}</ul> }.into_any()
                }
            }}
        </section>
    }
}

#[component]
fn HostMap(hosts: Rows<HostId, Host>) -> impl IntoView {
    let order = hosts.clone();
    view! {
        <div class="map">
            <For
                each=move || order.order()
                key=|id| *id
                children=move |id| hosts.row(&id).map(|host| view! { <HostCells host /> })
            />
        </div>
    }
}

#[component]
fn HostCells(host: ArcRwSignal<Host>) -> impl IntoView {
    let site = site();
    let host = RwSignal::from(host);
    let name = host.with_untracked(|host| host.0.name.clone());
    let cells = {
        let name = name.clone();
        move || {
            host.with(|(_, cells)| {
                cells
                    .iter()
                    .take(CELLS)
                    .map(|cell| {
                        let href = site.href(&format!("/containers/{name}/{}", cell.key.id));
                        view! {
                            <a
                                class=format!("cell {}", class(cell.tone))
                                href=href
                                tabindex="-1"
                                title=format!("{}: {}", cell.name, word(cell.tone))
                            ></a>
                        }
                    })
                    .collect_view()
            })
        }
    };
    let more = {
        let name = name.clone();
        move || {
            let hidden = host.with(|(_, cells)| cells.len().saturating_sub(CELLS));
            (hidden > 0).then(|| {
                let hidden = text::grouped(u32::try_from(hidden).unwrap_or(u32::MAX));
                view! {
                    <a class="more" href=site.href(&format!("/containers?q=host:{name}"))>
                        {format!("and {hidden} more")}
                    </a>
                }
            })
        }
    };
    view! {
        <article class="map-host" class:stale=move || host.with(|(row, _)| row.liveness.stale_since().is_some())>
            <header>
                <a href=site.href(&format!("/hosts/{name}")) class="truncate" title=name.to_string()>
                    {name.to_string()}
                </a>
                <Status verdict=Signal::derive(move || host.with(|(row, _)| row.verdict.clone())) />
                {move || {
                    host.with(|(row, _)| row.connection.is_insecure())
                        .then(|| view! { <span class="tag warn">"insecure"</span> })
                }}
            </header>
            <div class="cells">{cells} {more}</div>
            <footer>
                <Tally counts=Signal::derive(move || host.with(|(row, _)| row.containers)) />
                <span class="muted">
                    {move || host.with(|(row, _)| (row.containers.total == 0).then_some("no containers"))}
                </span>
            </footer>
        </article>
    }
}

#[component]
fn Operations(heading: &'static str, empty: &'static str, rows: Signal<Vec<OperationRow>>) -> impl IntoView {
    view! {
        <section class="panel" aria-label=heading>
            <header>
                <h2>{heading}</h2>
            </header>
            {move || {
                let rows = rows.get();
                if rows.is_empty() {
                    view! { <p class="muted">{empty}</p> }.into_any()
                } else {
                    view! {
                        <ul class="lines">
                            {rows
                                .into_iter()
                                .map(|row| view! { <OperationLine row=Signal::stored(row) /> })
                                .collect_view()}
                        </ul>
                    }
                        .into_any()
                }
            }}
        </section>
    }
}

#[component]
fn NoHosts(tried: Vec<(String, String)>, allowed: Actions) -> impl IntoView {
    let site = site();
    view! {
        <section class="panel empty">
            <h2>"No host yet"</h2>
            <p>"A host is a machine with a Docker Engine. Lighthouse looked for one here:"</p>
            <dl class="facts">
                {tried
                    .into_iter()
                    .map(|(place, outcome)| {
                        view! {
                            <dt>
                                <code>{place}</code>
                            </dt>
                            <dd>{outcome}</dd>
                        }
                    })
                    .collect_view()}
            </dl>
            {if allowed.contains(Action::Create) {
                view! {
                    <p>
                        <a class="button primary" href=site.href("/hosts?add=1")>
                            "Add host"
                        </a>
                    </p>
                }
                    .into_any()
            } else {
                view! { <p>"Ask an administrator to add one."</p> }.into_any()
            }}
        </section>
    }
}
