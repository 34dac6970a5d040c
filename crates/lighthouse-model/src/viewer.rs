//! Who is looking, as the pages know it.

use serde::{Deserialize, Serialize};

use crate::{PermissionSet, UserId};

/// The person in front of the page. Handed to the browser with the page itself, so nothing flickers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewerView {
    /// The account.
    pub user: UserId,
    /// The account's name.
    pub name: String,
    /// What they may do anywhere in the installation. Views carry what may be done to each object; this is for
    /// entries of menus and empty states.
    pub permissions: PermissionSet,
}
