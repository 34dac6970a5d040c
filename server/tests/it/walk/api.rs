//! Every route of the HTTP API.

use std::collections::BTreeSet;

use http::Method;
use lighthouse_model::{Permission as P, Role};
use serde_json::{Value, json};

use super::{Asker, Fate, judge, people, report, tokens};
use crate::console::{Bench, Pass};

/// An id that nothing has.
const NOBODY: &str = "00000000-0000-7000-8000-00000000dead";

struct Route {
    method: Method,
    /// As the OpenAPI document writes it.
    template: &'static str,
    /// As it is asked.
    path: String,
    body: Option<Value>,
    needs: Option<P>,
}

fn route(method: Method, template: &'static str, path: &str, needs: impl Into<Option<P>>) -> Route {
    let rest = template.trim_start_matches("/api/v1");
    Route {
        method,
        template,
        path: format!("/api/v1{}", if path.is_empty() { rest } else { path }),
        body: None,
        needs: needs.into(),
    }
}

impl Route {
    fn with(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

fn table(container: &str) -> Vec<Route> {
    let container = format!("/containers/h1/{container}");
    let deploy = json!({"blueprint": {"compose": "services: {web: {image: sample}}"}});
    let get = Method::GET;
    let post = Method::POST;
    let delete = Method::DELETE;
    vec![
        route(get.clone(), "/api/v1/applications", "", P::ApplicationView),
        route(
            get.clone(),
            "/api/v1/applications/{name}",
            "/applications/shop",
            P::ApplicationView,
        ),
        route(
            Method::PUT,
            "/api/v1/applications/{name}",
            "/applications/Not-A-Name",
            P::ApplicationDeploy,
        )
        .with(deploy.clone()),
        route(
            delete.clone(),
            "/api/v1/applications/{name}",
            "/applications/shop",
            P::ApplicationDeploy,
        ),
        route(
            post.clone(),
            "/api/v1/applications/{name}/plan",
            "/applications/shop/plan",
            P::ApplicationDeploy,
        )
        .with(deploy),
        route(
            post.clone(),
            "/api/v1/applications/{name}/scale",
            "/applications/shop/scale",
            P::ApplicationOperate,
        )
        .with(json!({"service": "web", "replicas": 2})),
        route(
            post.clone(),
            "/api/v1/applications/{name}/actions",
            "/applications/shop/actions",
            P::ApplicationOperate,
        )
        .with(json!({"action": "stop"})),
        route(
            get.clone(),
            "/api/v1/applications/{name}/releases",
            "/applications/shop/releases",
            P::ApplicationView,
        ),
        route(
            get.clone(),
            "/api/v1/applications/{name}/blueprint",
            "/applications/shop/blueprint",
            P::ApplicationDeploy,
        ),
        route(
            get.clone(),
            "/api/v1/applications/{name}/log",
            "/applications/shop/log",
            P::ApplicationView,
        ),
        route(get.clone(), "/api/v1/containers", "", P::ContainerView),
        route(
            post.clone(),
            "/api/v1/containers/actions",
            "",
            P::ContainerOperate,
        )
        .with(json!({"action": "stop", "containers": []})),
        route(
            get.clone(),
            "/api/v1/containers/{host}/{id}",
            &container,
            P::ContainerView,
        ),
        route(
            get.clone(),
            "/api/v1/containers/{host}/{id}/log",
            &format!("{container}/log"),
            P::ContainerView,
        ),
        route(get.clone(), "/api/v1/hosts", "", P::HostView),
        route(post.clone(), "/api/v1/hosts", "", P::HostManage).with(json!({
            "name": "Not A Name", "connection": {"kind": "unix", "path": "/nowhere.sock"}
        })),
        route(post.clone(), "/api/v1/host-tests", "", P::HostManage)
            .with(json!({"connection": {"kind": "unix", "path": "/nowhere.sock"}})),
        route(get.clone(), "/api/v1/hosts/{name}", "/hosts/h1", P::HostView),
        route(Method::PATCH, "/api/v1/hosts/{name}", "/hosts/h1", P::HostManage)
            .with(json!({"labels": {"zone": "eu"}, "version": 0})),
        route(
            delete.clone(),
            "/api/v1/hosts/{name}",
            "/hosts/none",
            P::HostManage,
        ),
        route(post.clone(), "/api/v1/me/password", "", None::<P>)
            .with(json!({"current": "correct horse battery", "new": "short"})),
        route(get.clone(), "/api/v1/operations", "", P::OperationView),
        route(
            get.clone(),
            "/api/v1/operations/{id}",
            &format!("/operations/{NOBODY}"),
            P::OperationView,
        ),
        route(
            post.clone(),
            "/api/v1/operations/{id}/cancel",
            &format!("/operations/{NOBODY}/cancel"),
            P::ApplicationOperate,
        ),
        route(get.clone(), "/api/v1/pools", "", P::HostView),
        route(post.clone(), "/api/v1/pools", "", P::HostManage)
            .with(json!({"name": "Not A Name", "query": ""})),
        route(
            delete.clone(),
            "/api/v1/pools/{id}",
            &format!("/pools/{NOBODY}"),
            P::HostManage,
        ),
        route(get.clone(), "/api/v1/record", "", P::AuditView),
        route(get.clone(), "/api/v1/registries", "", P::RegistryManage),
        route(post.clone(), "/api/v1/registries", "", P::RegistryManage)
            .with(json!({"registry": "two words", "username": "x", "secret": "y"})),
        route(
            delete.clone(),
            "/api/v1/registries/{id}",
            &format!("/registries/{NOBODY}"),
            P::RegistryManage,
        ),
        route(get.clone(), "/api/v1/sessions", "", None::<P>),
        route(
            delete.clone(),
            "/api/v1/sessions/{id}",
            &format!("/sessions/{NOBODY}"),
            None::<P>,
        ),
        route(get.clone(), "/api/v1/tokens", "", None::<P>),
        route(post.clone(), "/api/v1/tokens", "", None::<P>).with(json!({"name": ""})),
        route(
            delete.clone(),
            "/api/v1/tokens/{id}",
            &format!("/tokens/{NOBODY}"),
            None::<P>,
        ),
        route(get, "/api/v1/users", "", P::UsersManage),
        route(post, "/api/v1/users", "", P::UsersManage).with(json!({
            "name": "Not A Name", "password": "long enough it is", "role": "viewer"
        })),
        route(
            Method::PATCH,
            "/api/v1/users/{id}",
            &format!("/users/{NOBODY}"),
            P::UsersManage,
        )
        .with(json!({})),
        route(
            delete,
            "/api/v1/users/{id}",
            &format!("/users/{NOBODY}"),
            P::UsersManage,
        ),
    ]
}

/// What is described, and therefore what is served: both are made together.
fn served() -> BTreeSet<String> {
    let (_, document) = lighthouse_server::api::described("");
    let document: Value = serde_json::from_str(&document.to_json().unwrap()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_ascii_uppercase()))
        })
        .collect()
}

#[test]
fn the_table_has_every_route_and_no_other() {
    let table: BTreeSet<String> = table("0")
        .iter()
        .map(|route| format!("{} {}", route.method, route.template))
        .collect();
    assert_eq!(table, served());
}

async fn walk(bench: &Bench, askers: &[Asker]) -> Vec<String> {
    let mut wrong = Vec::new();
    for asker in askers {
        for route in table(&bench.container) {
            let mut expected = asker.expected(route.needs);
            // Nobody gives rights that they lack: making a viewer takes every right of a viewer as well.
            let gives = route.method == Method::POST && route.template == "/api/v1/users";
            let lacks = asker
                .rights
                .is_some_and(|own| !own.includes(Role::Viewer.permissions()));
            if gives && lacks && expected == Fate::Through {
                expected = Fate::Forbidden;
            }
            let asked = (route.method, route.path.as_str());
            wrong.extend(judge(bench, asker, asked, route.body, expected).await);
        }
    }
    wrong
}

#[tokio::test]
async fn each_person_gets_what_their_role_may() {
    let bench = Bench::new().await;
    let askers = people(&bench).await;
    report(&walk(&bench, &askers).await);
}

#[tokio::test]
async fn each_token_gets_what_its_scope_may() {
    let bench = Bench::new().await;
    let askers = tokens(&bench).await;
    report(&walk(&bench, &askers).await);
}

#[tokio::test]
async fn who_may_not_see_objects_learns_nothing_from_names() {
    let bench = Bench::new().await;
    let scope = [P::OperationView].into_iter().collect();
    let token = bench.token("administrator", Some(scope)).await;
    let there = bench.get(&token, "/api/v1/hosts/h1").await;
    let not_there = bench.get(&token, "/api/v1/hosts/h2").await;
    assert_eq!((there.status, there.body), (not_there.status, not_there.body));
    let there = format!("/api/v1/containers/h1/{}", bench.container);
    let there = bench.get(&token, &there).await;
    let not_there = format!("/api/v1/containers/h2/{}", bench.container);
    let not_there = bench.get(&token, &not_there).await;
    assert_eq!((there.status, there.body), (not_there.status, not_there.body));
}

#[tokio::test]
async fn a_call_that_does_not_exist_is_a_problem_and_no_page() {
    let bench = Bench::new().await;
    let viewer = bench.signed_in("viewer").await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let answer = bench.ask(&viewer, method.clone(), "/api/v1/nothing", None).await;
        assert_eq!(answer.status, 404, "{}", answer.body);
        assert_eq!(answer.headers["content-type"], "application/problem+json");
        let stranger = bench.ask(&Pass::Nothing, method, "/api/v1/nothing", None).await;
        assert_eq!(stranger.status, 401);
    }
}
