//! What the gate refused while a request was served, kept until the entry point writes it down.
//!
//! The gate itself is a pure function and knows no store. So that no way in can forget the record, what it refuses
//! stays with the viewer whom it refused, and [`Console::note_refusals`](crate::Console::note_refusals) empties it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lighthouse_model::Permission;

use super::Target;

/// Refusals of one request that are kept; a socket that lives for days asks the gate again and again.
const MOST: usize = 8;

/// One thing that was not allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The missing right.
    pub(crate) permission: Permission,
    /// To what.
    pub(crate) target: Target,
}

#[derive(Default)]
struct Kept {
    named: Option<String>,
    refused: Vec<Refused>,
}

/// What was refused to a viewer since it was last written down. Clones share it.
#[derive(Clone, Default)]
pub struct Refusals(Arc<Mutex<Kept>>);

impl Refusals {
    /// Says in words what the request is about, where the gate is asked before names are looked up.
    pub fn are_about(&self, what: impl Into<String>) {
        self.kept().named = Some(what.into());
    }

    /// Keeps what was refused.
    pub(crate) fn add(&self, permission: Permission, target: Target) {
        let mut kept = self.kept();
        let refused = Refused { permission, target };
        if kept.refused.len() < MOST && !kept.refused.contains(&refused) {
            kept.refused.push(refused);
        }
    }

    /// Hands over what was refused, with the words for what it was about.
    pub(crate) fn take(&self) -> (Option<String>, Vec<Refused>) {
        let mut kept = self.kept();
        (kept.named.take(), std::mem::take(&mut kept.refused))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.kept().refused).finish()
    }
}

/// Two viewers are the same whatever was refused to them.
impl PartialEq for Refusals {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Refusals {}
