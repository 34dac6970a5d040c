//! The caller's own things, registry credentials, and what this installation is.

use leptos::prelude::*;
use lighthouse_model::Permission;

use crate::component::account::{OwnPassword, OwnSessions};
use crate::component::credentials::Credentials;
use crate::component::form::Outcome;
use crate::component::loaded::Heading;
use crate::component::tokens::Tokens;
use crate::markup::view;
use crate::site::site;

#[component]
pub(crate) fn Settings() -> impl IntoView {
    let site = site();
    view! {
        <Heading title="Settings" />
        <Outcome />
        <Tokens />
        <OwnPassword />
        <OwnSessions />
        {site.can(Permission::RegistryManage).then(|| view! { <Credentials /> })}
        <section class="panel">
            <header>
                <h2>"This installation"</h2>
            </header>
            <dl class="facts">
                <dt>"Build"</dt>
                <dd>
                    <code>{site.build()}</code>
                </dd>
                <dt>"HTTP API"</dt>
                <dd>
                    <a href=site.href("/api/v1/openapi.json") rel="external">
                        "Description (OpenAPI)"
                    </a>
                </dd>
            </dl>
        </section>
    }
}
