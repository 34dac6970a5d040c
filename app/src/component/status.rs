//! How a state looks: a shape in a colour, and the words beside it.

use leptos::prelude::*;
use lighthouse_model::container::ContainerCounts;
use lighthouse_model::{Tone, Verdict};

use crate::markup::view;

/// The class of a tone; the stylesheet gives it a colour and a shape.
pub(crate) const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Failed => "t-failed",
        Tone::Unknown => "t-unknown",
        Tone::Warning => "t-warning",
        Tone::Busy => "t-busy",
        Tone::Good => "t-good",
        Tone::Done => "t-done",
        Tone::Idle => "t-idle",
    }
}

/// The word of a tone, as queries use it.
pub(crate) const fn word(tone: Tone) -> &'static str {
    match tone {
        Tone::Failed => "failed",
        Tone::Unknown => "unknown",
        Tone::Warning => "warning",
        Tone::Busy => "busy",
        Tone::Good => "good",
        Tone::Done => "done",
        Tone::Idle => "idle",
    }
}

/// The shape alone; the words stand beside it.
#[component]
pub(crate) fn Mark(tone: Tone) -> impl IntoView {
    view! { <span class=format!("mark {}", class(tone)) aria-hidden="true"></span> }
}

/// Shape and words.
#[component]
pub(crate) fn Status(#[prop(into)] verdict: Signal<Verdict>) -> impl IntoView {
    view! {
        <span class="status">
            <span
                class=move || format!("mark {}", class(verdict.read().tone))
                aria-hidden="true"
            ></span>
            <span class="words">{move || verdict.get().words}</span>
        </span>
    }
}

/// Containers by tone, the ones there are, trouble first.
pub(crate) fn tally(counts: ContainerCounts) -> Vec<(Tone, u32)> {
    [
        (Tone::Failed, counts.failed),
        (Tone::Unknown, counts.unknown),
        (Tone::Warning, counts.warning),
        (Tone::Busy, counts.busy),
        (Tone::Good, counts.good),
        (Tone::Done, counts.done),
        (Tone::Idle, counts.idle),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .collect()
}

/// A tally in one line.
#[component]
pub(crate) fn Tally(#[prop(into)] counts: Signal<ContainerCounts>) -> impl IntoView {
    view! {
        <span class="tally">
            {move || {
                tally(counts.get())
                    .into_iter()
                    .map(|(tone, count)| {
                        view! {
                            <span class="count" title=format!("{count} {}", word(tone))>
                                <Mark tone />
                                {crate::text::grouped(count)}
                                <span class="word">{word(tone)}</span>
                            </span>
                        }
                    })
                    .collect_view()
            }}
        </span>
    }
}
