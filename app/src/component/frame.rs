//! What stands around every page: navigation, search, live indicator, viewer.

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use lighthouse_model::Permission;

use crate::browser;
use crate::clock::clock;
use crate::component::icon::{Drawing, Icon};
use crate::component::palette::Palette;
use crate::live::{Link, live};
use crate::markup::view;
use crate::notice::NoticeLine;
use crate::site::{Scheme, Site, site};
use crate::text;

/// A page of the navigation, shown to those with the right.
pub(crate) struct Entry {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    drawing: Drawing,
    pub(crate) needs: Permission,
}

pub(crate) const ENTRIES: &[Entry] = &[
    Entry {
        path: "/",
        name: "Overview",
        drawing: Drawing::Overview,
        needs: Permission::ContainerView,
    },
    Entry {
        path: "/applications",
        name: "Applications",
        drawing: Drawing::Applications,
        needs: Permission::ApplicationView,
    },
    Entry {
        path: "/containers",
        name: "Containers",
        drawing: Drawing::Containers,
        needs: Permission::ContainerView,
    },
    Entry {
        path: "/hosts",
        name: "Hosts",
        drawing: Drawing::Hosts,
        needs: Permission::HostView,
    },
    Entry {
        path: "/operations",
        name: "Operations",
        drawing: Drawing::Operations,
        needs: Permission::OperationView,
    },
    Entry {
        path: "/logs",
        name: "Logs",
        drawing: Drawing::Logs,
        needs: Permission::ContainerView,
    },
    Entry {
        path: "/access",
        name: "Access",
        drawing: Drawing::Access,
        needs: Permission::UsersManage,
    },
    Entry {
        path: "/settings",
        name: "Settings",
        drawing: Drawing::Settings,
        needs: Permission::ContainerView,
    },
];

#[component]
pub(crate) fn Frame(stranger: bool, routing: ReadSignal<bool>, children: Children) -> impl IntoView {
    if stranger {
        return view! { <main class="door" id="main">{children()}</main> }.into_any();
    }
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <div class="frame">
            <Bar />
            <Top />
            <main id="main" tabindex="-1" aria-busy=move || routing.get().to_string()>
                {children()}
            </main>
        </div>
        <NoticeLine />
    }
    .into_any()
}

#[component]
fn Bar() -> impl IntoView {
    let site = site();
    let location = use_location();
    let entries = ENTRIES
        .iter()
        .filter(|entry| site.can(entry.needs))
        .map(|entry| {
            let href = site.href(entry.path);
            let here = href.clone();
            let whole = entry.path == "/";
            let current = move || {
                location.pathname.with(|path| {
                    let same = path.trim_end_matches('/') == here.trim_end_matches('/');
                    (same || !whole && path.starts_with(&format!("{here}/"))).then_some("page")
                })
            };
            view! {
                <li>
                    <a href=href aria-current=current>
                        <Icon drawing=entry.drawing />
                        <span>{entry.name}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="bar" aria-label="Main">
            <a class="brand" href=site.href("/") aria-label="Lighthouse, overview">
                <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
                    <path d="M9.5 9h5l1.5 12h-8z" fill="currentColor" />
                    <path d="M10 4.5h4V8h-4zM12 2v2" fill="none" stroke="currentColor" stroke-width="1.6" />
                    <path d="M16 6l5-2M16 7l5 1.5M8 6L3 4M8 7L3 8.5" stroke="currentColor" stroke-width="1.4" />
                </svg>
                <span>"Lighthouse"</span>
            </a>
            <ul>{entries}</ul>
        </nav>
    }
}

#[component]
fn Top() -> impl IntoView {
    let site = site();
    view! {
        <header class="top">
            <form class="search" role="search" action=site.href("/containers") method="get">
                <Icon drawing=Drawing::Search />
                <input
                    type="search"
                    name="q"
                    id="search"
                    placeholder="Search containers"
                    aria-label="Search"
                    autocomplete="off"
                    maxlength="1000"
                />
            </form>
            <Palette />
            <Indicator />
            <Viewer site />
        </header>
    }
}

/// Whether the page follows the fleet, and how old its oldest datum is.
#[component]
fn Indicator() -> impl IntoView {
    let (live, clock) = (live(), clock());
    let words = Memo::new(move |_| match live.link.get() {
        Link::Opening => ("t-idle", "not live yet".to_owned()),
        Link::Lost => ("t-unknown", "connection lost, trying again".to_owned()),
        Link::Outdated => ("t-warning", "a newer Lighthouse runs".to_owned()),
        Link::Up => {
            let pulse = live.pulse.get();
            let age = match (pulse.oldest, clock.get()) {
                (Some(oldest), Some(now)) if now - oldest >= 2_000 => text::duration(now - oldest),
                _ => String::new(),
            };
            match (pulse.down, age.is_empty()) {
                (0, true) => ("t-good", "live".to_owned()),
                (0, false) => ("t-good", format!("live, oldest {age}")),
                (down, _) => (
                    "t-failed",
                    format!(
                        "{} not answering, oldest {age}",
                        text::counted(down, "host", "hosts")
                    ),
                ),
            }
        }
    });
    let insecure = Memo::new(move |_| live.pulse.get().insecure);
    let hosts = site().href("/hosts");
    view! {
        <div class="indicator" role="status">
            {move || {
                let count = insecure.get();
                (count > 0)
                    .then(|| {
                        view! {
                            <a class="tag warn" href=hosts.clone()>
                                {text::counted(count, "insecure host", "insecure hosts")}
                            </a>
                        }
                    })
            }}
            <span class=move || format!("mark {}", words.get().0) aria-hidden="true"></span>
            <span>{move || words.get().1}</span>
            {move || {
                (live.link.get() == Link::Outdated)
                    .then(|| {
                        view! {
                            <button type="button" on:click=|_| browser::reload()>"Reload"</button>
                        }
                    })
            }}
        </div>
    }
}

#[component]
fn Viewer(site: Site) -> impl IntoView {
    let scheme = RwSignal::new(site.scheme());
    let words = move || match scheme.get() {
        Scheme::System => "Colours: as the system",
        Scheme::Light => "Colours: light",
        Scheme::Dark => "Colours: dark",
    };
    let turn = move |_| {
        let next = scheme.get_untracked().next();
        scheme.set(next);
        browser::set_root_attribute("data-scheme", next.as_str());
        browser::set_cookie(Scheme::COOKIE, next.as_str(), &site.base());
    };
    let name = site.viewer().map(|viewer| viewer.name).unwrap_or_default();
    let initial = name.chars().next().map(String::from).unwrap_or_default();
    view! {
        <details class="menu viewer">
            <summary aria-label=format!("Account of {name}")>
                <span class="initial" aria-hidden="true">{initial}</span>
                <span class="name">{name.clone()}</span>
            </summary>
            <div class="sheet">
                <a href=site.href("/settings")>"My account"</a>
                <button type="button" on:click=turn>
                    <Icon drawing=Drawing::Scheme />
                    {words}
                </button>
                <form action=site.href("/logout") method="post">
                    <button type="submit">"Sign out"</button>
                </form>
            </div>
        </details>
    }
}
