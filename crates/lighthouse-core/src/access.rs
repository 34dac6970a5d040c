//! The one gate: [`authorize`] decides, and its [`Grant`] is the only key to a use case.
//!
//! A grant's type names the permission, so a use case states in its signature what it needs and cannot be called
//! without it. What a viewer may not see answers *not found*; what they may see but not do is *forbidden*.

mod refusal;

use std::marker::PhantomData;

use lighthouse_model::{
    ApplicationId, ContainerKey, HostId, Name, OperationId, Permission, PermissionSet, Problem, SessionId,
    TokenId, UserId, ViewerView,
};
use serde::{Deserialize, Serialize};

pub use self::refusal::Refusals;
pub(crate) use self::refusal::Refused;

/// Who is asking, with the rights they have at this moment. Looked up for every request; never kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The account.
    pub user: UserId,
    /// Its name.
    pub name: Name,
    /// What they may do in the whole installation.
    pub permissions: PermissionSet,
    /// How they showed who they are.
    pub proof: Proof,
    /// The address they ask from, for the record.
    pub address: String,
    /// What was refused to them and is not written down yet.
    pub refusals: Refusals,
}

/// How a viewer showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// A browser session.
    Session(SessionId),
    /// A personal token.
    Token(TokenId),
}

impl Viewer {
    /// The viewer as pages know them.
    pub fn view(&self) -> ViewerView {
        ViewerView {
            user: self.user,
            name: self.name.to_string(),
            permissions: self.permissions,
        }
    }

    /// May they do this somewhere?
    pub const fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// The problem of not being allowed to do this, which the record is to hear of.
    pub(crate) fn forbidden(&self, permission: Permission, target: Target) -> Problem {
        self.refusals.add(permission, target);
        Problem::Forbidden { permission }
    }
}

/// What a permission is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The installation, or all objects of a kind.
    Installation,
    /// One host.
    Host(HostId),
    /// One container.
    Container(ContainerKey),
    /// One application.
    Application(ApplicationId),
    /// One operation.
    Operation(OperationId),
    /// One account.
    User(UserId),
}

impl Target {
    /// The permission without which the target is not even seen, given the one that is asked for it.
    fn sight(asked: Permission) -> Permission {
        use Permission as P;
        match asked {
            P::ContainerView | P::ContainerOperate | P::ContainerTerminal | P::ContainerEnvironment => {
                P::ContainerView
            }
            P::ApplicationView
            | P::ApplicationOperate
            | P::ApplicationDeploy
            | P::ApplicationShare
            | P::ApplicationReserved => P::ApplicationView,
            P::HostView | P::HostManage => P::HostView,
            P::OperationView => P::OperationView,
            P::RegistryManage => P::RegistryManage,
            P::UsersManage => P::UsersManage,
            P::AuditView => P::AuditView,
        }
    }
}

/// A permission as a type.
pub trait Right: Send + Sync + 'static {
    /// The permission.
    const PERMISSION: Permission;
}

macro_rules! rights {
    ($($name:ident),* $(,)?) => {
        /// The permissions as types, for grants.
        pub mod right {
            $(
                #[doc = concat!("[`Permission::", stringify!($name), "`](lighthouse_model::Permission::", stringify!($name), ").")]
                #[derive(Debug, Clone, Copy)]
                pub enum $name {}

                impl super::Right for $name {
                    const PERMISSION: super::Permission = super::Permission::$name;
                }
            )*
        }
    };
}

rights!(
    ContainerView,
    ContainerOperate,
    ContainerTerminal,
    ContainerEnvironment,
    ApplicationView,
    ApplicationOperate,
    ApplicationDeploy,
    ApplicationShare,
    HostView,
    HostManage,
    OperationView,
    RegistryManage,
    UsersManage,
    AuditView,
);

/// The proof that a viewer may do this to that object. Only [`authorize`] makes one.
#[derive(Debug, Clone)]
pub struct Grant<R: Right> {
    viewer: Viewer,
    target: Target,
    right: PhantomData<R>,
}

impl<R: Right> Grant<R> {
    /// Who may.
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// To what.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The grant as the journal keeps it.
    pub fn record(&self) -> GrantRecord {
        GrantRecord {
            user: self.viewer.user,
            permission: R::PERMISSION,
            target: self.target.clone(),
        }
    }
}

/// A grant as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantRecord {
    /// Who.
    pub user: UserId,
    /// What.
    pub permission: Permission,
    /// To what.
    pub target: Target,
}

/// Decides whether a viewer may do `R` to a target.
///
/// # Errors
/// [`Problem::NotFound`] when they may not even see it, [`Problem::Forbidden`] when they may see it but not do
/// this.
pub fn authorize<R: Right>(viewer: &Viewer, target: Target) -> Result<Grant<R>, Problem> {
    if viewer.may(R::PERMISSION) {
        return Ok(Grant {
            viewer: viewer.clone(),
            target,
            right: PhantomData,
        });
    }
    let forbidden = viewer.forbidden(R::PERMISSION, target);
    if viewer.may(Target::sight(R::PERMISSION)) {
        Err(forbidden)
    } else {
        Err(Problem::not_found("such page or object"))
    }
}

#[cfg(test)]
mod tests {
    use lighthouse_model::Role;

    use super::*;
    use crate::identity::NewId;

    fn viewer(permissions: PermissionSet) -> Viewer {
        Viewer {
            user: UserId::fresh(),
            name: "ada".parse().unwrap(),
            permissions,
            proof: Proof::Session(SessionId::fresh()),
            address: String::new(),
            refusals: Refusals::default(),
        }
    }

    #[test]
    fn what_may_be_seen_but_not_done_is_forbidden_and_the_rest_is_not_found() {
        let one = viewer(Role::Viewer.permissions());
        assert!(authorize::<right::ContainerView>(&one, Target::Installation).is_ok());
        assert!(matches!(
            authorize::<right::ContainerOperate>(&one, Target::Installation),
            Err(Problem::Forbidden {
                permission: Permission::ContainerOperate
            })
        ));
        assert!(matches!(
            authorize::<right::UsersManage>(&one, Target::Installation),
            Err(Problem::NotFound { .. })
        ));
    }
}
