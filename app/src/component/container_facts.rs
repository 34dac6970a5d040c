//! What there is to know of a container: its history in words, and how it is configured.

use leptos::prelude::*;
use lighthouse_model::container::{ContainerDetail, MountView};

use crate::clock::Ago;
use crate::component::container_line::ports;
use crate::component::status::Mark;
use crate::markup::view;
use crate::text;

type Detail = RwSignal<ContainerDetail>;

#[component]
pub(crate) fn History(detail: Detail) -> impl IntoView {
    let entries = move || {
        detail
            .get()
            .history
            .into_iter()
            .map(|entry| {
                view! {
                    <li>
                        <Mark tone=entry.verdict.tone />
                        <span class="words">{entry.verdict.words}</span>
                        <span class="muted when">
                            <Ago at=entry.at />
                        </span>
                    </li>
                }
            })
            .collect_view()
    };
    view! {
        <section class="panel" aria-label="What happened">
            <header>
                <h2>"What happened"</h2>
            </header>
            <dl class="facts">{move || ends(&detail.read())}</dl>
            <ul class="lines">{entries}</ul>
            {move || checks(&detail.read())}
        </section>
    }
}

/// Starts, ends and what the engine said of them.
fn ends(detail: &ContainerDetail) -> impl IntoView + use<> {
    let time = |name: &'static str, at: Option<i64>| {
        at.map(|at| {
            view! {
                <dt>{name}</dt>
                <dd>
                    <Ago at />
                </dd>
            }
        })
    };
    let word = |name: &'static str, words: Option<String>| {
        words.map(|words| {
            view! {
                <dt>{name}</dt>
                <dd>{words}</dd>
            }
        })
    };
    view! {
        {time("Created", Some(detail.row.created_at))}
        {time("Started", detail.started_at)}
        {time("Ended", detail.finished_at.filter(|_| !detail.row.state.is_up()))}
        {word("Exit code", detail.row.exit_code.map(|code| code.to_string()))}
        {word("Memory", detail.out_of_memory.then(|| "killed for using more memory than it may".to_owned()))}
        {word(
            "Restarts",
            (detail.restart_count > 0)
                .then(|| text::counted(detail.restart_count, "restart by the engine", "restarts by the engine")),
        )}
        {word("Engine", (!detail.engine_error.is_empty()).then(|| detail.engine_error.clone()))}
    }
}

fn checks(detail: &ContainerDetail) -> Option<AnyView> {
    let (code, words) = detail.health_log.first()?;
    let head = if *code == 0 {
        "Last health check passed".to_owned()
    } else {
        format!("Last health check failed ({code})")
    };
    Some(
        view! {
            <details open=*code != 0>
                <summary>{head}</summary>
                <pre>{words.clone()}</pre>
            </details>
        }
        .into_any(),
    )
}

#[component]
pub(crate) fn Configuration(detail: Detail) -> impl IntoView {
    view! {
        <section class="panel" aria-label="Configuration">
            <header>
                <h2>"Configuration"</h2>
            </header>
            {move || facts(&detail.read())}
        </section>
    }
}

fn facts(detail: &ContainerDetail) -> AnyView {
    let row = |name: &'static str, value: String| {
        (!value.is_empty()).then(|| {
            view! {
                <dt>{name}</dt>
                <dd>
                    <code>{value}</code>
                </dd>
            }
        })
    };
    let networks = detail
        .networks
        .iter()
        .map(|(name, address)| {
            if address.is_empty() {
                name.clone()
            } else {
                format!("{name} ({address})")
            }
        })
        .collect::<Vec<_>>()
        .join(", ");
    let mounts = detail.mounts.iter().map(mount).collect_view();
    let environment = detail
        .environment
        .iter()
        .map(|(name, value)| {
            view! {
                <dt>
                    <code>{name.clone()}</code>
                </dt>
                <dd>
                    {match value {
                        Some(value) => view! { <code>{value.clone()}</code> }.into_any(),
                        None => view! { <span class="muted">"hidden"</span> }.into_any(),
                    }}
                </dd>
            }
        })
        .collect_view();
    let labels = detail
        .labels
        .iter()
        .map(|(key, value)| row_of(key, value))
        .collect_view();
    view! {
        <dl class="facts">
            {row("Image", detail.row.image.clone())} {row("Image id", detail.image_id.clone())}
            {row("Container id", detail.row.key.id.to_string())} {row("Command", detail.command.join(" "))}
            {row("Directory", detail.working_dir.clone())} {row("User", detail.user.clone())}
            {row("Restart policy", detail.restart_policy.clone())} {row("Ports", ports(&detail.row.ports))}
            {row("Networks", networks)}
            {row("Memory limit", detail.memory_limit.map(text::bytes).unwrap_or_default())}
        </dl>
        {section("Mounts", detail.mounts.len(), view! { <ul class="why">{mounts}</ul> }.into_any())}
        {section(
            "Environment",
            detail.environment.len(),
            view! { <dl class="facts">{environment}</dl> }.into_any(),
        )}
        {section("Labels", detail.labels.len(), view! { <dl class="facts">{labels}</dl> }.into_any())}
    }
    .into_any()
}

fn row_of(key: &str, value: &str) -> impl IntoView + use<> {
    view! {
        <dt>
            <code>{key.to_owned()}</code>
        </dt>
        <dd>
            <code>{value.to_owned()}</code>
        </dd>
    }
}

fn mount(mount: &MountView) -> impl IntoView + use<> {
    let access = if mount.read_only { ", read-only" } else { "" };
    view! {
        <li>
            <code>{mount.target.clone()}</code>
            {format!(" from {} ", mount.kind)}
            <code>{mount.source.clone()}</code>
            {access}
        </li>
    }
}

fn section(name: &'static str, count: usize, inside: AnyView) -> Option<AnyView> {
    (count > 0).then(|| {
        view! {
            <details>
                <summary>{format!("{name} ({count})")}</summary>
                {inside}
            </details>
        }
        .into_any()
    })
}
