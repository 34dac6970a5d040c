//! Start, stop, restart and remove of an application.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use lighthouse_model::application::ApplicationView;
use lighthouse_model::{Action, Actions};

use crate::calls::application::{act_on_application, remove_application};
use crate::component::confirm::{Confirm, Shown};
use crate::component::container_action::ActionButtons;
use crate::markup::view;
use crate::notice::notices;
use crate::site::site;
use crate::text;

#[component]
pub(crate) fn ApplicationControls(view: RwSignal<ApplicationView>) -> impl IntoView {
    let (site, notices, navigate) = (site(), notices(), use_navigate());
    let name = view.with_untracked(|view| view.row.name.to_string());
    let removal = Shown::new();
    let volumes = RwSignal::new(false);
    let go_to = move |id| {
        navigate(
            &site.href(&format!("/operations/{id}")),
            NavigateOptions {
                resolve: false,
                ..NavigateOptions::default()
            },
        );
    };
    let press = {
        let (name, go_to) = (name.clone(), go_to.clone());
        Callback::new(move |action| {
            if action == Action::Remove {
                removal.open();
                return;
            }
            let (name, go_to) = (name.clone(), go_to.clone());
            spawn_local(async move {
                match act_on_application(name, action).await {
                    Ok(id) => go_to(id),
                    Err(failure) => notices.failed(&failure),
                }
            });
        })
    };
    let remove = {
        let name = name.clone();
        move |()| {
            let (name, go_to) = (name.clone(), go_to.clone());
            let with_volumes = volumes.get_untracked();
            spawn_local(async move {
                match remove_application(name, with_volumes).await {
                    Ok(id) => go_to(id),
                    Err(failure) => notices.failed(&failure),
                }
            });
        }
    };
    let allowed = Signal::derive(move || -> Actions { view.read().row.allowed });
    let instances = move || {
        let view = view.read();
        let names = view.instances.iter().map(|instance| {
            let words = format!("{} on {}", instance.name, instance.host_name);
            view! { <li>{words}</li> }
        });
        names.collect_view()
    };
    let count = move || {
        let count = u32::try_from(view.read().instances.len()).unwrap_or(u32::MAX);
        text::counted(count, "instance", "instances")
    };
    view! {
        <ActionButtons allowed subject=name.clone() press />
        <Confirm shown=removal title=format!("Remove {name}?") button="Remove application" then=remove>
            <p>{count} " will be stopped and taken away, with the application’s networks."</p>
            <ul class="names">{instances}</ul>
            <label class="choice">
                <input
                    type="checkbox"
                    prop:checked=volumes
                    on:change=move |event| volumes.set(event_target_checked(&event))
                />
                "Remove its volumes too, with all their data"
            </label>
        </Confirm>
    }
}
