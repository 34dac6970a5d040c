//! The blueprint as text: line numbers, and findings at their lines.

use leptos::html;
use leptos::prelude::*;
use lighthouse_model::Tone;
use lighthouse_model::diagnostic::{Diagnostic, Severity};

use crate::component::field::FileButton;
use crate::component::status::{Mark, class};
use crate::markup::view;

/// Lines that are numbered, and at most as many stand in the page: the text of a file chosen by mistake may have any
/// number of them.
const NUMBERED: usize = 2_000;

#[component]
pub(crate) fn Editor(text: RwSignal<String>, diagnostics: Memo<Vec<Diagnostic>>) -> impl IntoView {
    let area = NodeRef::<html::Textarea>::new();
    let lines = Memo::new(move |_| text.with(|text| text.split('\n').count()).clamp(18, NUMBERED));
    let numbers = move || {
        let bad = diagnostics.get();
        (1..=lines.get())
            .map(|line| {
                let worst = bad
                    .iter()
                    .filter(|found| usize::try_from(found.line).is_ok_and(|at| at == line))
                    .map(|found| found.severity)
                    .min();
                let mark = worst.map(|severity| format!("mark {}", class(tone(severity))));
                view! {
                    <li>
                        {mark.map(|class| view! { <span class=class></span> })}
                        {line}
                    </li>
                }
            })
            .collect_view()
    };
    let go_to = move |line: u32| {
        if let Some(area) = area.get_untracked() {
            let text = text.get_untracked();
            let before = text.split_inclusive('\n').take(line.saturating_sub(1) as usize);
            let start: usize = before.map(|line| line.encode_utf16().count()).sum();
            let at = u32::try_from(start).unwrap_or(0);
            let _ = area.focus();
            let _ = area.set_selection_range(at, at);
        }
    };
    view! {
        <div class="field">
            <div class="label-line">
                <label for="blueprint">"Blueprint"</label>
                <FileButton label="Blueprint from a file" value=text />
            </div>
            <div class="editor">
                <ol class="gutter" aria-hidden="true">
                    {numbers}
                </ol>
                <textarea
                    id="blueprint"
                    node_ref=area
                    wrap="off"
                    rows=move || lines.get().to_string()
                    spellcheck="false"
                    autocomplete="off"
                    autocapitalize="none"
                    placeholder="services:\n  web:\n    image: nginx:1.27\n    ports: [\"8080:80\"]\n    deploy: {replicas: 2}"
                    aria-describedby="findings"
                    prop:value=text
                    on:input=move |event| text.set(event_target_value(&event))
                ></textarea>
            </div>
            <ul class="findings" id="findings" aria-live="polite">
                {move || {
                    diagnostics
                        .get()
                        .into_iter()
                        .map(|found| {
                            let line = found.line;
                            view! {
                                <li>
                                    <Mark tone=tone(found.severity) />
                                    <button
                                        type="button"
                                        class="small"
                                        on:click=move |_| go_to(line)
                                    >
                                        {format!("Line {line}")}
                                    </button>
                                    <span>
                                        {(!found.path.is_empty())
                                            .then(|| view! { <code>{found.path.clone()}</code> " " })}
                                        {found.message.clone()}
                                    </span>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </div>
    }
}

const fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Error => Tone::Failed,
        Severity::Warning => Tone::Warning,
        Severity::Note => Tone::Idle,
    }
}
