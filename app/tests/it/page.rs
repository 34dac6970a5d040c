//! Renders a page the way the server does, without a console behind it.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::reactive::owner::Owner;
use leptos_meta::ServerMetaContext;
use leptos_router::location::RequestUrl;
use lighthouse_app::{App, SiteContext, Visit};
use lighthouse_model::{Role, UserId, ViewerView};

/// The HTML of a page below `base`. Data of pages stay out: there is no console.
pub(crate) fn render(base: &str, path: &str, visit: Visit) -> String {
    // Twice is an error and means that another test was first.
    let _ = any_spawner::Executor::init_tokio();
    let owner = Owner::new_root(Some(Arc::new(hydration_context::SsrSharedContext::new())));
    owner.with(|| {
        let (meta, _output) = ServerMetaContext::new();
        provide_context(meta);
        provide_context(RequestUrl::new(&format!("http://localhost{base}{path}")));
        provide_context(SiteContext {
            base_path: base.to_owned(),
            build: "test".to_owned(),
            ..SiteContext::default()
        });
        provide_context(visit);
        view! { <App /> }.into_view().to_html()
    })
}

/// A person with a role.
pub(crate) fn viewer(role: Role) -> ViewerView {
    ViewerView {
        user: UserId::from_uuid(uuid::Uuid::nil()),
        name: "ada".to_owned(),
        permissions: role.permissions(),
    }
}
