//! An application's services with their health, and its instances by host.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use lighthouse_model::Action;
use lighthouse_model::application::{ApplicationView, InstanceView, ServiceView};

use crate::calls::application::scale;
use crate::clock::Ago;
use crate::component::container_line::{path, ports};
use crate::component::status::{Mark, Status};
use crate::markup::view;
use crate::notice::notices;
use crate::site::site;

#[component]
pub(crate) fn Services(view: RwSignal<ApplicationView>) -> impl IntoView {
    // The services change with a release, their health all the time: each line follows its own.
    let names = Memo::new(move |_| {
        let view = view.read();
        view.services
            .iter()
            .map(|service| service.name.clone())
            .collect::<Vec<_>>()
    });
    view! {
        <div class="table-wrap">
            <table class="cards services-table">
                <thead>
                    <tr>
                        <th scope="col">"Service"</th>
                        <th scope="col">"Health"</th>
                        <th scope="col">"Instances"</th>
                        <th scope="col">"Image"</th>
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=move || names.get()
                        key=String::clone
                        children=move |name| view! { <ServiceLine view name /> }
                    />
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn ServiceLine(view: RwSignal<ApplicationView>, name: String) -> impl IntoView {
    let service = {
        let name = name.clone();
        Memo::new(move |_| {
            view.read()
                .services
                .iter()
                .find(|service| service.name == name)
                .cloned()
        })
    };
    let with =
        move |pick: fn(&ServiceView) -> String| move || service.read().as_ref().map(pick).unwrap_or_default();
    let verdict = Signal::derive(move || {
        let fallback = || lighthouse_model::Verdict::new(lighthouse_model::Tone::Unknown, "gone");
        service
            .read()
            .as_ref()
            .map_or_else(fallback, |service| service.verdict.clone())
    });
    let scales = move || {
        service
            .read()
            .as_ref()
            .is_some_and(|service| service.allowed.contains(Action::Scale))
    };
    let desired = move || service.read().as_ref().map_or(0, |service| service.desired);
    view! {
        <tr>
            <th scope="row">{name.clone()}</th>
            <td data-label="Health">
                <Status verdict />
            </td>
            <td data-label="Instances" class="numbers">
                <span>{with(|service| format!("{} of {}", service.good, service.desired))}</span>
                {move || {
                    let name = name.clone();
                    scales().then(|| view! { <Scale view service=name now=Signal::derive(desired) /> })
                }}
            </td>
            <td data-label="Image">
                <code class="truncate" title=with(|service| service.image.clone())>
                    {with(|service| service.image.clone())}
                </code>
            </td>
        </tr>
    }
}

/// A number of replicas and a button; the button appears with a change.
#[component]
fn Scale(view: RwSignal<ApplicationView>, service: String, now: Signal<u32>) -> impl IntoView {
    let (site, notices, navigate) = (site(), notices(), use_navigate());
    let wanted = RwSignal::new(None::<u32>);
    let label = format!("Replicas of {service}");
    let button = format!("Scale {service}");
    let press = move |_| {
        let Some(replicas) = wanted.get_untracked() else {
            return;
        };
        let name = view.with_untracked(|view| view.row.name.to_string());
        let (service, navigate) = (service.clone(), navigate.clone());
        spawn_local(async move {
            match scale(name, service, replicas).await {
                Ok(id) => navigate(
                    &site.href(&format!("/operations/{id}")),
                    NavigateOptions {
                        resolve: false,
                        ..NavigateOptions::default()
                    },
                ),
                Err(failure) => notices.failed(&failure),
            }
        });
    };
    let changed = move || wanted.get().is_some_and(|wanted| wanted != now.get());
    view! {
        <span class="scale">
            <input
                type="number"
                min="0"
                max="1000"
                inputmode="numeric"
                aria-label=label
                value=now.get_untracked().to_string()
                prop:value=move || wanted.get().unwrap_or_else(|| now.get()).to_string()
                on:input=move |event| wanted.set(event_target_value(&event).parse().ok())
            />
            <button type="button" class="small" aria-label=button disabled=move || !changed() on:click=press>
                "Scale"
            </button>
        </span>
    }
}

#[component]
pub(crate) fn Instances(view: RwSignal<ApplicationView>) -> impl IntoView {
    let hosts = move || {
        let view = view.read();
        let mut hosts: BTreeMap<String, Vec<InstanceView>> = BTreeMap::new();
        for instance in &view.instances {
            hosts
                .entry(instance.host_name.to_string())
                .or_default()
                .push(instance.clone());
        }
        hosts
            .into_iter()
            .map(|(host, instances)| group(&host, instances))
            .collect_view()
    };
    view! { <div class="columns">{hosts}</div> }
}

fn group(host: &str, instances: Vec<InstanceView>) -> AnyView {
    let site = site();
    let lines = instances
        .into_iter()
        .map(|instance| {
            let name = match &instance.container {
                Some(row) => view! {
                    <a href=site.href(&path(row)) class="truncate" title=row.name.clone()>
                        {instance.name.clone()}
                    </a>
                }
                .into_any(),
                None => view! { <span class="truncate">{instance.name.clone()}</span> }.into_any(),
            };
            let outside = instance
                .container
                .as_ref()
                .map(|row| ports(&row.ports))
                .unwrap_or_default();
            let since = instance.container.as_ref().and_then(|row| row.since);
            view! {
                <li class="instance-line">
                    <Mark tone=instance.verdict.tone />
                    {name}
                    <span class="words">{instance.verdict.words}</span>
                    <span class="muted numbers small">{outside}</span>
                    <span class="muted numbers small">{since.map(|at| view! { <Ago at /> })}</span>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="panel">
            <header>
                <h2>
                    <a href=site.href(&format!("/hosts/{host}"))>{host.to_owned()}</a>
                </h2>
            </header>
            <ul class="lines">{lines}</ul>
        </section>
    }
    .into_any()
}
