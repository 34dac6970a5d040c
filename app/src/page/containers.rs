//! Every container on every host, in one list.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};
use lighthouse_model::Tone;
use lighthouse_model::live::{ContainerSort, ContainerWindow, Topic, TopicData};

use crate::browser;
use crate::calls::Looked;
use crate::component::container_table::{ContainerList, ContainerTable, SortBy, WINDOW};
use crate::component::loaded::{Heading, first, loaded, mismatch};
use crate::component::status::{Mark, Tally};
use crate::markup::view;
use crate::site::site;
use crate::text;

const SORTS: [(ContainerSort, &str); 5] = [
    (ContainerSort::State, "state"),
    (ContainerSort::Name, "name"),
    (ContainerSort::Host, "host"),
    (ContainerSort::Image, "image"),
    (ContainerSort::Created, "created"),
];

fn sort_word(sort: ContainerSort) -> &'static str {
    SORTS
        .iter()
        .find(|(one, _)| *one == sort)
        .map_or("state", |(_, word)| word)
}

/// The window that a URL's query asks for.
fn window_of(query: &leptos_router::params::ParamsMap) -> ContainerWindow {
    let sort = query.get("sort").unwrap_or_default();
    ContainerWindow {
        query: query.get("q").unwrap_or_default(),
        sort: SORTS
            .iter()
            .find(|(_, word)| *word == sort)
            .map_or(ContainerSort::State, |(one, _)| *one),
        descending: query.get("order").is_some_and(|order| order == "desc"),
        offset: query.get("from").and_then(|from| from.parse().ok()).unwrap_or(0),
        limit: WINDOW,
    }
}

/// The other way round: the query part of a window's URL.
fn query_of(window: &ContainerWindow) -> String {
    let mut parts = Vec::new();
    if !window.query.is_empty() {
        parts.push(format!("q={}", text::encode(&window.query)));
    }
    if window.sort != ContainerSort::State {
        parts.push(format!("sort={}", sort_word(window.sort)));
    }
    if window.descending {
        parts.push("order=desc".to_owned());
    }
    if window.offset > 0 {
        parts.push(format!("from={}", window.offset));
    }
    if parts.is_empty() {
        String::new()
    } else {
        format!("?{}", parts.join("&"))
    }
}

#[component]
pub(crate) fn Containers() -> impl IntoView {
    let query = use_query_map();
    let asked = query.with_untracked(window_of);
    let page = {
        let asked = asked.clone();
        first(move || Topic::Containers(asked.clone()))
    };
    let window = Memo::new(move |_| ContainerWindow {
        offset: 0,
        ..query.with(window_of)
    });
    view! {
        <Heading title="Containers" />
        <QueryBox window />
        {loaded(page, move |looked| show(looked, &asked, window))}
    }
    .into_any()
}

#[component]
fn QueryBox(window: Memo<ContainerWindow>) -> impl IntoView {
    let site = site();
    let navigate = use_navigate();
    let waiting = StoredValue::new(None::<TimeoutHandle>);
    let typed = move |event| {
        let query = event_target_value(&event);
        if let Some(handle) = waiting.try_update_value(Option::take).flatten() {
            handle.clear();
        }
        let navigate = navigate.clone();
        let handle = browser::after(120, move || {
            let next = ContainerWindow {
                query,
                ..window.get_untracked()
            };
            navigate(
                &site.href(&format!("/containers{}", query_of(&next))),
                NavigateOptions {
                    resolve: false,
                    replace: true,
                    scroll: false,
                    ..NavigateOptions::default()
                },
            );
        });
        waiting.set_value(handle);
    };
    view! {
        <form class="query" action=site.href("/containers") method="get" on:submit=|event| event.prevent_default()>
            <label for="query" class="sr">"Query"</label>
            <input
                id="query"
                name="q"
                type="search"
                value=window.get_untracked().query
                placeholder="app:shop state:running host:eu-* image~nginx -label.tier:db"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength="1000"
                on:input=typed
            />
            <button type="submit" class="no-script">"Show"</button>
        </form>
    }
}

fn show(looked: Looked, asked: &ContainerWindow, window: Memo<ContainerWindow>) -> AnyView {
    let TopicData::Containers(page) = looked.data else {
        return mismatch();
    };
    let site = site();
    let (offset, shown) = (asked.offset, u32::try_from(page.rows.len()).unwrap_or(0));
    let list = ContainerList::new(page, looked.revision, offset, move || window.get());
    let rewound = list.clone();
    Effect::new(move |before: Option<ContainerWindow>| {
        let now = window.get();
        if before.is_some_and(|before| before != now) {
            rewound.rewind();
        }
        now
    });
    let summary = list.summary;
    let sort = SortBy {
        href: Callback::new(move |by| {
            let now = window.get();
            let next = ContainerWindow {
                descending: now.sort == by && !now.descending,
                sort: by,
                ..now
            };
            site.href(&format!("/containers{}", query_of(&next)))
        }),
        now: Signal::derive(move || {
            let window = window.read();
            (window.sort, window.descending)
        }),
    };
    view! {
        <p class="summary" role="status">
            <span class="numbers">
                {move || text::counted(summary.read().total, "container", "containers")}
            </span>
            <Tally counts=Signal::derive(move || summary.read().counts) />
        </p>
        {move || {
            summary
                .read()
                .query_problem
                .clone()
                .map(|why| {
                    view! {
                        <p class="form-trouble" role="alert">
                            <Mark tone=Tone::Failed />
                            {format!("The query cannot be read: {why}. All containers are shown.")}
                        </p>
                    }
                })
        }}
        {move || {
            let down = summary
                .read()
                .hosts_down
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            (!down.is_empty())
                .then(|| {
                    view! {
                        <p class="stale-note">
                            <Mark tone=Tone::Unknown />
                            {format!("Not answering: {down}. Containers there are shown as last known.")}
                        </p>
                    }
                })
        }}
        <ContainerTable list sort=Some(sort) />
        {pager(asked, shown, summary.read_untracked().total)}
    }
    .into_any()
}

/// Links for pages without scripts; with scripts the list scrolls on by itself and they are hidden.
fn pager(asked: &ContainerWindow, shown: u32, total: u32) -> AnyView {
    let site = site();
    let to = move |offset: u32, asked: &ContainerWindow| {
        let window = ContainerWindow {
            offset,
            ..asked.clone()
        };
        site.href(&format!("/containers{}", query_of(&window)))
    };
    let previous = (asked.offset > 0).then(|| to(asked.offset.saturating_sub(WINDOW), asked));
    let next = (asked.offset + shown < total).then(|| to(asked.offset + WINDOW, asked));
    let needed = previous.is_some() || next.is_some();
    needed
        .then(|| {
            view! {
                <nav class="pager" aria-label="Pages">
                    {previous.map(|href| view! { <a href=href rel="prev">"Previous"</a> })}
                    {next.map(|href| view! { <a href=href rel="next">"Next"</a> })}
                </nav>
            }
        })
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_survives_its_url() {
        let window = ContainerWindow {
            query: "app:shop web".into(),
            sort: ContainerSort::Host,
            descending: true,
            offset: 200,
            limit: WINDOW,
        };
        assert_eq!(
            query_of(&window),
            "?q=app:shop%20web&sort=host&order=desc&from=200"
        );
        let mut map = leptos_router::params::ParamsMap::new();
        map.insert("q", "app:shop web".to_owned());
        map.insert("sort", "host".to_owned());
        map.insert("order", "desc".to_owned());
        map.insert("from", "200".to_owned());
        assert_eq!(window_of(&map), window);
        assert_eq!(query_of(&ContainerWindow::default()), "");
    }
}
