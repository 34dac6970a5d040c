//! People, sessions, tokens, registry credentials: who may come in, and how they are let in.
//!
//! What lives here: the first run, signing in, the viewer behind a token, and the use cases of the page *Access*.
//! What does not: cookies and forms (the server), and the session layer's calls ([`crate::sessions`]).
//!
//! Ending a right tells [`Change::Rights`](crate::change::Change::Rights), so that open sockets are cut. Passwords,
//! tokens and credentials never reach the record, an error or a log.

mod credentials;
mod first_run;
pub mod local;
mod own_sessions;
mod password;
mod sign_in;
mod throttle;
mod tokens;
mod users;

use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

use password::Hasher;
use throttle::Throttle;

pub use tokens::TokenRequest;
pub use users::UserChange;

/// What stands before every password: a bound on the work at once, and on the attempts.
#[derive(Debug)]
pub(crate) struct Door {
    hasher: Hasher,
    throttle: Mutex<Throttle>,
    first_run: tokio::sync::Mutex<()>,
}

impl Default for Door {
    fn default() -> Self {
        Self {
            hasher: Hasher::new(Arc::new(Semaphore::new(password::AT_ONCE))),
            throttle: Mutex::default(),
            first_run: tokio::sync::Mutex::default(),
        }
    }
}
