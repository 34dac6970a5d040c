//! What the server tells a page about itself: where it lives, which build it is, who is looking.

use leptos::prelude::*;
use lighthouse_model::live::Pulse;
use lighthouse_model::{Millis, Permission, Problem, ViewerView};
use serde::{Deserialize, Serialize};

/// The installation, as every page needs it. Provided by the server as a context; the same for all requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteContext {
    /// Empty, or such as `/lighthouse`: what every path begins with. Never ends with a slash.
    pub base_path: String,
    /// The build; a page of another build is offered a reload.
    pub build: String,
    /// The path of the module that starts the WASM, without the base path.
    pub js: String,
    /// The path of the WASM, without the base path.
    pub wasm: String,
    /// The path of the stylesheet, without the base path.
    pub css: String,
}

/// One request, as its page needs it. Provided by the server as a context.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visit {
    /// Who asks; `None` for a stranger.
    pub viewer: Option<ViewerView>,
    /// The console's clock.
    pub now: Millis,
    /// How the fleet is.
    pub pulse: Pulse,
    /// Set when a sign-in or first-run form comes back: what was wrong with it.
    pub problem: Option<Problem>,
    /// The name given in that form. The password is never given back.
    pub name: String,
    /// Where the form was to lead after signing in; the query's `next` when empty.
    pub next: String,
    /// The one-time token the form carried; the query's `token` when empty.
    pub token: String,
    /// The call that a form made before this page; see [`crate::form::done`].
    pub said: String,
    /// What a form brought to light and no later page will show.
    pub secret: Option<String>,
}

/// The colour scheme a person chose; kept in a cookie, so that the first paint is right.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Scheme {
    /// The cookie it is kept in. It holds no secret and scripts write it.
    pub const COOKIE: &'static str = "lighthouse_scheme";

    /// The word in the cookie and on the root element.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the scheme out of a `Cookie` header.
    pub fn from_cookies(header: &str) -> Self {
        let value = header
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == Self::COOKIE)
            .map(|(_, value)| value);
        match value {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    pub(crate) const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }
}

/// What travels with the page into the browser.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Boot {
    pub(crate) base: String,
    pub(crate) build: String,
    pub(crate) viewer: Option<ViewerView>,
    pub(crate) scheme: Scheme,
    pub(crate) pulse: Pulse,
}

impl Boot {
    /// Gathers it from the contexts that the server provides; empty in the browser and for route lists.
    pub(crate) fn gather() -> Self {
        let site = use_context::<SiteContext>().unwrap_or_default();
        let visit = use_context::<Visit>().unwrap_or_default();
        Self {
            base: site.base_path,
            build: site.build,
            viewer: visit.viewer,
            scheme: request_scheme(),
            pulse: visit.pulse,
        }
    }
}

#[cfg(feature = "ssr")]
fn request_scheme() -> Scheme {
    use_context::<http::request::Parts>()
        .and_then(|parts| {
            let header = parts.headers.get(http::header::COOKIE)?.to_str().ok()?;
            Some(Scheme::from_cookies(header))
        })
        .unwrap_or_default()
}

#[cfg(not(feature = "ssr"))]
fn request_scheme() -> Scheme {
    Scheme::default()
}

/// The page's handle on [`Boot`]; cheap to copy into handlers.
#[derive(Clone, Copy)]
pub(crate) struct Site(StoredValue<Boot>);

impl Site {
    pub(crate) fn provide(boot: Boot) -> Self {
        let site = Self(StoredValue::new(boot));
        provide_context(site);
        site
    }

    /// A path of this installation, such as `/hosts`, with the base path.
    pub(crate) fn href(self, path: &str) -> String {
        self.0.with_value(|boot| format!("{}{path}", boot.base))
    }

    pub(crate) fn base(self) -> String {
        self.0.with_value(|boot| boot.base.clone())
    }

    pub(crate) fn build(self) -> String {
        self.0.with_value(|boot| boot.build.clone())
    }

    pub(crate) fn viewer(self) -> Option<ViewerView> {
        self.0.with_value(|boot| boot.viewer.clone())
    }

    pub(crate) fn scheme(self) -> Scheme {
        self.0.with_value(|boot| boot.scheme)
    }

    /// How the fleet was when the page was rendered.
    pub(crate) fn pulse(self) -> Pulse {
        self.0.with_value(|boot| boot.pulse)
    }

    /// May the viewer do this anywhere? For menus and empty states; objects carry their own `allowed`.
    pub(crate) fn can(self, permission: Permission) -> bool {
        self.0.with_value(|boot| {
            boot.viewer
                .as_ref()
                .is_some_and(|viewer| viewer.permissions.contains(permission))
        })
    }
}

/// The page's [`Site`]. To be called while a component is built, not in a handler.
pub(crate) fn site() -> Site {
    expect_context::<Site>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_found_among_other_cookies() {
        assert_eq!(
            Scheme::from_cookies("a=b; lighthouse_scheme=dark; c=d"),
            Scheme::Dark
        );
        assert_eq!(Scheme::from_cookies("lighthouse_scheme=pink"), Scheme::System);
        assert_eq!(Scheme::from_cookies(""), Scheme::System);
    }
}
