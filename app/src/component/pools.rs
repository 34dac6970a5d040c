//! Pools: hosts chosen by a label query.

use leptos::prelude::*;
use leptos::task::spawn_local;
use lighthouse_model::host::PoolView;
use lighthouse_model::{Action, Name, Permission};

use crate::calls::host::{add_pool, list_pools, remove_pool};
use crate::component::confirm::{Dialog, Shown};
use crate::component::field::Field;
use crate::component::first_json::FirstJson;
use crate::failure::Failure;
use crate::notice::notices;
use crate::site::site;

#[component]
pub(crate) fn Pools() -> impl IntoView {
    let pools = Resource::<_, FirstJson>::new_with_options(|| (), |()| list_pools(), true);
    let manages = site().can(Permission::HostManage);
    let form = Shown::new();
    view! {
        <section class="panel">
            <header>
                <h2>"Pools"</h2>
                {manages
                    .then(|| {
                        view! {
                            <button type="button" on:click=move |_| form.open()>
                                "New pool"
                            </button>
                        }
                    })}
            </header>
            <p class="hint">"Applications are placed on a pool: hosts chosen by a query over names and labels."</p>
            <Transition>
                {move || Suspend::new(async move {
                    match pools.await {
                        Ok(list) => {
                            view! {
                                <ul class="lines">
                                    {list
                                        .into_iter()
                                        .map(|pool| view! { <Line pool pools /> })
                                        .collect_view()}
                                </ul>
                            }
                                .into_any()
                        }
                        Err(failure) => view! { <p role="alert">{failure.to_string()}</p> }.into_any(),
                    }
                })}
            </Transition>
        </section>
        {manages.then(|| view! { <PoolForm shown=form pools /> })}
    }
    .into_any()
}

type List = Resource<Result<Vec<PoolView>, Failure>, FirstJson>;

#[component]
fn Line(pool: PoolView, pools: List) -> impl IntoView {
    let notices = notices();
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
    let remove = pool
        .id
        .filter(|_| pool.allowed.contains(Action::Remove))
        .map(|id| {
            let name = pool.name.to_string();
            view! {
                <button
                    type="button"
                    class="small danger"
                    aria-label=format!("Remove pool {name}")
                    on:click=move |_| spawn_local(async move {
                        match remove_pool(id).await {
                            Ok(()) => pools.refetch(),
                            Err(failure) => notices.failed(&failure),
                        }
                    })
                >
                    "Remove"
                </button>
            }
        });
    view! {
        <li class="pool-line">
            <strong>{pool.name.to_string()}</strong>
            <code class="truncate">{query}</code>
            <span class="muted truncate" title=hosts.clone()>
                {if hosts.is_empty() { "no host matches".to_owned() } else { hosts.clone() }}
            </span>
            {remove}
        </li>
    }
}

#[component]
fn PoolForm(shown: Shown, pools: List) -> impl IntoView {
    let (name, query) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let trouble = RwSignal::new(None::<String>);
    let add = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        spawn_local(async move {
            match add_pool(name.get_untracked().trim().to_owned(), query.get_untracked()).await {
                Ok(_) => {
                    trouble.set(None);
                    name.set(String::new());
                    query.set(String::new());
                    shown.close();
                    pools.refetch();
                }
                Err(failure) => trouble.set(Some(failure.to_string())),
            }
        });
    };
    view! {
        <Dialog shown title="New pool">
            <form on:submit=add>
                <div class="dialog-body">
                    <Field id="pool-name" label="Pool name" value=name placeholder="eu" />
                    <Field
                        id="pool-query"
                        label="Hosts"
                        value=query
                        placeholder="label.zone:eu name:web-*"
                        hint="All terms must hold: name:web-* and label.key:value, with a leading - to turn one round."
                    />
                    <p class="answer" role="alert">
                        {trouble}
                    </p>
                </div>
                <footer>
                    <button type="submit" class="primary">"Create pool"</button>
                </footer>
            </form>
        </Dialog>
    }
}
