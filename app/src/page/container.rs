//! One container: its state and history in words, configuration, figures, log, terminal.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use lighthouse_model::container::ContainerDetail;
use lighthouse_model::live::{Topic, TopicData};
use lighthouse_model::{Action, Problem};

use crate::calls::Looked;
use crate::calls::container::look_at_container;
use crate::clock::Ago;
use crate::component::confirm::{Confirm, Shown};
use crate::component::container_action::{ActionButtons, act};
use crate::component::container_facts::{Configuration, History};
use crate::component::loaded::{First, Heading, by_params, loaded, mismatch};
use crate::component::log_pane::LogPane;
use crate::component::stats::Stats;
use crate::component::status::Status;
use crate::component::terminal::Terminal;
use crate::live::{News, follow};
use crate::markup::view;
use crate::notice::notices;
use crate::site::site;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    State,
    Log,
    Terminal,
}

const PARTS: [(Part, &str, &str, Option<Action>); 3] = [
    (Part::State, "", "State", None),
    (Part::Log, "log", "Log", Some(Action::Logs)),
    (Part::Terminal, "terminal", "Terminal", Some(Action::Terminal)),
];

#[component]
pub(crate) fn Container() -> impl IntoView {
    by_params(&["host", "id"], |values| {
        let mut values = values.into_iter();
        let (host, id) = (
            values.next().unwrap_or_default(),
            values.next().unwrap_or_default(),
        );
        let asked = (host.clone(), id.clone());
        let first: First = Resource::new_with_options(
            move || asked.clone(),
            |(host, id)| look_at_container(host, id),
            true,
        );
        loaded(first, move |looked| show(looked, &host, &id))
    })
}

fn show(looked: Looked, host: &str, id: &str) -> AnyView {
    let TopicData::Container(detail) = looked.data else {
        return mismatch();
    };
    let key = detail.row.key.clone();
    let detail = RwSignal::new(detail);
    let gone = RwSignal::new(false);
    let topic = key.clone();
    follow(
        move || Some(Topic::Container { key: topic.clone() }),
        Some(looked.revision),
        move |news| match news {
            News::Whole(TopicData::Container(now)) if *detail.read_untracked() != now => detail.set(now),
            News::Refused(Problem::NotFound { .. }) => gone.set(true),
            _ => {}
        },
    );
    let query = use_query_map();
    let part = Memo::new(move |_| {
        let word = query.with(|query| query.get("view").unwrap_or_default());
        let allowed = detail.read().row.allowed;
        PARTS
            .into_iter()
            .find(|(_, one, _, needs)| *one == word && needs.is_none_or(|needs| allowed.contains(needs)))
            .map_or(Part::State, |(part, ..)| part)
    });
    let socket = format!("host={host}&container={id}");
    view! {
        <Heading title=detail.read_untracked().row.name.clone()>
            <Controls detail />
        </Heading>
        {move || {
            gone.get()
                .then(|| {
                    view! {
                        <p class="form-trouble" role="alert">
                            "This container is gone. What is shown is how it was."
                        </p>
                    }
                })
        }}
        <Summary detail />
        <Tabs detail part path=format!("/containers/{host}/{id}") />
        {move || match part.get() {
            Part::State => {
                let key = key.clone();
                let up = Memo::new(move |_| detail.read().row.state.is_up());
                view! {
                    {move || up.get().then(|| view! { <Stats key=key.clone() /> })}
                    <div class="columns">
                        <History detail />
                        <Configuration detail />
                    </div>
                }
                    .into_any()
            }
            Part::Log => view! { <LogPane query=socket.clone() /> }.into_any(),
            Part::Terminal => view! { <Terminal query=socket.clone() /> }.into_any(),
        }}
    }
    .into_any()
}

#[component]
fn Controls(detail: RwSignal<ContainerDetail>) -> impl IntoView {
    let notices = notices();
    let first = detail.with_untracked(|detail| detail.row.clone());
    let (key, name) = (first.key, first.name);
    let removal = Shown::new();
    let press = {
        let (key, name) = (key.clone(), name.clone());
        Callback::new(move |action| {
            if action == Action::Remove {
                removal.open();
            } else {
                act(notices, vec![key.clone()], action, name.clone());
            }
        })
    };
    let remove = {
        let name = name.clone();
        move |()| act(notices, vec![key.clone()], Action::Remove, name.clone())
    };
    view! {
        <ActionButtons
            allowed=Signal::derive(move || detail.read().row.allowed)
            subject=name.clone()
            press
        />
        <Confirm shown=removal title=format!("Remove {name}?") button="Remove" then=remove>
            <p>"It is stopped first. What it wrote outside of volumes is gone for good."</p>
        </Confirm>
    }
}

#[component]
fn Summary(detail: RwSignal<ContainerDetail>) -> impl IntoView {
    let site = site();
    let row = detail.with_untracked(|detail| detail.row.clone());
    let log = site.href(&format!("/containers/{}/{}?view=log", row.host, row.key.id));
    let application = row.application.clone().map(|application| {
        view! {
            <span>
                "part of "
                <a href=site.href(&format!("/applications/{application}"))>{application.clone()}</a>
            </span>
        }
    });
    view! {
        <p class="summary">
            <Status verdict=Signal::derive(move || detail.read().row.verdict.clone()) />
            {move || {
                detail
                    .read()
                    .row
                    .since
                    .map(|at| {
                        view! {
                            <span class="muted">
                                "since " <Ago at />
                            </span>
                        }
                    })
            }}
            {move || {
                detail
                    .read()
                    .row
                    .stale_since
                    .map(|at| {
                        view! {
                            <span class="note">
                                "its host has not answered since " <Ago at />
                            </span>
                        }
                    })
            }}
            <span>"on " <a href=site.href(&format!("/hosts/{}", row.host))>{row.host.to_string()}</a></span>
            {move || {
                (detail.read().row.verdict.tone == lighthouse_model::Tone::Failed)
                    .then(|| view! { <a href=log.clone()>"Read its log"</a> })
            }}
            {application}
            {move || {
                detail
                    .read()
                    .row
                    .operation
                    .map(|id| {
                        view! {
                            <a href=site.href(&format!("/operations/{id}"))>"An operation is changing it"</a>
                        }
                    })
            }}
        </p>
    }
}

#[component]
fn Tabs(detail: RwSignal<ContainerDetail>, part: Memo<Part>, path: String) -> impl IntoView {
    let site = site();
    let tabs = PARTS
        .into_iter()
        .map(|(one, word, label, needs)| {
            let href = site.href(&if word.is_empty() {
                path.clone()
            } else {
                format!("{path}?view={word}")
            });
            let allowed =
                Memo::new(move |_| needs.is_none_or(|needs| detail.read().row.allowed.contains(needs)));
            move || {
                allowed.get().then(|| {
                    view! {
                        <a
                            href=href.clone()
                            data-noscroll="true"
                            aria-current=move || (part.get() == one).then_some("page")
                        >
                            {label}
                        </a>
                    }
                })
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label="Parts of the container">
            {tabs}
        </nav>
    }
}
