//! The router, and what every page stands in.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

use crate::browser;
use crate::browser::forms;
use crate::clock::Clock;
use crate::component::frame::Frame;
use crate::component::still::still;
use crate::live::Live;
use crate::markup::view;
use crate::notice::Notices;
use crate::page;
use crate::site::{Boot, Site};

/// One type for all pages: the router is compiled once and not for each of them.
type Page = fn() -> AnyView;

fn of(page: Page) -> Page {
    page
}

/// The application: contexts, frame and routes.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let boot = SharedValue::new(Boot::gather).into_inner();
    let stranger = boot.viewer.is_none();
    let site = Site::provide(boot);
    Clock::provide();
    let notices = Notices::provide();
    Live::provide();
    // Calls go where the page came from. Set once per page load: the text lives as long as the tab.
    Effect::new(move |_| {
        let _ = leptos::server_fn::client::try_set_server_url(Box::leak(site.base().into_boxed_str()));
        forms::take_over(notices);
        browser::set_root_attribute("data-hydrated", "true");
    });
    let (routing, set_routing) = signal(false);

    view! {
        <Router base=site.base() set_is_routing=set_routing>
            <Frame stranger routing>
                <FlatRoutes fallback=|| view! { <page::missing::Missing /> }.into_any()>
                    <Route path=path!("/") view=of(|| page::overview::Overview().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/login") view=of(|| still!("page", page::login::Login())) ssr=SsrMode::Async />
                    <Route path=path!("/setup") view=of(|| still!("page", page::setup::Setup())) ssr=SsrMode::Async />
                    <Route path=path!("/hosts") view=of(|| page::hosts::Hosts().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/hosts/:name") view=of(|| page::host::Host().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/containers") view=of(|| page::containers::Containers().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/containers/:host/:id") view=of(|| page::container::Container().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/logs") view=of(|| page::logs::Logs().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/applications") view=of(|| page::applications::Applications().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/applications/new") view=of(|| page::deploy::NewApplication().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/applications/:name") view=of(|| page::application::Application().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/access") view=of(|| still!("page", page::access::Access())) ssr=SsrMode::Async />
                    <Route path=path!("/settings") view=of(|| still!("page", page::settings::Settings())) ssr=SsrMode::Async />
                    <Route path=path!("/operations") view=of(|| page::operations::Operations().into_any()) ssr=SsrMode::Async />
                    <Route path=path!("/operations/:id") view=of(|| page::operation::Operation().into_any()) ssr=SsrMode::Async />
                </FlatRoutes>
            </Frame>
        </Router>
    }
}
