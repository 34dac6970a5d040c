//! The caller's own things, registry credentials, and what this installation is.

use leptos::prelude::*;
use lighthouse_model::Permission;

use crate::calls::access::my_sessions;
use crate::component::account::{OwnPassword, Sessions, Whose};
use crate::component::credentials::Credentials;
use crate::component::first_json::FirstJson;
use crate::component::loaded::Heading;
use crate::component::tokens::Tokens;
use crate::site::site;

#[component]
pub(crate) fn Settings() -> impl IntoView {
    let site = site();
    let sessions = Resource::<_, FirstJson>::new_with_options(|| (), |()| my_sessions(), true);
    view! {
        <Heading title="Settings" />
        <Tokens />
        <OwnPassword />
        <Sessions whose=Whose::Own sessions />
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
    .into_any()
}
