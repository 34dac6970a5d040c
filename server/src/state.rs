//! What every handler shares.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lighthouse_app::SiteContext;
use lighthouse_core::Console;
use lighthouse_model::{TokenId, UserId};

use crate::origin::PublicUrl;
use crate::rate::RateLimit;
use crate::site::Manifest;

/// What every handler shares; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The parts of [`AppState`].
pub struct Shared {
    /// The console.
    pub console: Console,
    /// The site.
    pub site: Manifest,
    /// What pages are told of the installation.
    pub context: SiteContext,
    /// The URL people open, if it was given.
    pub public_url: Option<PublicUrl>,
    /// Do people come over HTTPS?
    pub secure: bool,
    /// Proxies whose word on the client's address counts.
    pub trusted_proxies: Vec<IpAddr>,
    /// The session cookie's name: one per installation, so that two consoles on one host do not fight.
    pub cookie: String,
    /// Requests per person and token.
    pub rate: RateLimit<Asker>,
    /// Set once everything runs, cleared when the console begins to stop.
    pub ready: AtomicBool,
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asker {
    /// A person, over all their sessions.
    Person(UserId),
    /// A token.
    Token(TokenId),
}

impl AppState {
    /// Shares the parts.
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    /// A path with the base path before it.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.context.base_path)
    }

    /// Is everything running?
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
