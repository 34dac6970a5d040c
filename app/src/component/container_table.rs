//! A list of containers of any length: the rows near the screen are there, the rest is height.

use std::collections::BTreeMap;

use leptos::html;
use leptos::prelude::*;
use lighthouse_model::container::{ContainerCounts, ContainerRow};
use lighthouse_model::live::{
    ContainerPage, ContainerSort, ContainerWindow, Revision, Topic, TopicChange, TopicData,
};
use lighthouse_model::{Action, Actions, ContainerKey, Name};

use crate::browser;
use crate::component::confirm::{Confirm, Shown};
use crate::component::container_action::{ActionButtons, act, together};
use crate::component::container_line::ContainerLine;
use crate::live::{News, follow};
use crate::markup::view;
use crate::notice::notices;
use crate::rows::Rows;
use crate::text;

/// Rows in the page at a time.
pub(crate) const WINDOW: u32 = 200;
/// Rows kept above what is seen, and how near the edge a new window is asked for.
const MARGIN: u32 = 60;

/// What is ticked, with what may be done to each.
#[derive(Clone, Copy)]
pub(crate) struct Selection(RwSignal<BTreeMap<ContainerKey, (String, Actions)>>);

impl Selection {
    fn new() -> Self {
        Self(RwSignal::new(BTreeMap::new()))
    }

    pub(crate) fn contains(self, key: &ContainerKey) -> bool {
        self.0.read().contains_key(key)
    }

    pub(crate) fn set(self, key: &ContainerKey, name: &str, allowed: Actions, chosen: bool) {
        self.0.update(|map| {
            if chosen {
                map.insert(key.clone(), (name.to_owned(), allowed));
            } else {
                map.remove(key);
            }
        });
    }

    fn clear(self) {
        self.0.set(BTreeMap::new());
    }

    fn keys(self) -> Vec<ContainerKey> {
        self.0.read_untracked().keys().cloned().collect()
    }

    /// What may be done to every one of them.
    fn allowed(self) -> Actions {
        let map = self.0.read();
        Action::ALL
            .iter()
            .copied()
            .filter(|action| !map.is_empty() && map.values().all(|(_, allowed)| allowed.contains(*action)))
            .collect()
    }
}

/// What a list says beside its rows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) total: u32,
    pub(crate) counts: ContainerCounts,
    pub(crate) query_problem: Option<String>,
    pub(crate) hosts_down: Vec<Name>,
}

/// A list of containers that follows its window.
#[derive(Clone)]
pub(crate) struct ContainerList {
    rows: Rows<ContainerKey, ContainerRow>,
    pub(crate) summary: RwSignal<Summary>,
    /// The first row in the page.
    offset: RwSignal<u32>,
    /// The first row asked for.
    wanted: RwSignal<u32>,
}

fn keyed(rows: Vec<ContainerRow>) -> impl Iterator<Item = (ContainerKey, ContainerRow)> {
    rows.into_iter().map(|row| (row.key.clone(), row))
}

impl ContainerList {
    /// Begins with the page that the server rendered, and follows `window` (its offset and limit are ours).
    pub(crate) fn new(
        page: ContainerPage,
        revision: Revision,
        offset: u32,
        window: impl Fn() -> ContainerWindow + 'static,
    ) -> Self {
        let list = Self {
            rows: Rows::new(keyed(page.rows)),
            summary: RwSignal::new(Summary {
                total: page.total,
                counts: page.counts,
                query_problem: page.query_problem,
                hosts_down: page.hosts_down,
            }),
            offset: RwSignal::new(offset),
            wanted: RwSignal::new(offset),
        };
        let (wanted, followed) = (list.wanted, list.clone());
        follow(
            move || {
                Some(Topic::Containers(ContainerWindow {
                    offset: wanted.get(),
                    limit: WINDOW,
                    ..window()
                }))
            },
            Some(revision),
            move |update| followed.apply(update),
        );
        list
    }

    fn apply(&self, news: News) {
        match news {
            News::Whole(TopicData::Containers(page)) => {
                self.offset.set(self.wanted.get_untracked());
                self.rows.replace(keyed(page.rows));
                self.summary.set(Summary {
                    total: page.total,
                    counts: page.counts,
                    query_problem: page.query_problem,
                    hosts_down: page.hosts_down,
                });
            }
            News::Change(TopicChange::Containers {
                rows,
                order,
                total,
                counts,
            }) => {
                self.rows.upsert(keyed(rows));
                if let Some(order) = order {
                    self.rows.arrange(order);
                }
                self.summary.update(|summary| {
                    summary.total = total;
                    summary.counts = counts;
                });
            }
            _ => {}
        }
    }

    /// Back to the first row, for a new query or order.
    pub(crate) fn rewind(&self) {
        self.wanted.set(0);
    }
}

/// How a column sorts: its link, and how it stands now.
#[derive(Clone)]
pub(crate) struct SortBy {
    /// Makes the link for sorting by a column.
    pub(crate) href: Callback<ContainerSort, String>,
    pub(crate) now: Signal<(ContainerSort, bool)>,
}

#[component]
pub(crate) fn ContainerTable(
    list: ContainerList,
    #[prop(optional_no_strip)] sort: Option<SortBy>,
) -> impl IntoView {
    let notices = notices();
    let selection = Selection::new();
    let body = NodeRef::<html::Tbody>::new();
    let (before, after) = (NodeRef::<html::Tr>::new(), NodeRef::<html::Tr>::new());
    keep_in_view(list.clone(), body, before, after);

    let doomed = RwSignal::new(Vec::<(ContainerKey, String)>::new());
    let removal = Shown::new();
    let ask_removal = Callback::new(move |one: (ContainerKey, String)| {
        doomed.set(vec![one]);
        removal.open();
    });
    let press_many = Callback::new(move |action| {
        if action == Action::Remove {
            let many = selection.0.read_untracked();
            doomed.set(
                many.iter()
                    .map(|(key, (name, _))| (key.clone(), name.clone()))
                    .collect(),
            );
            removal.open();
        } else {
            let keys = selection.keys();
            let words = together(keys.len());
            act(notices, keys, action, words);
            selection.clear();
        }
    });
    let remove = move |()| {
        let many = doomed.get_untracked();
        let words = match many.as_slice() {
            [(_, name)] => name.clone(),
            many => together(many.len()),
        };
        act(
            notices,
            many.into_iter().map(|(key, _)| key).collect(),
            Action::Remove,
            words,
        );
        selection.clear();
    };
    let order = list.rows.clone();
    let rows = list.rows.clone();
    let summary = list.summary;
    view! {
        <div class="table-wrap">
            <table class="containers-table">
                <thead>
                    <tr>
                        <th scope="col" class="pick">
                            <span class="sr">"Select"</span>
                        </th>
                        <Column sort=sort.clone() by=ContainerSort::Name name="Name" />
                        <Column sort=sort.clone() by=ContainerSort::State name="State" />
                        <Column sort=sort.clone() by=ContainerSort::Host name="Host" />
                        <Column sort=sort.clone() by=ContainerSort::Image name="Image" />
                        <th scope="col" class="ports">"Ports"</th>
                        <Column sort=sort by=ContainerSort::Created name="Since" />
                        <th scope="col" class="do">
                            <span class="sr">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody node_ref=body>
                    <tr class="spacer" node_ref=before aria-hidden="true"></tr>
                    <For
                        each=move || order.order()
                        key=ContainerKey::clone
                        children=move |key| {
                            rows.row(&key).map(|row| view! { <ContainerLine row selection ask_removal /> })
                        }
                    />
                    <tr class="spacer" node_ref=after aria-hidden="true"></tr>
                </tbody>
            </table>
        </div>
        {move || {
            (summary.read().total == 0).then(|| view! { <p class="empty-line">"No container matches."</p> })
        }}
        {move || {
            let count = selection.0.read().len();
            (count > 0)
                .then(|| {
                    view! {
                        <div class="bulk" role="toolbar" aria-label="Selected containers">
                            <span>{format!("{} selected", text::grouped(u32::try_from(count).unwrap_or(u32::MAX)))}</span>
                            <ActionButtons
                                allowed=Signal::derive(move || selection.allowed())
                                subject="the selected containers".to_owned()
                                press=press_many
                            />
                            <button type="button" on:click=move |_| selection.clear()>
                                "Clear"
                            </button>
                        </div>
                    }
                })
        }}
        <Confirm
            shown=removal
            title=Signal::derive(move || {
                match doomed.read().as_slice() {
                    [(_, name)] => format!("Remove {name}?"),
                    many => format!("Remove {}?", together(many.len())),
                }
            })
            button="Remove"
            then=remove
        >
            <p>"They are stopped first. What they wrote outside of volumes is gone for good."</p>
            <ul class="names">
                {move || doomed.get().into_iter().map(|(_, name)| view! { <li>{name}</li> }).collect_view()}
            </ul>
        </Confirm>
    }
}

#[component]
fn Column(
    #[prop(optional_no_strip)] sort: Option<SortBy>,
    by: ContainerSort,
    name: &'static str,
) -> impl IntoView {
    let class = name.to_lowercase();
    match sort {
        None => view! {
            <th scope="col" class=class>
                {name}
            </th>
        }
        .into_any(),
        Some(sort) => {
            let now = sort.now;
            let order = move || match now.get() {
                (column, false) if column == by => Some("ascending"),
                (column, true) if column == by => Some("descending"),
                _ => None,
            };
            view! {
                <th scope="col" class=class aria-sort=order>
                    <a href=move || sort.href.run(by) data-noscroll="true">
                        {name}
                    </a>
                </th>
            }
            .into_any()
        }
    }
}

/// Keeps the rows that can be seen in the page: gives the spacers their height and asks for another window when
/// the screen nears the edge of this one.
fn keep_in_view(
    list: ContainerList,
    body: NodeRef<html::Tbody>,
    before: NodeRef<html::Tr>,
    after: NodeRef<html::Tr>,
) {
    let (offset, summary, wanted) = (list.offset, list.summary, list.wanted);
    let rows = list.rows;
    Effect::new(move |_| {
        let shown = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        let (offset, total) = (offset.get(), summary.read().total);
        let height = row_height(body);
        let (Some(before), Some(after)) = (before.get(), after.get()) else {
            return;
        };
        let pixels = |count: u32| format!("{}px", f64::from(count) * height);
        browser::set_style(&before, "height", &pixels(offset));
        browser::set_style(&after, "height", &pixels(total.saturating_sub(offset + shown)));
    });
    Effect::new(move |_| {
        let look = move || {
            let total = summary.read_untracked().total;
            let Some(body) = body.get_untracked() else { return };
            let height = row_height_of(&body);
            let top = -body.get_bounding_client_rect().top();
            let seen = (top / height).max(0.0);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "never negative"
            )]
            let seen = (seen as u32).min(total);
            let held = offset.get_untracked();
            let asked = wanted.get_untracked();
            let near_top = held > 0 && seen < held + MARGIN / 2;
            let near_end = held + WINDOW < total && seen + MARGIN * 3 / 2 > held + WINDOW;
            if near_top || near_end {
                let next = seen.saturating_sub(MARGIN) / 20 * 20;
                if next != asked {
                    wanted.set(next);
                }
            }
        };
        let handle = window_event_listener(leptos::ev::scroll, move |_| look());
        on_cleanup(move || handle.remove());
    });
}

fn row_height(body: NodeRef<html::Tbody>) -> f64 {
    body.get().map_or(44.0, |body| row_height_of(&body))
}

fn row_height_of(body: &web_sys::HtmlTableSectionElement) -> f64 {
    let row = body.query_selector("tr:not(.spacer)").ok().flatten();
    row.map_or(44.0, |row| row.get_bounding_client_rect().height().max(1.0))
}
