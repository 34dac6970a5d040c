//! Three panes: the blueprint with errors at their lines, what it means, and where each instance goes and why.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use lighthouse_model::Tone;
use lighthouse_model::application::{BlueprintText, DeployInput};
use lighthouse_model::plan::PlanView;

use crate::browser;
use crate::calls::application::{deploy, plan};
use crate::calls::host::list_pools;
use crate::component::editor::Editor;
use crate::component::field::{Field, TextField};
use crate::component::plan_view::{Meaning, Places};
use crate::component::status::Mark;
use crate::failure::Failure;
use crate::markup::view;
use crate::site::site;

/// What is being written.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    /// Is the application there already? Then its name stays.
    existing: bool,
    name: RwSignal<String>,
    compose: RwSignal<String>,
    variables: RwSignal<String>,
    env_files: RwSignal<Vec<(RwSignal<String>, RwSignal<String>)>>,
    profiles: RwSignal<String>,
    pool: RwSignal<String>,
    reason: RwSignal<String>,
    base_generation: Option<i64>,
}

impl Draft {
    pub(crate) fn new(
        name: Option<String>,
        text: BlueprintText,
        base_generation: Option<i64>,
        pool: String,
    ) -> Self {
        let files = text.env_files.into_iter();
        Self {
            existing: name.is_some(),
            name: RwSignal::new(name.unwrap_or_default()),
            compose: RwSignal::new(text.compose),
            variables: RwSignal::new(text.variables),
            env_files: RwSignal::new(
                files
                    .map(|(path, text)| (RwSignal::new(path), RwSignal::new(text)))
                    .collect(),
            ),
            profiles: RwSignal::new(text.profiles.join(" ")),
            pool: RwSignal::new(pool),
            reason: RwSignal::new(String::new()),
            base_generation,
        }
    }

    /// What would be sent; tracked.
    fn input(self) -> DeployInput {
        let compose = self.compose.get();
        let typed = self.name.get().trim().to_owned();
        let name = if typed.is_empty() {
            name_in(&compose).unwrap_or_default()
        } else {
            typed
        };
        DeployInput {
            name,
            blueprint: BlueprintText {
                variables: self.variables.get(),
                env_files: self
                    .env_files
                    .get()
                    .into_iter()
                    .map(|(path, text)| (path.get().trim().to_owned(), text.get()))
                    .filter(|(path, _)| !path.is_empty())
                    .collect(),
                profiles: self
                    .profiles
                    .get()
                    .split_whitespace()
                    .map(str::to_owned)
                    .collect(),
                compose,
            },
            pool: self.pool.get(),
            reason: self.reason.get().trim().to_owned(),
            base_generation: self.base_generation,
        }
    }
}

/// The name that a blueprint gives itself, by its top-level `name`.
fn name_in(compose: &str) -> Option<String> {
    let value = compose.lines().find_map(|line| line.strip_prefix("name:"))?;
    let value = value
        .split(" #")
        .next()
        .unwrap_or_default()
        .trim()
        .trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

/// What is known about the draft.
#[derive(Clone)]
enum Known {
    /// Nothing was written yet.
    Empty,
    /// The console is asked.
    Asking,
    Plan(Box<PlanView>),
    Trouble(Failure),
}

#[component]
pub(crate) fn Deploy(draft: Draft) -> impl IntoView {
    let known = RwSignal::new(Known::Empty);
    // The last plan stays on the screen while the next is made.
    let shown = RwSignal::new(None::<PlanView>);
    plan_while_typing(draft, known, shown);
    let diagnostics = Memo::new(move |_| {
        let told = |failure: &Failure| match failure.problem() {
            Some(lighthouse_model::Problem::BlueprintInvalid { diagnostics }) => diagnostics.clone(),
            _ => Vec::new(),
        };
        match &*known.read() {
            Known::Plan(plan) => plan.diagnostics.clone(),
            Known::Trouble(failure) => told(failure),
            Known::Asking => shown
                .read()
                .as_ref()
                .map(|plan| plan.diagnostics.clone())
                .unwrap_or_default(),
            Known::Empty => Vec::new(),
        }
    });
    view! {
        <div class="panes">
            <section class="pane" aria-label="Blueprint">
                <Settings draft />
                <Editor text=draft.compose diagnostics />
                <Extras draft />
            </section>
            <section class="pane" aria-label="What it means">
                <h2>"What it means"</h2>
                <Meaning plan=shown />
            </section>
            <section class="pane" aria-label="Where it goes">
                <h2>"Where each instance goes, and why"</h2>
                <Answer draft known />
                <Places plan=shown />
            </section>
        </div>
    }
    .into_any()
}

/// Asks for a plan when the writer pauses; an answer to an older text is dropped.
fn plan_while_typing(draft: Draft, known: RwSignal<Known>, shown: RwSignal<Option<PlanView>>) {
    let round = StoredValue::new(0u32);
    Effect::new(move |_| {
        let input = draft.input();
        let mine = round.get_value() + 1;
        round.set_value(mine);
        if input.blueprint.compose.trim().is_empty() {
            known.set(Known::Empty);
            shown.set(None);
            return;
        }
        known.set(Known::Asking);
        let handle = browser::after(300, move || {
            spawn_local(async move {
                let answer = plan(input).await;
                if round.try_get_value() != Some(mine) {
                    return;
                }
                match answer {
                    Ok(plan) => {
                        shown.set(Some(plan.clone()));
                        known.set(Known::Plan(Box::new(plan)));
                    }
                    Err(failure) => {
                        shown.set(None);
                        known.set(Known::Trouble(failure));
                    }
                }
            });
        });
        on_cleanup(move || {
            if let Some(handle) = handle {
                handle.clear();
            }
        });
    });
}

#[component]
fn Settings(draft: Draft) -> impl IntoView {
    view! {
        <div class="settings-line">
            {if draft.existing {
                ().into_any()
            } else {
                view! {
                    <Field
                        id="application-name"
                        label="Application name"
                        value=draft.name
                        placeholder="as the blueprint says, or shop"
                    />
                }
                    .into_any()
            }}
            <PoolChoice draft />
        </div>
    }
}

/// The pools are asked for when the page lives, as the plan is: the blueprint of an application is shown inside what
/// waits for it, and one that waits inside another cannot be taken over from the server.
#[component]
fn PoolChoice(draft: Draft) -> impl IntoView {
    let names = RwSignal::new(Vec::<String>::new());
    Effect::new(move |_| {
        spawn_local(async move {
            if let Ok(pools) = list_pools().await {
                let made = pools.into_iter().filter(|pool| pool.id.is_some());
                let _ = names.try_set(made.map(|pool| pool.name.to_string()).collect());
            }
        });
    });
    let options = move || {
        let chosen = draft.pool.get_untracked();
        names
            .get()
            .into_iter()
            .map(|name| {
                view! {
                    <option value=name.clone() selected=chosen == name>
                        {name.clone()}
                    </option>
                }
            })
            .collect_view()
    };
    view! {
        <div class="field">
            <label for="pool">"Pool"</label>
            <select id="pool" on:change=move |event| draft.pool.set(event_target_value(&event))>
                <option value="">"All hosts"</option>
                {options}
            </select>
        </div>
    }
}

#[component]
fn Extras(draft: Draft) -> impl IntoView {
    let files = draft.env_files;
    let any = draft.variables.with_untracked(|text| !text.is_empty())
        || files.with_untracked(|files| !files.is_empty())
        || draft.profiles.with_untracked(|text| !text.is_empty());
    let add = move |_| {
        files.update(|files| files.push((RwSignal::new(String::new()), RwSignal::new(String::new()))));
    };
    view! {
        <details class="extras" open=any>
            <summary>"Variables, env files, profiles"</summary>
            <TextField
                id="variables"
                label="Variables (.env)"
                value=draft.variables
                hint="What ${VAR} in the blueprint is read from. Sealed with the release."
                placeholder="TAG=1.27"
            />
            {move || {
                files
                    .get()
                    .into_iter()
                    .map(|(path, text)| {
                        view! {
                            <fieldset class="env-file">
                                <Field id="env-path" label="Env file path" value=path placeholder="./web.env" />
                                <TextField id="env-text" label="Env file text" value=text />
                            </fieldset>
                        }
                    })
                    .collect_view()
            }}
            <p>
                <button type="button" class="small" on:click=add>
                    "Add env file"
                </button>
            </p>
            <Field id="profiles" label="Profiles" value=draft.profiles placeholder="debug" />
        </details>
    }
}

/// Whether it can be deployed, and the button.
#[component]
fn Answer(draft: Draft, known: RwSignal<Known>) -> impl IntoView {
    let site = site();
    let navigate = use_navigate();
    let busy = RwSignal::new(false);
    let trouble = RwSignal::new(None::<String>);
    let ready = move || {
        !busy.get()
            && matches!(&*known.read(), Known::Plan(plan) if plan.is_applicable() && !plan.is_unchanged())
    };
    let words = move || match &*known.read() {
        Known::Empty => (
            Tone::Idle,
            "Write or paste a Compose file to see what it would do.".to_owned(),
        ),
        Known::Asking => (Tone::Busy, "Planning…".to_owned()),
        Known::Trouble(failure) => (Tone::Failed, failure.to_string()),
        Known::Plan(plan) if !plan.is_applicable() => {
            (Tone::Failed, "It cannot be deployed as it is.".to_owned())
        }
        Known::Plan(plan) if plan.is_unchanged() => (Tone::Done, "This is what runs already.".to_owned()),
        Known::Plan(_) => (Tone::Good, "It can be deployed.".to_owned()),
    };
    let press = move |_| {
        busy.set(true);
        trouble.set(None);
        let input = untrack(|| draft.input());
        let navigate = navigate.clone();
        spawn_local(async move {
            match deploy(input).await {
                Ok(id) => navigate(
                    &site.href(&format!("/operations/{id}")),
                    NavigateOptions {
                        resolve: false,
                        ..NavigateOptions::default()
                    },
                ),
                Err(failure) => trouble.set(Some(failure.to_string())),
            }
            busy.set(false);
        });
    };
    view! {
        <p class="answer" role="status">
            {move || {
                let (tone, words) = words();
                view! {
                    <Mark tone />
                    {words}
                }
            }}
        </p>
        <div class="deploy-line">
            <Field id="reason" label="Reason" value=draft.reason placeholder="why, for the list of releases" />
            <button type="button" class="primary" disabled=move || !ready() on:click=press>
                "Deploy"
            </button>
        </div>
        <p class="answer" role="alert">
            {trouble}
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn a_blueprint_may_name_itself() {
        assert_eq!(
            name_in("version: '3'\nname: \"shop\" # ours\n").as_deref(),
            Some("shop")
        );
        assert_eq!(name_in("services:\n  web:\n    name: inner\n"), None);
        assert_eq!(name_in("name:\n"), None);
    }
}
