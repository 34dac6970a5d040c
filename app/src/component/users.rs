//! People: who they are, what they may do, whether they may sign in.

use leptos::prelude::*;
use lighthouse_model::account::UserRow;
use lighthouse_model::{Action, Role};

use crate::calls::access::list_users;
use crate::clock::Ago;
use crate::component::form::{Form, Hidden, Line, Opener, Sheet, listed};
use crate::markup::view;

const PAGE: &str = "/access";

#[component]
pub(crate) fn Users() -> impl IntoView {
    view! {
        <section class="panel">
            <header>
                <h2>"People"</h2>
                <Opener sheet="new-person" label="New person" />
            </header>
            {listed(list_users(), "Nobody yet.", |user| view! { <Person user /> }.into_any())}
        </section>
        <NewPerson />
    }
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
fn Person(user: UserRow) -> impl IntoView {
    let edits = user.allowed.contains(Action::Edit);
    let (enabled, role) = (user.enabled, user.role);
    let seen = match user.last_sign_in {
        Some(at) => view! { "signed in " <Ago at /> }.into_any(),
        None => "never signed in".into_any(),
    };
    view! {
        <li class="user-line">
            <strong>{user.name.clone()}</strong>
            {(!edits).then(|| view! { <span>{role.as_str()}</span> })}
            {(!enabled).then(|| view! { <span class="tag warn">"disabled"</span> })}
            <span class="muted small words">{seen}</span>
            {edits.then(|| view! { <Controls user /> })}
        </li>
    }
}

#[component]
fn Controls(user: UserRow) -> impl IntoView {
    let id = user.id.to_string();
    // Each form keeps its own.
    let (for_role, for_state, for_password) = (id.clone(), id.clone(), id.clone());
    let name = user.name;
    let (role, enabled) = (user.role, user.enabled);
    let sheet = format!("password-{id}");
    let title = format!("Password of {name}");
    view! {
        <Form page=PAGE call="users/change" class="inline">
            <Hidden name="user" value=for_role />
            <Hidden name="enabled:bool" value=enabled.to_string() />
            <select name="role" aria-label=format!("Role of {name}") data-send="">
                {role_options(role)}
            </select>
            <noscript>
                <button type="submit" class="small">
                    "Change role"
                </button>
            </noscript>
        </Form>
        <Opener sheet=sheet.clone() label="Set password" class="small" />
        <Form page=PAGE call="users/change" class="inline">
            <Hidden name="user" value=for_state />
            <Hidden name="role" value=role.as_str() />
            <Hidden name="enabled:bool" value=(!enabled).to_string() />
            <button type="submit" class="small">
                {if enabled { "Disable" } else { "Enable" }}
            </button>
        </Form>
        <Sheet id=sheet.clone() title=title>
            <Form page=PAGE call="users/password">
                <Hidden name="user" value=for_password />
                <div class="dialog-body">
                    <Line
                        id=format!("{sheet}-new")
                        name="password:secret"
                        label="New password"
                        kind="password"
                        autocomplete="new-password"
                        hint="At least 10 characters."
                    />
                    <p class="answer" role="alert" data-answer=""></p>
                </div>
                <footer>
                    <button type="submit" class="primary">
                        "Set password"
                    </button>
                </footer>
            </Form>
        </Sheet>
    }
}

#[component]
fn NewPerson() -> impl IntoView {
    view! {
        <Sheet id="new-person" title="New person">
            <Form page=PAGE call="users/add">
                <div class="dialog-body">
                    <Line id="user-name" name="name" label="Name" hint="Lower-case letters, digits, - and _." />
                    <Line
                        id="user-password"
                        name="password:secret"
                        label="First password"
                        kind="password"
                        autocomplete="new-password"
                        hint="At least 10 characters. They can change it under Settings."
                    />
                    <div class="field">
                        <label for="user-role">"Role"</label>
                        <select id="user-role" name="role">
                            {role_options(Role::Viewer)}
                        </select>
                        <p class="hint">
                            "Viewers see. Operators also run and deploy. Administrators do everything."
                        </p>
                    </div>
                    <p class="answer" role="alert" data-answer=""></p>
                </div>
                <footer>
                    <button type="submit" class="primary">
                        "Create person"
                    </button>
                </footer>
            </Form>
        </Sheet>
    }
}
