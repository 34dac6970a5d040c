//! A console to ask: router, store in memory, one pretended engine with one container, one account per role.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, Method, Request, StatusCode};
use lighthouse_app::SiteContext;
use lighthouse_core::access::{Proof, right};
use lighthouse_core::accounts::TokenRequest;
use lighthouse_core::console::Ports;
use lighthouse_core::{Clock, Console, Secret, Target, Viewer, authorize};
use lighthouse_docker::DockerEngines;
use lighthouse_model::host::{ConnectionInput, HostInput};
use lighthouse_model::{Millis, PermissionSet, Role, UserId};
use lighthouse_server::origin::PublicUrl;
use lighthouse_server::rate::RateLimit;
use lighthouse_server::router;
use lighthouse_server::site::Manifest;
use lighthouse_server::state::{AppState, Shared};
use lighthouse_testkit::MemoryStore;
use lighthouse_testkit::fake::FakeEngine;
use serde_json::json;
use tower::ServiceExt;

/// The name the console is asked under.
pub(crate) const AUTHORITY: &str = "lighthouse.test";
/// Where its own pages come from.
pub(crate) const OWN: &str = "http://lighthouse.test";
/// The session cookie's name.
pub(crate) const SESSION: &str = "lighthouse_test";
/// Everybody's password.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// The setup token.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";

/// Goes with the machine's clock, and can be moved on.
#[derive(Debug, Default)]
pub(crate) struct MovableClock(std::sync::atomic::AtomicI64);

impl MovableClock {
    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap();
        self.0.fetch_add(by, std::sync::atomic::Ordering::AcqRel);
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Millis {
        lighthouse_core::SystemClock.now() + self.0.load(std::sync::atomic::Ordering::Acquire)
    }
}

/// A console to ask.
pub(crate) struct Bench {
    pub(crate) console: Console,
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<MovableClock>,
    pub(crate) engine: FakeEngine,
    /// The id of the container on host `h1`.
    pub(crate) container: String,
    base: &'static str,
    _folder: tempfile::TempDir,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers
            .get(LOCATION)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The session cookie as it is sent back, when one was set.
    pub(crate) fn cookie(&self) -> Option<String> {
        let cookies = self.headers.get_all(SET_COOKIE).iter();
        cookies
            .map(|value| value.to_str().unwrap())
            .find(|value| value.starts_with(SESSION) && !value.starts_with(&format!("{SESSION}=;")))
            .map(|value| value.split(';').next().unwrap().to_owned())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.body))
    }
}

/// How somebody shows who they are.
#[derive(Debug, Clone)]
pub(crate) enum Pass {
    Nothing,
    Cookie(String),
    Bearer(String),
}

impl Bench {
    /// Nobody has an account yet.
    pub(crate) async fn bare() -> Self {
        Self::below("").await
    }

    /// Nobody has an account yet, and everything is below a base path.
    pub(crate) async fn below(base: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = FakeEngine::on_socket(folder.path().join("engine.sock"))
            .await
            .unwrap();
        let now = |info: &mut serde_json::Value| info["SystemTime"] = "2026-01-01T00:00:00Z".into();
        engine.on("GET", "/info").edit(now);
        let container = engine
            .run("web", json!({"Image": "sample:1", "Env": ["WORD=xyzzy"]}))
            .unwrap();
        let store = MemoryStore::default();
        let clock = Arc::new(MovableClock::default());
        let console = Console::start(Ports {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            store: Arc::new(store.clone()),
            engines: Arc::new(DockerEngines),
            installation: "test".to_owned(),
        })
        .await
        .unwrap();
        console
            .setup_token(Some(Secret::new(TOKEN.to_owned())))
            .await
            .unwrap();
        Self {
            console,
            store,
            clock,
            engine,
            container,
            base,
            _folder: folder,
        }
    }

    /// `viewer`, `operator` and `administrator` have accounts, and the engine is host `h1`.
    pub(crate) async fn new() -> Self {
        Self::peopled(Self::bare().await).await
    }

    /// With accounts and a host.
    pub(crate) async fn peopled(self) -> Self {
        let (token, password) = (Secret::new(TOKEN.to_owned()), Secret::new(PASSWORD.to_owned()));
        let console = &self.console;
        console
            .set_up(&token, "administrator", &password, "10.0.0.1")
            .await
            .unwrap();
        let boss = self.person("administrator").await;
        let grant = authorize::<right::UsersManage>(&boss, Target::Installation).unwrap();
        for role in [Role::Viewer, Role::Operator] {
            console
                .add_user(&grant, role.as_str(), &password, role)
                .await
                .unwrap();
        }
        let grant = authorize::<right::HostManage>(&boss, Target::Installation).unwrap();
        let input = HostInput {
            name: "h1".to_owned(),
            connection: ConnectionInput::Unix {
                path: self.engine.socket().display().to_string(),
            },
            labels: std::collections::BTreeMap::new(),
        };
        console.add_host(&grant, input).await.unwrap();
        let seen = authorize::<right::ContainerView>(&boss, Target::Installation).unwrap();
        let window = lighthouse_model::live::ContainerWindow {
            limit: 10,
            ..Default::default()
        };
        let listed = async {
            while console.container_page(&seen, &window).1.total == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), listed)
            .await
            .expect("the engine is listed");
        self
    }

    /// Somebody as the core knows them.
    pub(crate) async fn person(&self, name: &str) -> Viewer {
        use lighthouse_core::identity::NewId;
        let id = self.id_of(name).await;
        let proof = Proof::Session(lighthouse_model::SessionId::fresh());
        self.console.viewer(id, proof, "10.0.0.1").await.unwrap().unwrap()
    }

    pub(crate) async fn id_of(&self, name: &str) -> UserId {
        use lighthouse_core::store::AccountStore;
        self.store.user_by_name(name).await.unwrap().unwrap().id
    }

    /// A router with nobody's requests counted yet.
    pub(crate) fn router(&self) -> Router {
        let public_url =
            (!self.base.is_empty()).then(|| PublicUrl::parse(&format!("{OWN}{}", self.base)).unwrap());
        router::router(AppState::new(Shared {
            console: self.console.clone(),
            site: Manifest::default(),
            context: SiteContext {
                base_path: self.base.to_owned(),
                build: "build-1".to_owned(),
                js: "/pkg/lighthouse-1.js".to_owned(),
                wasm: "/pkg/lighthouse-1.wasm".to_owned(),
                css: "/pkg/lighthouse-1.css".to_owned(),
            },
            public_url,
            secure: false,
            trusted_proxies: Vec::new(),
            cookie: SESSION.to_owned(),
            rate: RateLimit::default(),
            ready: AtomicBool::new(true),
        }))
    }

    /// Asks, as a page of the console would.
    pub(crate) async fn ask(
        &self,
        pass: &Pass,
        method: Method,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, AUTHORITY);
        request = match pass {
            Pass::Nothing => request.header(ORIGIN, OWN),
            Pass::Cookie(cookie) => request.header(ORIGIN, OWN).header(COOKIE, cookie),
            Pass::Bearer(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
        };
        let body = match body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    /// Asks for a page.
    pub(crate) async fn get(&self, pass: &Pass, path: &str) -> Answer {
        self.ask(pass, Method::GET, path, None).await
    }

    /// Sends any request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        answer(self.router(), request).await
    }

    /// Sends a form as a browser would, from the page it stands on.
    pub(crate) async fn form(&self, path: &str, fields: &str, cookie: Option<&str>) -> Answer {
        let mut request = Request::post(path)
            .header(HOST, AUTHORITY)
            .header(ORIGIN, OWN)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(cookie) = cookie {
            request = request.header(COOKIE, cookie);
        }
        self.send(request.body(Body::from(fields.to_owned())).unwrap())
            .await
    }

    /// Signs in through the form.
    pub(crate) async fn signed_in(&self, name: &str) -> Pass {
        let fields = format!("name={name}&password={}", PASSWORD.replace(' ', "+"));
        let path = format!("{}/login", self.base);
        let answer = self.form(&path, &fields, None).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        Pass::Cookie(answer.cookie().expect("a session cookie"))
    }

    /// A token of somebody.
    pub(crate) async fn token(&self, name: &str, scope: Option<PermissionSet>) -> Pass {
        let request = TokenRequest {
            name: "test".to_owned(),
            scope,
            days: None,
        };
        let owner = self.person(name).await;
        Pass::Bearer(self.console.add_token(&owner, request).await.unwrap().secret)
    }
}

/// Sends a request to a router, as from an address of the local network.
pub(crate) async fn answer(router: Router, mut request: Request<Body>) -> Answer {
    let peer: SocketAddr = "10.0.0.7:4711".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 16 * 1024 * 1024).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}
