//! CPU and memory of a running container, as numbers and a small plot, while it is looked at.

use std::collections::VecDeque;
use std::fmt::Write as _;

use leptos::prelude::*;
use lighthouse_model::ContainerKey;
use lighthouse_model::container::StatsSample;
use lighthouse_model::live::{Topic, TopicChange, TopicData};

use crate::live::{News, follow};
use crate::markup::view;
use crate::text;

/// Measurements in the plot.
const KEPT: usize = 120;
const WIDTH: f64 = 240.0;
const HEIGHT: f64 = 48.0;

#[component]
pub(crate) fn Stats(key: ContainerKey) -> impl IntoView {
    let samples = RwSignal::new(VecDeque::<StatsSample>::new());
    follow(
        move || Some(Topic::Stats { key: key.clone() }),
        None,
        move |news| match news {
            News::Whole(TopicData::Stats(list)) => {
                samples.set(list.into_iter().rev().take(KEPT).rev().collect());
            }
            News::Change(TopicChange::Stats(sample)) => samples.update(|samples| {
                samples.push_back(sample);
                while samples.len() > KEPT {
                    samples.pop_front();
                }
            }),
            _ => {}
        },
    );
    let cpu = Signal::derive(move || {
        let samples = samples.read();
        let top = samples
            .iter()
            .map(|sample| sample.cpu_percent)
            .fold(100.0, f64::max);
        line(samples.iter().map(|sample| sample.cpu_percent / top))
    });
    #[expect(clippy::cast_precision_loss, reason = "a plot of 48 pixels")]
    let memory = Signal::derive(move || {
        let samples = samples.read();
        line(
            samples
                .iter()
                .map(|sample| sample.memory as f64 / sample.memory_limit.max(1) as f64),
        )
    });
    let last = move || samples.read().back().copied();
    view! {
        <div class="stats">
            <Figure name="CPU" points=cpu>
                {move || last().map_or_else(|| "–".to_owned(), |sample| format!("{:.1} %", sample.cpu_percent))}
            </Figure>
            <Figure name="Memory" points=memory>
                {move || {
                    last()
                        .map_or_else(
                            || "–".to_owned(),
                            |sample| {
                                format!("{} of {}", text::bytes(sample.memory), text::bytes(sample.memory_limit))
                            },
                        )
                }}
            </Figure>
        </div>
    }
}

#[component]
fn Figure(name: &'static str, points: Signal<String>, children: Children) -> impl IntoView {
    view! {
        <figure class="stat">
            <figcaption>
                <span class="muted">{name}</span>
                <strong class="numbers">{children()}</strong>
            </figcaption>
            <svg
                viewBox=format!("0 0 {WIDTH} {HEIGHT}")
                preserveAspectRatio="none"
                aria-hidden="true"
                focusable="false"
            >
                <polyline
                    points=points
                    fill="none"
                    stroke="currentColor"
                    stroke-width="1.5"
                    vector-effect="non-scaling-stroke"
                />
            </svg>
        </figure>
    }
}

/// Values between 0 and 1 as points of a line, the newest at the right.
#[expect(clippy::cast_precision_loss, reason = "at most 120 points")]
fn line(values: impl ExactSizeIterator<Item = f64>) -> String {
    let mut points = String::new();
    let empty = KEPT.saturating_sub(values.len());
    for (n, value) in values.enumerate() {
        let x = (empty + n) as f64 * WIDTH / (KEPT - 1) as f64;
        let y = (HEIGHT - 1.0) * (1.0 - value.clamp(0.0, 1.0)) + 0.5;
        let _ = write!(points, "{x:.1},{y:.1} ");
    }
    points
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_newest_value_is_at_the_right_edge() {
        assert_eq!(line([0.0, 1.0].into_iter()), "238.0,47.5 240.0,0.5 ");
    }
}
