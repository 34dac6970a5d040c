//! The steps of an operation: a line per instance, a column per kind of step.

use leptos::prelude::*;
use lighthouse_model::operation::{StepKind, StepStatus, StepView};

use crate::clock::clock;
use crate::component::status::class;
use crate::markup::view;
use crate::rows::Rows;
use crate::text;

/// The order in which kinds of steps usually happen, with the words of their columns.
const COLUMNS: [(StepKind, &str); 12] = [
    (StepKind::CreateNetwork, "Network"),
    (StepKind::CreateVolume, "Volume"),
    (StepKind::Pull, "Pull"),
    (StepKind::Create, "Create"),
    (StepKind::Stop, "Stop"),
    (StepKind::Start, "Start"),
    (StepKind::Restart, "Restart"),
    (StepKind::Wait, "Healthy"),
    (StepKind::Remove, "Remove"),
    (StepKind::Rename, "Rename"),
    (StepKind::RemoveNetwork, "Network"),
    (StepKind::RemoveVolume, "Volume"),
];

/// One line: an instance on a host, or a host, with its steps by column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    name: String,
    host: String,
    steps: Vec<(StepKind, u32)>,
}

/// Puts steps into lines, in the order in which the lines first appear. Steps that concern a host stand in a line
/// of their own subject.
fn arrange(steps: &[StepView]) -> (Vec<(StepKind, &'static str)>, Vec<Line>) {
    let mut lines: Vec<Line> = Vec::new();
    for step in steps {
        let name = step.instance.as_ref().unwrap_or(&step.subject);
        let host = step.host_name.as_str();
        let at = lines
            .iter()
            .position(|line| line.name == *name && line.host == host);
        let at = at.unwrap_or_else(|| {
            lines.push(Line {
                name: name.clone(),
                host: host.to_owned(),
                steps: Vec::new(),
            });
            lines.len() - 1
        });
        lines[at].steps.push((step.kind, step.n));
    }
    let columns = COLUMNS
        .into_iter()
        .filter(|(kind, _)| steps.iter().any(|step| step.kind == *kind))
        .collect();
    (columns, lines)
}

#[component]
pub(crate) fn Matrix(steps: Rows<u32, StepView>) -> impl IntoView {
    let of = steps.clone();
    // Which steps there are changes rarely; how far each is, is its own signal's business.
    let shape = Memo::new(move |_| {
        let steps: Vec<StepView> = of
            .order()
            .iter()
            .filter_map(|n| of.row(n).map(|step| step.get_untracked()))
            .collect();
        let (columns, lines) = arrange(&steps);
        (
            columns.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>(),
            lines,
        )
    });
    view! {
        <div class="table-wrap">
            <table class="matrix cards">
                <thead>
                    <tr>
                        <th scope="col">"Instance"</th>
                        <th scope="col">"Host"</th>
                        {move || {
                            shape
                                .get()
                                .0
                                .into_iter()
                                .map(|kind| view! { <th scope="col">{column(kind)}</th> })
                                .collect_view()
                        }}
                    </tr>
                </thead>
                {move || {
                    let (columns, lines) = shape.get();
                    lines.into_iter().map(|line| lane(&steps, &columns, line)).collect_view()
                }}
            </table>
        </div>
    }
}

fn column(kind: StepKind) -> &'static str {
    COLUMNS
        .iter()
        .find(|(one, _)| *one == kind)
        .map_or("Step", |(_, word)| word)
}

fn lane(steps: &Rows<u32, StepView>, columns: &[StepKind], line: Line) -> AnyView {
    let width = (columns.len() + 2).to_string();
    let signals: Vec<(StepKind, ArcRwSignal<StepView>)> = line
        .steps
        .iter()
        .filter_map(|(kind, n)| Some((*kind, steps.row(n)?)))
        .collect();
    let cells = columns
        .iter()
        .map(|kind| {
            let here: Vec<_> = signals
                .iter()
                .filter(|(one, _)| one == kind)
                .map(|(_, step)| view! { <Cell step=step.clone() /> })
                .collect();
            view! { <td data-label=column(*kind)>{here}</td> }
        })
        .collect_view();
    let troubles = signals
        .iter()
        .map(|(_, step)| trouble(step.clone(), width.clone()))
        .collect_view();
    view! {
        <tbody>
            <tr>
                <th scope="row">
                    <span class="truncate" title=line.name.clone()>
                        {line.name.clone()}
                    </span>
                </th>
                <td data-label="Host">{line.host}</td>
                {cells}
            </tr>
            {troubles}
        </tbody>
    }
    .into_any()
}

#[component]
fn Cell(step: ArcRwSignal<StepView>) -> impl IntoView {
    let clock = clock();
    let step = RwSignal::from(step);
    let mark = move || format!("mark {}", class(step.read().status.tone()));
    let words = move || {
        let step = step.read();
        match (step.status, step.progress, step.intent_at, step.outcome_at) {
            (StepStatus::Running, Some(progress), ..) if progress.total > 0 => {
                format!(
                    "{} of {}",
                    text::bytes(progress.done),
                    text::bytes(progress.total)
                )
            }
            (StepStatus::Running, Some(progress), ..) => text::bytes(progress.done),
            (StepStatus::Running, None, Some(since), _) => match clock.get() {
                Some(now) if now - since >= 2_000 => text::duration(now - since),
                _ => "running".to_owned(),
            },
            (StepStatus::Succeeded, _, Some(from), Some(to)) => text::duration(to - from),
            (status, ..) => status.to_string(),
        }
    };
    let full = move || {
        let step = step.read();
        let message = step.message.clone().unwrap_or_default();
        format!("{} {}: {}. {message}", step.kind, step.subject, step.status)
    };
    view! {
        <span class="step" title=full>
            <span class=mark aria-hidden="true"></span>
            <span class="sr">{move || step.read().status.to_string()}</span>
            <span class="numbers small">{words}</span>
            {move || {
                let step = step.read();
                step.progress
                    .filter(|progress| step.status == StepStatus::Running && progress.total > 0)
                    .map(|progress| {
                        view! {
                            <progress
                                max=progress.total.to_string()
                                value=progress.done.to_string()
                                aria-label=format!("Bytes of {}", step.subject)
                            ></progress>
                        }
                    })
            }}
        </span>
    }
}

/// What went wrong, under its line; the engine's own words one click away.
fn trouble(step: ArcRwSignal<StepView>, width: String) -> AnyView {
    let step = RwSignal::from(step);
    (move || {
        let step = step.read();
        // What went as it should, or was not begun, says so in its cell.
        let message = matches!(
            step.status,
            StepStatus::Failed | StepStatus::Unknown | StepStatus::Warning | StepStatus::Running
        )
        .then(|| step.message.clone())??;
        let detail = step.detail.clone().map(|words| {
            view! {
                <details>
                    <summary>"The engine’s words"</summary>
                    <pre>{words}</pre>
                </details>
            }
        });
        Some(view! {
            <tr class="trouble-row">
                <td colspan=width.clone()>
                    <p>
                        <span class=format!("mark {}", class(step.status.tone())) aria-hidden="true"></span>
                        <strong>{column(step.kind)} ": "</strong>
                        {message}
                    </p>
                    {detail}
                </td>
            </tr>
        })
    })
    .into_any()
}

#[cfg(test)]
mod tests {
    use lighthouse_model::HostId;

    use super::*;

    fn step(n: u32, instance: Option<&str>, subject: &str, kind: StepKind) -> StepView {
        StepView {
            n,
            host: "01890a5d-ac96-774b-bcce-b302099a8057".parse::<HostId>().unwrap(),
            host_name: "eu-1".parse().unwrap(),
            subject: subject.into(),
            instance: instance.map(Into::into),
            kind,
            status: StepStatus::Pending,
            intent_at: None,
            outcome_at: None,
            progress: None,
            code: None,
            message: None,
            detail: None,
        }
    }

    #[test]
    fn steps_stand_in_the_line_of_their_instance() {
        let steps = [
            step(0, None, "shop_default", StepKind::CreateNetwork),
            step(1, Some("web-1"), "nginx:1", StepKind::Pull),
            step(2, Some("web-1"), "web-1", StepKind::Start),
            step(3, Some("web-2"), "web-2", StepKind::Start),
        ];
        let (columns, lines) = arrange(&steps);
        let words: Vec<_> = columns.iter().map(|(_, word)| *word).collect();
        assert_eq!(words, ["Network", "Pull", "Start"]);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[1].steps, [(StepKind::Pull, 1), (StepKind::Start, 2)]);
    }
}
