//! An application's releases, and the editor that begins with the blueprint of one of them.

use leptos::prelude::*;
use lighthouse_model::Action;
use lighthouse_model::application::{ApplicationView, ReleaseRow};

use crate::calls::application::blueprint;
use crate::clock::Ago;
use crate::component::deploy::{Deploy, Draft};
use crate::component::first_json::FirstJson;
use crate::markup::view;
use crate::site::site;

#[component]
pub(crate) fn Releases(view: RwSignal<ApplicationView>) -> impl IntoView {
    let site = site();
    let line = move |release: ReleaseRow, newest: bool| {
        let name = view.with_untracked(|view| view.row.name.to_string());
        let deploys = view.read().row.allowed.contains(Action::Deploy);
        let number = release.number;
        let back = (deploys && !newest).then(|| {
            view! {
                <a
                    class="button small"
                    href=site.href(&format!("/applications/{name}?view=blueprint&release={number}"))
                    aria-label=format!("Roll back to release {number}")
                >
                    "Roll back"
                </a>
            }
        });
        let images = release
            .images
            .into_iter()
            .map(|(service, image)| {
                view! {
                    <dt>{service}</dt>
                    <dd>
                        <code>{image}</code>
                    </dd>
                }
            })
            .collect_view();
        view! {
            <li class="release-line">
                <strong class="numbers">{format!("#{number}")}</strong>
                <div>
                    <p>
                        {if release.reason.is_empty() { "no reason given".to_owned() } else { release.reason }}
                    </p>
                    <p class="muted small">
                        {release.author} " " <Ago at=release.at /> " · "
                        <a href=site.href(&format!("/operations/{}", release.operation))>"operation"</a>
                    </p>
                    <details>
                        <summary class="small">"Images"</summary>
                        <dl class="facts small">{images}</dl>
                    </details>
                </div>
                {if newest { view! { <span class="tag">"newest"</span> }.into_any() } else { back.into_any() }}
            </li>
        }
    };
    view! {
        <section class="panel">
            <ul class="lines">
                {move || {
                    view.get()
                        .releases
                        .into_iter()
                        .enumerate()
                        .map(|(at, release)| line(release, at == 0))
                        .collect_view()
                }}
            </ul>
            {move || {
                view.read()
                    .releases
                    .is_empty()
                    .then(|| view! { <p class="muted">"No release yet: the first deploy has not ended."</p> })
            }}
        </section>
    }
}

#[component]
pub(crate) fn EditBlueprint(
    name: String,
    view: RwSignal<ApplicationView>,
    release: Option<i64>,
) -> impl IntoView {
    let asked = name.clone();
    let text = Resource::<_, FirstJson>::new_with_options(
        move || (asked.clone(), release),
        |(name, release)| blueprint(name, release),
        true,
    );
    view! {
        {release
            .map(|number| {
                view! {
                    <p class="stale-note">
                        {format!("This is the blueprint of release #{number}. Deploy it to roll back.")}
                    </p>
                }
            })}
        <Suspense fallback=|| view! { <p class="loading">"Loading…"</p> }>
            {move || {
                let name = name.clone();
                Suspend::new(async move {
                    match text.await {
                        Ok(text) => {
                            let (generation, pool) = view
                                .with_untracked(|view| (view.row.generation, view.pool.to_string()));
                            let readable = text.compose.clone();
                            let draft = Draft::new(Some(name), text, Some(generation), pool);
                            view! {
                                <pre class="no-script">{readable}</pre>
                                <Deploy draft />
                            }
                                .into_any()
                        }
                        Err(failure) => {
                            view! {
                                <p class="form-trouble" role="alert">
                                    {failure.to_string()}
                                </p>
                            }
                                .into_any()
                        }
                    }
                })
            }}
        </Suspense>
    }
}
