//! A plan in words: what the blueprint means, and where each instance goes and why.

use leptos::prelude::*;
use lighthouse_model::plan::{Change, PlanView, PlannedInstance, PlannedService};
use lighthouse_model::{Name, Tone};

use crate::component::status::Mark;
use crate::markup::view;

type Shown = RwSignal<Option<PlanView>>;

/// The services, one by one.
#[component]
pub(crate) fn Meaning(plan: Shown) -> impl IntoView {
    move || match &*plan.read() {
        None => view! { <p class="muted">"Each service will be explained here."</p> }.into_any(),
        Some(plan) if plan.services.is_empty() => {
            view! { <p class="muted">"Mend the findings first."</p> }.into_any()
        }
        Some(plan) => view! {
            <ul class="meanings">{plan.services.iter().map(service).collect_view()}</ul>
            {things("Networks to be made", &plan.networks)}
            {things("Volumes to be made", &plan.volumes)}
        }
        .into_any(),
    }
}

fn service(service: &PlannedService) -> impl IntoView + use<> {
    let count = if service.replicas == 1 {
        "1 instance".to_owned()
    } else {
        format!("{} instances", service.replicas)
    };
    view! {
        <li>
            <h3>
                {service.name.clone()} " " <span class="muted small">{format!("line {}", service.line)}</span>
            </h3>
            <p>
                {count} " of " <code>{service.image.clone()}</code>
            </p>
            <ul class="why">
                {service.facts.iter().map(|fact| view! { <li>{fact.clone()}</li> }).collect_view()}
            </ul>
        </li>
    }
}

fn things(heading: &'static str, list: &[(Name, String)]) -> AnyView {
    if list.is_empty() {
        return ().into_any();
    }
    view! {
        <h3>{heading}</h3>
        <ul class="why">
            {list
                .iter()
                .map(|(host, name)| {
                    view! {
                        <li>
                            <code>{name.clone()}</code>
                            " on "
                            {host.to_string()}
                        </li>
                    }
                })
                .collect_view()}
        </ul>
    }
    .into_any()
}

/// The instances, one by one, with what stands in the way first.
#[component]
pub(crate) fn Places(plan: Shown) -> impl IntoView {
    move || {
        let plan = plan.read();
        let plan = plan.as_ref()?;
        let said = |tone: Tone, words: &String| {
            view! {
                <li>
                    <Mark tone />
                    <span>{words.clone()}</span>
                </li>
            }
        };
        Some(view! {
            <ul class="findings">
                {plan.obstacles.iter().map(|words| said(Tone::Failed, words)).collect_view()}
                {plan.warnings.iter().map(|words| said(Tone::Warning, words)).collect_view()}
            </ul>
            <ul class="places">{plan.instances.iter().map(place).collect_view()}</ul>
        })
    }
}

const fn change(change: Change) -> (&'static str, &'static str) {
    match change {
        Change::Keep => ("=", "stays"),
        Change::Create => ("+", "is made"),
        Change::Replace => ("↻", "is replaced"),
        Change::Remove => ("−", "is removed"),
    }
}

fn place(instance: &PlannedInstance) -> impl IntoView + use<> {
    let (sign, word) = change(instance.change);
    let host = match &instance.host_name {
        Some(host) => format!("on {host}"),
        None => "fits no host".to_owned(),
    };
    let refused = (!instance.refused.is_empty()).then(|| {
        let count = instance.refused.len();
        let words = match (instance.host.is_some(), count) {
            (true, 1) => "Why not on the other host".to_owned(),
            (true, _) => format!("Why not on the {count} others"),
            (false, 1) => "Why not on the only host".to_owned(),
            (false, _) => format!("Why on none of {count} hosts"),
        };
        view! {
            <details open=instance.host.is_none()>
                <summary>{words}</summary>
                <dl class="facts">
                    {instance
                        .refused
                        .iter()
                        .map(|refusal| {
                            view! {
                                <dt>{refusal.host.to_string()}</dt>
                                <dd>{refusal.why.clone()}</dd>
                            }
                        })
                        .collect_view()}
                </dl>
            </details>
        }
    });
    view! {
        <li>
            <p class="place">
                <span class="sign" aria-hidden="true">{sign}</span>
                <strong>{instance.name.clone()}</strong>
                <span>{format!("{word} {host}")}</span>
            </p>
            <ul class="why">
                {instance.why.iter().map(|why| view! { <li>{why.clone()}</li> }).collect_view()}
            </ul>
            {refused}
        </li>
    }
}
