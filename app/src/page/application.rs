//! One application: health by service, instances by host, logs, releases, operations, blueprint.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use lighthouse_model::application::ApplicationView;
use lighthouse_model::live::{Topic, TopicData};
use lighthouse_model::{Action, Name, Problem};

use crate::calls::Looked;
use crate::clock::Ago;
use crate::component::application_controls::ApplicationControls;
use crate::component::instances::{Instances, Services};
use crate::component::loaded::{Heading, Trouble, by_params, first, loaded, mismatch};
use crate::component::releases::{EditBlueprint, Releases};
use crate::component::status::Status;
use crate::live::{News, follow};
use crate::markup::view;
use crate::page::applications::instances;
use crate::page::operations::operations_of;
use crate::site::site;

/// The parts of the page, each at its own address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Instances,
    Logs,
    Releases,
    Operations,
    Blueprint,
}

const PARTS: [(Part, &str, &str); 5] = [
    (Part::Instances, "", "Instances"),
    (Part::Logs, "logs", "Logs"),
    (Part::Releases, "releases", "Releases"),
    (Part::Operations, "operations", "Operations"),
    (Part::Blueprint, "blueprint", "Blueprint"),
];

#[component]
pub(crate) fn Application() -> impl IntoView {
    by_params(&["name"], |values| {
        let Some(Ok(name)) = values.first().map(|name| name.parse::<Name>()) else {
            let failure = Problem::not_found("such application").into();
            return view! { <Trouble failure /> }.into_any();
        };
        let topic = name.clone();
        loaded(
            first(move || Topic::Application { name: topic.clone() }),
            move |looked| show(looked, name.clone()),
        )
    })
}

fn show(looked: Looked, name: Name) -> AnyView {
    let TopicData::Application(view) = looked.data else {
        return mismatch();
    };
    let view = RwSignal::new(view);
    let gone = RwSignal::new(false);
    let topic = name.clone();
    follow(
        move || Some(Topic::Application { name: topic.clone() }),
        Some(looked.revision),
        move |news| match news {
            News::Whole(TopicData::Application(now)) if *view.read_untracked() != now => view.set(now),
            News::Refused(Problem::NotFound { .. }) => gone.set(true),
            _ => {}
        },
    );
    let query = use_query_map();
    let part = Memo::new(move |_| {
        let word = query.with(|query| query.get("view").unwrap_or_default());
        let blueprint = view.read().row.allowed.contains(Action::Deploy);
        PARTS
            .into_iter()
            .find(|(part, one, _)| *one == word && (blueprint || *part != Part::Blueprint))
            .map_or(Part::Instances, |(part, ..)| part)
    });
    let release = move || query.with(|query| query.get("release").and_then(|number| number.parse().ok()));
    view! {
        <Heading title=name.to_string()>
            <ApplicationControls view />
        </Heading>
        {move || {
            gone.get()
                .then(|| {
                    view! {
                        <p class="form-trouble" role="alert">
                            "This application was removed. What is shown is how it was."
                        </p>
                    }
                })
        }}
        <Head view />
        <Tabs view part name=name.clone() />
        {move || match part.get() {
            Part::Instances => {
                view! {
                    <Services view />
                    <Instances view />
                }
                    .into_any()
            }
            Part::Logs => {
                let query = format!("app={name}");
                view! { <crate::component::log_pane::LogPane query /> }.into_any()
            }
            Part::Releases => view! { <Releases view /> }.into_any(),
            Part::Operations => operations_of(view.with_untracked(|view| view.row.id)),
            Part::Blueprint => {
                let name = name.to_string();
                view! { <EditBlueprint name view release=release() /> }.into_any()
            }
        }}
    }
    .into_any()
}

#[component]
fn Head(view: RwSignal<ApplicationView>) -> impl IntoView {
    let site = site();
    view! {
        <p class="summary">
            <Status verdict=Signal::derive(move || view.read().row.verdict.clone()) />
            <span class="numbers">{move || format!("{} instances", instances(&view.read().row))}</span>
            <span>{move || format!("on pool {}", view.read().pool)}</span>
            {move || view.read().row.release.map(|number| view! { <span>{format!("release #{number}")}</span> })}
            <span class="muted">
                "changed "
                {move || {
                    let at = view.read().row.changed_at;
                    view! { <Ago at /> }
                }}
            </span>
            {move || {
                view.read()
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
fn Tabs(view: RwSignal<ApplicationView>, part: Memo<Part>, name: Name) -> impl IntoView {
    let site = site();
    let tabs = PARTS
        .into_iter()
        .map(|(one, word, label)| {
            let href = site.href(&if word.is_empty() {
                format!("/applications/{name}")
            } else {
                format!("/applications/{name}?view={word}")
            });
            move || {
                (one != Part::Blueprint || view.read().row.allowed.contains(Action::Deploy)).then(|| {
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
        <nav class="tabs" aria-label="Parts of the application">
            {tabs}
        </nav>
    }
}
