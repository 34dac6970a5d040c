//! What a viewer may do: named permissions, and the roles that bundle them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// A named right. Its text form, `object:verb`, is stable: tokens and the API carry it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Permission {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl Permission {
            /// Every permission there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable text form.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

permissions! {
    /// See containers, their state, their configuration (environment masked), their logs and statistics.
    ContainerView = "container:view",
    /// Start, stop, restart and remove containers.
    ContainerOperate = "container:operate",
    /// Open a terminal inside a container.
    ContainerTerminal = "container:terminal",
    /// Read a container's environment.
    ContainerEnvironment = "container:environment",
    /// See applications, their instances, releases and logs.
    ApplicationView = "application:view",
    /// Start, stop, restart and scale applications.
    ApplicationOperate = "application:operate",
    /// Read blueprints; plan, deploy, update and remove applications.
    ApplicationDeploy = "application:deploy",
    /// Give others rights on an application.
    ApplicationShare = "application:share",
    /// Use blueprint options that hand out the host: privileged, binds, devices, host namespaces.
    ApplicationReserved = "application:reserved",
    /// See hosts and pools.
    HostView = "host:view",
    /// Add, change and remove hosts and pools.
    HostManage = "host:manage",
    /// See operations.
    OperationView = "operation:view",
    /// Manage registry credentials.
    RegistryManage = "registry:manage",
    /// Make and change users; list and revoke their sessions.
    UsersManage = "users:manage",
    /// Read the record of who did what.
    AuditView = "audit:view",
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        Self::ALL
            .iter()
            .copied()
            .find(|p| p.as_str() == text)
            .ok_or(UnknownPermission)
    }
}

/// A text that names no permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there is no such permission")]
pub struct UnknownPermission;

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet(u32);

impl PermissionSet {
    /// No rights.
    pub const EMPTY: Self = Self(0);

    /// The set with one more.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | 1 << permission as u32)
    }

    /// Is it in the set?
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }

    /// What both sets have.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What either set has.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Does it hold everything `other` holds?
    pub const fn includes(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The permissions, in declaration order.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |p| self.contains(*p))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl Serialize for PermissionSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for PermissionSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Permission>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}

/// A bundle of permissions, given to a person by a row of `assignment`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees.
    Viewer,
    /// Sees and runs applications and containers.
    Operator,
    /// Everything.
    Administrator,
}

impl Role {
    /// Every role there is, from least to most.
    pub const ALL: &'static [Self] = &[Self::Viewer, Self::Operator, Self::Administrator];

    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
        }
    }

    /// The one table of what a role may do.
    pub fn permissions(self) -> PermissionSet {
        use Permission as P;
        let viewer = [
            P::ContainerView,
            P::ApplicationView,
            P::HostView,
            P::OperationView,
        ];
        let operator = [P::ContainerOperate, P::ApplicationOperate, P::ApplicationDeploy];
        match self {
            Self::Viewer => viewer.into_iter().collect(),
            Self::Operator => viewer.into_iter().chain(operator).collect(),
            Self::Administrator => P::ALL.iter().copied().collect(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL
            .iter()
            .copied()
            .find(|r| r.as_str() == text)
            .ok_or(UnknownRole)
    }
}

/// A text that names no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is `viewer`, `operator` or `administrator`")]
pub struct UnknownRole;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_includes_the_one_below() {
        for pair in Role::ALL.windows(2) {
            assert!(pair[1].permissions().includes(pair[0].permissions()));
        }
    }

    #[test]
    fn an_operator_has_neither_terminal_nor_environment_nor_share() {
        let operator = Role::Operator.permissions();
        for denied in [
            Permission::ContainerTerminal,
            Permission::ContainerEnvironment,
            Permission::ApplicationShare,
            Permission::ApplicationReserved,
            Permission::HostManage,
            Permission::UsersManage,
        ] {
            assert!(!operator.contains(denied), "{denied}");
        }
    }

    #[test]
    fn permissions_keep_their_text_form() {
        for permission in Permission::ALL {
            assert_eq!(permission.as_str().parse(), Ok(*permission));
        }
    }
}
