//! `lighthouse serve`: joins the adapters to the core and serves until it is told to stop.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lighthouse_app::SiteContext;
use lighthouse_core::console::Ports;
use lighthouse_core::store::Installation;
use lighthouse_core::{Console, Secret, SystemClock};
use lighthouse_docker::DockerEngines;
use lighthouse_store::SqliteStore;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::nearby;
use crate::configuration::Configuration;
use crate::rate::RateLimit;
use crate::site::Manifest;
use crate::state::{AppState, Shared};
use crate::{listener, router};

/// How long the console takes to stop at most.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// Serves until SIGTERM or SIGINT.
pub(super) async fn serve(configuration: Configuration) -> Result<(), String> {
    let tls = configuration
        .tls
        .as_ref()
        .map(|(certificate, key)| listener::tls(certificate, key))
        .transpose()?;
    let store = SqliteStore::open(&configuration.data)
        .await
        .map_err(|why| why.to_string())?;
    let installation = store.installation_id().to_owned();
    let listener = TcpListener::bind(configuration.listen)
        .await
        .map_err(|why| format!("cannot listen on {}: {why}", configuration.listen))?;
    let address = listener.local_addr().map_err(|why| why.to_string())?;
    let console = Console::start(Ports {
        clock: Arc::new(SystemClock),
        store: Arc::new(store),
        engines: Arc::new(DockerEngines),
        installation: installation.clone(),
    })
    .await
    .map_err(|why| with_causes(&why))?;

    let secure = tls.is_some()
        || configuration
            .public_url
            .as_ref()
            .is_some_and(crate::origin::PublicUrl::is_secure);
    let base = configuration.public_url.as_ref().map_or_else(
        || format!("{}://{address}", if tls.is_some() { "https" } else { "http" }),
        ToString::to_string,
    );
    first_run(&console, &configuration, &base).await?;
    if let Err(why) = console.discover(nearby::engines()).await {
        tracing::warn!(why = %with_causes(&why), "no engine could be looked for");
    }

    let site = Manifest::load();
    let build = site.build();
    let state = AppState::new(Shared {
        context: SiteContext {
            base_path: configuration.base_path().to_owned(),
            build,
            js: format!("/{}", site.script),
            wasm: format!("/{}", site.wasm),
            css: format!("/{}", site.style),
        },
        console: console.clone(),
        site,
        public_url: configuration.public_url.clone(),
        secure,
        trusted_proxies: configuration.trusted_proxies.clone(),
        cookie: format!("lighthouse_{}", installation.get(..8).unwrap_or("session")),
        rate: RateLimit::default(),
        ready: AtomicBool::new(true),
    });
    tracing::info!(%address, data = %configuration.data.display(), "listening");
    say(&format!("Lighthouse is at {base}/"));

    let stop = console.stopping();
    let serving = tokio::spawn(listener::serve(
        listener,
        tls,
        router::router(state.clone()),
        stop.clone(),
    ));
    wait_for_the_end().await;
    tracing::info!("stopping");
    state.ready.store(false, Ordering::Release);
    let orderly = async {
        console.stop().await;
        serving.await.ok();
    };
    if tokio::time::timeout(STOP_WITHIN, orderly).await.is_err() {
        tracing::warn!("not everything came to its end in time; operations go on at the next start");
    }
    Ok(())
}

/// Prints the one-time link while there is no account.
async fn first_run(console: &Console, configuration: &Configuration, base: &str) -> Result<(), String> {
    let given = configuration.setup_token.clone().map(Secret::new);
    let automated = given.is_some();
    let token = console
        .setup_token(given)
        .await
        .map_err(|why| with_causes(&why))?;
    if let (Some(token), false) = (token, automated) {
        say(&format!(
            "\nNobody has an account yet. Open this link once to become the administrator:\n\n    {base}/setup?token={}\n",
            token.expose()
        ));
    }
    Ok(())
}

async fn wait_for_the_end() {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}

fn say(text: &str) {
    // The link must reach the person at the terminal whatever the log filter says.
    writeln!(std::io::stderr(), "{text}").ok();
}

fn with_causes(error: &lighthouse_core::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(next) = source {
        text.push_str(" — ");
        text.push_str(&next.to_string());
        source = next.source();
    }
    text
}
