//! A new application: blueprint, what it means, where it goes.

use leptos::prelude::*;
use lighthouse_model::Permission;
use lighthouse_model::application::BlueprintText;

use crate::component::deploy::{Deploy, Draft};
use crate::component::loaded::Heading;
use crate::markup::view;
use crate::page::missing::Missing;
use crate::site::site;

#[component]
pub(crate) fn NewApplication() -> impl IntoView {
    if !site().can(Permission::ApplicationDeploy) {
        return view! { <Missing /> }.into_any();
    }
    let draft = Draft::new(None, BlueprintText::default(), None, String::new());
    view! {
        <Heading title="New application" />
        <Deploy draft />
    }
    .into_any()
}
