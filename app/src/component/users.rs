//! People: who they are, what they may do, whether they may sign in.

use leptos::prelude::*;
use lighthouse_model::account::UserRow;
use lighthouse_model::{Action, Role};

use crate::calls::access::{add_user, change_user, list_users, set_user_password};
use crate::clock::Ago;
use crate::component::confirm::{Dialog, Shown};
use crate::component::field::Field;
use crate::component::first_json::FirstJson;
use crate::component::listed::{List, change, listed};
use crate::notice::notices;

#[component]
pub(crate) fn Users() -> impl IntoView {
    let users: List<UserRow> = Resource::<_, FirstJson>::new_with_options(|| (), |()| list_users(), true);
    let form = Shown::new();
    view! {
        <section class="panel">
            <header>
                <h2>"People"</h2>
                <button type="button" on:click=move |_| form.open()>
                    "New person"
                </button>
            </header>
            {listed(users, "Nobody yet.", move |user| view! { <Line user users /> }.into_any())}
        </section>
        <UserForm shown=form users />
    }
    .into_any()
}

fn role_options(now: Role) -> AnyView {
    Role::ALL
        .iter()
        .map(|role| {
            view! {
                <option value=role.as_str() selected=*role == now>
                    {role.as_str()}
                </option>
            }
        })
        .collect_view()
        .into_any()
}

#[component]
fn Line(user: UserRow, users: List<UserRow>) -> impl IntoView {
    let notices = notices();
    let (id, enabled, role) = (user.id, user.enabled, user.role);
    let name = user.name.clone();
    let edits = user.allowed.contains(Action::Edit);
    let password = Shown::new();
    let refetch = move || users.refetch();
    let set_role = move |event| {
        if let Ok(role) = event_target_value(&event).parse::<Role>() {
            change(
                notices,
                "Role changed.".to_owned(),
                change_user(id, role, enabled),
                refetch,
            );
        }
    };
    let turn = move |_| {
        let words = if enabled {
            "Account disabled; its sessions end."
        } else {
            "Account enabled."
        };
        change(
            notices,
            words.to_owned(),
            change_user(id, role, !enabled),
            refetch,
        );
    };
    let controls = edits.then(|| {
        view! {
            <select aria-label=format!("Role of {name}") on:change=set_role>
                {role_options(role)}
            </select>
            <button type="button" class="small" on:click=move |_| password.open()>
                "Set password"
            </button>
            <button type="button" class="small" on:click=turn>
                {if enabled { "Disable" } else { "Enable" }}
            </button>
            <PasswordForm shown=password name=name.clone() user=id />
        }
    });
    view! {
        <li class="user-line">
            <strong>{user.name.clone()}</strong>
            {(!edits).then(|| view! { <span>{role.as_str()}</span> })}
            {(!enabled).then(|| view! { <span class="tag warn">"disabled"</span> })}
            <span class="muted small words">
                {match user.last_sign_in {
                    Some(at) => {
                        view! {
                            "signed in "
                            <Ago at />
                        }
                            .into_any()
                    }
                    None => "never signed in".into_any(),
                }}
            </span>
            {controls}
        </li>
    }
}

#[component]
fn PasswordForm(shown: Shown, name: String, user: lighthouse_model::UserId) -> impl IntoView {
    let notices = notices();
    let password = RwSignal::new(String::new());
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let call = set_user_password(user, password.get_untracked());
        change(
            notices,
            "Password set; their sessions end.".to_owned(),
            call,
            move || {
                password.set(String::new());
                shown.close();
            },
        );
    };
    view! {
        <Dialog shown title=format!("Password of {name}")>
            <form on:submit=save>
                <div class="dialog-body">
                    <Field
                        id="set-password"
                        label="New password"
                        value=password
                        kind="password"
                        autocomplete="new-password"
                        hint="At least 12 characters."
                    />
                </div>
                <footer>
                    <button type="submit" class="primary">"Set password"</button>
                </footer>
            </form>
        </Dialog>
    }
    .into_any()
}

#[component]
fn UserForm(shown: Shown, users: List<UserRow>) -> impl IntoView {
    let notices = notices();
    let (name, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let role = RwSignal::new(Role::Viewer);
    let add = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let call = async move {
            let name = name.get_untracked().trim().to_owned();
            add_user(name, password.get_untracked(), role.get_untracked())
                .await
                .map(|_| ())
        };
        change(
            notices,
            format!("{} can sign in now.", name.get_untracked()),
            call,
            move || {
                name.set(String::new());
                password.set(String::new());
                shown.close();
                users.refetch();
            },
        );
    };
    view! {
        <Dialog shown title="New person">
            <form on:submit=add>
                <div class="dialog-body">
                    <Field id="user-name" label="Name" value=name hint="Lower-case letters, digits, - and _." />
                    <Field
                        id="user-password"
                        label="First password"
                        value=password
                        kind="password"
                        autocomplete="new-password"
                        hint="At least 12 characters. They can change it under Settings."
                    />
                    <div class="field">
                        <label for="user-role">"Role"</label>
                        <select
                            id="user-role"
                            on:change=move |event| {
                                if let Ok(chosen) = event_target_value(&event).parse() {
                                    role.set(chosen);
                                }
                            }
                        >
                            {role_options(Role::Viewer)}
                        </select>
                        <p class="hint">
                            "Viewers see. Operators also run and deploy. Administrators do everything."
                        </p>
                    </div>
                </div>
                <footer>
                    <button type="submit" class="primary">"Create person"</button>
                </footer>
            </form>
        </Dialog>
    }
    .into_any()
}
