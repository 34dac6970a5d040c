//! One container as a line of a list.

use leptos::prelude::*;
use lighthouse_model::container::{ContainerRow, PublishedPort};
use lighthouse_model::{Action, ContainerKey};

use crate::clock::Ago;
use crate::component::container_action::{ActionButtons, act};
use crate::component::container_table::Selection;
use crate::component::status::Status;
use crate::markup::view;
use crate::notice::notices;
use crate::site::site;

/// Where its page is.
pub(crate) fn path(row: &ContainerRow) -> String {
    format!("/containers/{}/{}", row.host, row.key.id)
}

/// Ports as people write them: `8080→80`, with the address when it is not every one.
pub(crate) fn ports(ports: &[PublishedPort]) -> String {
    let mut words: Vec<String> = ports
        .iter()
        .filter_map(|port| {
            let outside = port.host_port?;
            let address = if port.address.is_empty() || port.address == "0.0.0.0" || port.address == "::" {
                String::new()
            } else {
                format!("{}:", port.address)
            };
            let protocol = if port.protocol == "tcp" {
                String::new()
            } else {
                format!("/{}", port.protocol)
            };
            Some(format!("{address}{outside}→{}{protocol}", port.container_port))
        })
        .collect();
    // The same port on IPv4 and IPv6 is one thing to people.
    words.dedup();
    words.join(", ")
}

#[component]
pub(crate) fn ContainerLine(
    row: ArcRwSignal<ContainerRow>,
    selection: Selection,
    ask_removal: Callback<(ContainerKey, String)>,
) -> impl IntoView {
    let site = site();
    let notices = notices();
    let row = RwSignal::from(row);
    let first = row.get_untracked();
    let (key, name) = (first.key.clone(), first.name.clone());
    let href = site.href(&path(&first));
    let press = {
        let (key, name) = (key.clone(), name.clone());
        Callback::new(move |action| {
            if action == Action::Remove {
                ask_removal.run((key.clone(), name.clone()));
            } else {
                act(notices, vec![key.clone()], action, name.clone());
            }
        })
    };
    let owner = first.application.as_ref().map(|application| {
        let words = match &first.service {
            Some(service) => format!("{application} / {service}"),
            None => application.clone(),
        };
        view! { <span class="muted small truncate">{words}</span> }
    });
    let chosen = {
        let key = key.clone();
        move || selection.contains(&key)
    };
    let choose = {
        let (key, name) = (key.clone(), name.clone());
        move |event| {
            let allowed = row.read_untracked().allowed;
            selection.set(&key, &name, allowed, event_target_checked(&event));
        }
    };
    let selectable = move || {
        let allowed = row.read().allowed;
        [Action::Start, Action::Stop, Action::Restart, Action::Remove]
            .into_iter()
            .any(|action| allowed.contains(action))
    };
    view! {
        <tr class:stale=move || row.read().stale_since.is_some()>
            <td class="pick">
                {move || {
                    let (choose, chosen) = (choose.clone(), chosen.clone());
                    let name = name.clone();
                    selectable()
                        .then(|| {
                            view! {
                                <input
                                    type="checkbox"
                                    aria-label=format!("Select {name}")
                                    prop:checked=chosen
                                    on:change=choose
                                />
                            }
                        })
                }}
            </td>
            <th scope="row">
                <a href=href class="truncate" title=first.name.clone()>
                    {first.name.clone()}
                </a>
                {owner}
            </th>
            <td class="state">
                <Status verdict=Signal::derive(move || row.read().verdict.clone()) />
                {move || {
                    row.read()
                        .stale_since
                        .map(|at| {
                            view! {
                                <span class="muted small">
                                    "as of " <Ago at />
                                </span>
                            }
                        })
                }}
            </td>
            <td class="host">
                <a class="truncate" href=site.href(&format!("/hosts/{}", first.host))>{first.host.to_string()}</a>
            </td>
            <td class="image">
                <span class="truncate" title=first.image.clone()>
                    {first.image.clone()}
                </span>
            </td>
            <td class="ports numbers">
                <span class="truncate">{move || ports(&row.read().ports)}</span>
            </td>
            <td class="since muted numbers">
                {move || row.read().since.map(|at| view! { <Ago at /> })}
            </td>
            <td class="do">
                <ActionButtons
                    allowed=Signal::derive(move || row.read().allowed)
                    subject=first.name
                    small=true
                    press
                />
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_written_once_and_short() {
        let port = |address: &str, host_port| PublishedPort {
            address: address.into(),
            host_port,
            container_port: 80,
            protocol: "tcp".into(),
        };
        assert_eq!(
            ports(&[
                port("0.0.0.0", Some(8080)),
                port("::", Some(8080)),
                port("", None)
            ]),
            "8080→80"
        );
        assert_eq!(ports(&[port("127.0.0.1", Some(8080))]), "127.0.0.1:8080→80");
    }
}
