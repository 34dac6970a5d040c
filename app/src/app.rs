//! The router, and what every page stands in.

use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

use crate::browser;
use crate::clock::Clock;
use crate::component::frame::Frame;
use crate::live::Live;
use crate::notice::Notices;
use crate::page;
use crate::site::{Boot, Site};

/// The application: contexts, frame and routes.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let boot = SharedValue::new(Boot::gather).into_inner();
    let stranger = boot.viewer.is_none();
    let site = Site::provide(boot);
    Clock::provide();
    Notices::provide();
    Live::provide();
    // Calls go where the page came from. Set once per page load: the text lives as long as the tab.
    Effect::new(move |_| {
        let _ = leptos::server_fn::client::try_set_server_url(Box::leak(site.base().into_boxed_str()));
        browser::set_root_attribute("data-hydrated", "true");
    });
    let (routing, set_routing) = signal(false);

    view! {
        <Router base=site.base() set_is_routing=set_routing>
            <Frame stranger routing>
                <FlatRoutes fallback=|| view! { <page::missing::Missing /> }.into_any()>
                    <Route path=path!("/") view=page::overview::Overview ssr=SsrMode::Async />
                    <Route path=path!("/login") view=page::login::Login ssr=SsrMode::Async />
                    <Route path=path!("/setup") view=page::setup::Setup ssr=SsrMode::Async />
                    <Route path=path!("/hosts") view=page::hosts::Hosts ssr=SsrMode::Async />
                    <Route path=path!("/hosts/:name") view=page::host::Host ssr=SsrMode::Async />
                    <Route path=path!("/containers") view=page::containers::Containers ssr=SsrMode::Async />
                    <Route path=path!("/containers/:host/:id") view=page::container::Container ssr=SsrMode::Async />
                    <Route path=path!("/logs") view=page::logs::Logs ssr=SsrMode::Async />
                    <Route path=path!("/applications") view=page::applications::Applications ssr=SsrMode::Async />
                    <Route path=path!("/applications/new") view=page::deploy::NewApplication ssr=SsrMode::Async />
                    <Route path=path!("/applications/:name") view=page::application::Application ssr=SsrMode::Async />
                    <Route path=path!("/access") view=page::access::Access ssr=SsrMode::Async />
                    <Route path=path!("/settings") view=page::settings::Settings ssr=SsrMode::Async />
                    <Route path=path!("/operations") view=page::operations::Operations ssr=SsrMode::Async />
                    <Route path=path!("/operations/:id") view=page::operation::Operation ssr=SsrMode::Async />
                </FlatRoutes>
            </Frame>
        </Router>
    }
}
