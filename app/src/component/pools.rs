//! Pools: hosts chosen by a label query.

use leptos::prelude::*;
use lighthouse_model::host::PoolView;
use lighthouse_model::{Action, Name, Permission};

use crate::calls::host::list_pools;
use crate::component::form::{Form, Hidden, Line, Opener, Sheet, listed};
use crate::markup::view;
use crate::site::site;

const PAGE: &str = "/hosts";

#[component]
pub(crate) fn Pools() -> impl IntoView {
    let manages = site().can(Permission::HostManage);
    view! {
        <section class="panel">
            <header>
                <h2>"Pools"</h2>
                {manages.then(|| view! { <Opener sheet="new-pool" label="New pool" /> })}
            </header>
            <p class="hint">"Applications are placed on a pool: hosts chosen by a query over names and labels."</p>
            {listed(list_pools(), "No pool yet.", |pool| view! { <Pool pool /> }.into_any())}
        </section>
        {manages.then(|| view! { <NewPool /> })}
    }
}

#[component]
fn Pool(pool: PoolView) -> impl IntoView {
    let query = if pool.query.is_empty() {
        "every host".to_owned()
    } else {
        pool.query.clone()
    };
    let hosts = pool
        .hosts
        .iter()
        .map(Name::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let words = if hosts.is_empty() {
        "no host matches".to_owned()
    } else {
        hosts.clone()
    };
    let label = format!("Remove pool {}", pool.name);
    let remove = pool
        .id
        .filter(|_| pool.allowed.contains(Action::Remove))
        .map(|id| {
            view! {
                <Form page=PAGE call="pools/remove" class="inline">
                    <Hidden name="pool" value=id.to_string() />
                    <button type="submit" class="small danger" aria-label=label>
                        "Remove"
                    </button>
                </Form>
            }
        });
    view! {
        <li class="pool-line">
            <strong>{pool.name.to_string()}</strong>
            <code class="truncate">{query}</code>
            <span class="muted truncate" title=hosts>
                {words}
            </span>
            {remove}
        </li>
    }
}

#[component]
fn NewPool() -> impl IntoView {
    view! {
        <Sheet id="new-pool" title="New pool">
            <Form page=PAGE call="pools/add">
                <div class="dialog-body">
                    <Line id="pool-name" name="name" label="Pool name" placeholder="eu" />
                    <Line
                        id="pool-query"
                        name="query"
                        label="Hosts"
                        placeholder="label.zone:eu name:web-*"
                        hint="All terms must hold: name:web-* and label.key:value, with a leading - to turn one round."
                    />
                    <p class="answer" role="alert" data-answer=""></p>
                </div>
                <footer>
                    <button type="submit" class="primary">
                        "Create pool"
                    </button>
                </footer>
            </Form>
        </Sheet>
    }
}
