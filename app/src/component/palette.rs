//! Search and commands (Ctrl K): pages, hosts, applications, containers, by typing.

use leptos::ev;
use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use lighthouse_model::Permission;
use lighthouse_model::live::{ContainerWindow, Topic, TopicData};

use crate::browser;
use crate::calls::look;
use crate::component::container_line::path;
use crate::component::frame::ENTRIES;
use crate::markup::view;
use crate::site::{Site, site};
use crate::text;

/// Rows of a kind at most.
const MANY: usize = 6;

/// A place to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    name: String,
    kind: &'static str,
    path: String,
}

impl Place {
    fn new(name: impl Into<String>, kind: &'static str, path: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind,
            path: path.into(),
        }
    }
}

#[component]
pub(crate) fn Palette() -> impl IntoView {
    let site = site();
    let navigate = use_navigate();
    let dialog = NodeRef::<html::Dialog>::new();
    let input = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(String::new());
    // Hosts and applications, read when the palette opens; containers, read for what is typed.
    let known = RwSignal::new(Vec::<Place>::new());
    let containers = RwSignal::new(Vec::<Place>::new());
    let chosen = RwSignal::new(0usize);
    let places = Memo::new(move |_| {
        let words = typed.read().trim().to_lowercase();
        let hit = |place: &&Place| place.name.to_lowercase().contains(&words);
        let mut places: Vec<Place> = pages(site).iter().filter(hit).take(MANY).cloned().collect();
        places.extend(known.read().iter().filter(hit).take(MANY).cloned());
        places.extend(containers.get());
        if !words.is_empty() {
            let query = text::encode(typed.read().trim());
            places.push(Place::new(
                format!("Containers matching “{}”", typed.read().trim()),
                "query",
                format!("/containers?q={query}"),
            ));
        }
        places
    });

    let open = move || {
        let (Some(dialog), Some(input)) = (dialog.get_untracked(), input.get_untracked()) else {
            return;
        };
        if !dialog.open() {
            typed.set(String::new());
            chosen.set(0);
            input.set_value("");
            let _ = dialog.show_modal();
            spawn_local(async move {
                let found = read_known(site).await;
                let _ = known.try_set(found);
            });
        }
    };
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event| {
            if (event.ctrl_key() || event.meta_key()) && event.key().eq_ignore_ascii_case("k") {
                event.prevent_default();
                open();
            }
        });
        on_cleanup(move || handle.remove());
    });
    Effect::new(move |_| {
        let words = typed.get().trim().to_owned();
        chosen.set(0);
        if words.is_empty() {
            containers.set(Vec::new());
            return;
        }
        let handle = browser::after(120, move || {
            spawn_local(async move {
                let found = read_containers(words.clone()).await;
                if typed.try_get_untracked().is_some_and(|now| now.trim() == words) {
                    containers.set(found);
                }
            });
        });
        on_cleanup(move || {
            if let Some(handle) = handle {
                handle.clear();
            }
        });
    });
    let shut = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let go = move |path: &str| {
        shut();
        navigate(
            &site.href(path),
            NavigateOptions {
                resolve: false,
                ..NavigateOptions::default()
            },
        );
    };
    let keys = move |event: ev::KeyboardEvent| {
        let count = places.read_untracked().len().max(1);
        match event.key().as_str() {
            "ArrowDown" => chosen.update(|at| *at = (*at + 1) % count),
            "ArrowUp" => chosen.update(|at| *at = (*at + count - 1) % count),
            "Enter" => {
                let place = places.read_untracked().get(chosen.get_untracked()).cloned();
                if let Some(place) = place {
                    go(&place.path);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <button type="button" class="palette-key" aria-keyshortcuts="Control+K Meta+K" on:click=move |_| open()>
            <kbd>"Ctrl K"</kbd>
            <span class="sr">"Search and commands"</span>
        </button>
        <dialog class="dialog palette" node_ref=dialog aria-label="Search and commands">
            <input
                type="text"
                node_ref=input
                role="combobox"
                aria-label="Where to go"
                aria-expanded="true"
                aria-controls="places"
                placeholder="Page, host, application, container"
                autocomplete="off"
                spellcheck="false"
                on:input=move |event| typed.set(event_target_value(&event))
                on:keydown=keys
            />
            <ul id="places" role="listbox">
                {move || {
                    places
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(at, place)| {
                            view! {
                                <li>
                                    <a
                                        href=site.href(&place.path)
                                        role="option"
                                        tabindex="-1"
                                        aria-selected=move || (chosen.get() == at).to_string()
                                        on:click=move |_| shut()
                                    >
                                        <span class="truncate">{place.name}</span>
                                        <span class="muted small">{place.kind}</span>
                                    </a>
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ul>
        </dialog>
    }
}

fn pages(site: Site) -> Vec<Place> {
    let mut places: Vec<Place> = ENTRIES
        .iter()
        .filter(|entry| site.can(entry.needs))
        .map(|entry| Place::new(entry.name, "page", entry.path))
        .collect();
    if site.can(Permission::ApplicationDeploy) {
        places.push(Place::new("New application", "command", "/applications/new"));
    }
    if site.can(Permission::HostManage) {
        places.push(Place::new("Add host", "command", "/hosts?add=1"));
    }
    places
}

async fn read_known(site: Site) -> Vec<Place> {
    let mut places = Vec::new();
    if site.can(Permission::ApplicationView)
        && let Ok(looked) = look(Topic::Applications).await
        && let TopicData::Applications(rows) = looked.data
    {
        places.extend(rows.into_iter().map(|row| {
            let path = format!("/applications/{}", row.name);
            Place::new(row.name.to_string(), "application", path)
        }));
    }
    if site.can(Permission::HostView)
        && let Ok(looked) = look(Topic::Hosts).await
        && let TopicData::Hosts(rows) = looked.data
    {
        places.extend(rows.into_iter().map(|row| {
            let path = format!("/hosts/{}", row.name);
            Place::new(row.name.to_string(), "host", path)
        }));
    }
    places
}

async fn read_containers(words: String) -> Vec<Place> {
    let window = ContainerWindow {
        query: words,
        limit: u32::try_from(MANY).unwrap_or(6),
        ..ContainerWindow::default()
    };
    match look(Topic::Containers(window)).await.map(|looked| looked.data) {
        Ok(TopicData::Containers(page)) if page.query_problem.is_none() => page
            .rows
            .iter()
            .map(|row| Place::new(format!("{} on {}", row.name, row.host), "container", path(row)))
            .collect(),
        _ => Vec::new(),
    }
}
