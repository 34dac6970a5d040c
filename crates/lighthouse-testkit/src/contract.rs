//! What every store promises, as scenarios: each is run over the store in memory and over the real one, so that
//! tests of use cases may trust the first.
//!
//! A scenario panics when a promise is broken. Each starts from an empty store of its own.

#![expect(
    clippy::panic,
    reason = "a scenario is a test: it ends where a promise is broken"
)]

mod accounts;
mod applications;
mod hosts;
mod journal;

use lighthouse_core::Secret;
use lighthouse_core::access::{GrantRecord, Target};
use lighthouse_core::identity::NewId;
use lighthouse_core::store::{
    ApplicationRecord, AuditRecord, OperationRecord, StepRecord, Store, StoreResult, UserRecord,
};
use lighthouse_model::operation::{OperationKind, OperationState, StepKind, StepStatus};
use lighthouse_model::{ApplicationId, HostId, Name, OperationId, Permission, Role, UserId};

/// Runs every scenario. `fresh` gives an empty store each time it is called.
pub async fn run<S, F>(mut fresh: impl FnMut() -> F)
where
    S: Store + 'static,
    F: Future<Output = S>,
{
    hosts::hosts_and_pools(&fresh().await).await;
    hosts::credentials(&fresh().await).await;
    hosts::settings(&fresh().await).await;
    accounts::first_run(fresh().await).await;
    accounts::accounts(&fresh().await).await;
    accounts::an_administrator_stays(&fresh().await).await;
    accounts::sessions(&fresh().await).await;
    accounts::tokens(&fresh().await).await;
    applications::applications(&fresh().await).await;
    applications::instances_and_objects(&fresh().await).await;
    journal::acceptance_is_all_or_nothing(&fresh().await).await;
    journal::one_change_at_a_time(fresh().await).await;
    journal::steps_and_epochs(&fresh().await).await;
    journal::pages_of_operations(&fresh().await).await;
    journal::the_record(&fresh().await).await;
}

fn name(text: &str) -> Name {
    match text.parse() {
        Ok(name) => name,
        Err(cause) => panic!("{text}: {cause}"),
    }
}

fn ok<T>(result: StoreResult<T>) -> T {
    match result {
        Ok(value) => value,
        Err(cause) => panic!("{cause:?}"),
    }
}

fn some<T>(value: Option<T>) -> T {
    match value {
        Some(value) => value,
        None => panic!("nothing was found"),
    }
}

macro_rules! refused {
    ($result:expr, $pattern:pat) => {
        match $result {
            Err($pattern) => {}
            other => panic!("expected {}, got {other:?}", stringify!($pattern)),
        }
    };
}
use refused;

fn user(text: &str, role: Role) -> UserRecord {
    UserRecord {
        id: UserId::fresh(),
        name: name(text),
        password_hash: Secret::new(format!("hash of {text}")),
        role,
        enabled: true,
        created_at: 1,
        last_sign_in: None,
    }
}

fn application(text: &str) -> ApplicationRecord {
    ApplicationRecord {
        id: ApplicationId::fresh(),
        name: name(text),
        generation: 1,
        pool: None,
        release: None,
        scale: [("web".to_owned(), 3)].into(),
        running: true,
        created_at: 5,
    }
}

fn operation(application: Option<ApplicationId>) -> OperationRecord {
    OperationRecord {
        id: OperationId::fresh(),
        kind: OperationKind::Deploy,
        target: "shop".to_owned(),
        application,
        actor: "ada".to_owned(),
        grant: GrantRecord {
            user: UserId::fresh(),
            permission: Permission::ApplicationDeploy,
            target: Target::Installation,
        },
        epoch: 1,
        state: OperationState::Pending,
        created_at: 10,
        ended_at: None,
        payload: r#"{"secret":"in the payload"}"#.to_owned(),
    }
}

fn step(operation: OperationId, n: u32) -> StepRecord {
    StepRecord {
        operation,
        n,
        host: HostId::fresh(),
        subject: format!("web-{n}"),
        instance: Some(format!("web-{n}")),
        generation: 1,
        kind: StepKind::Create,
        intent_at: None,
        outcome_at: None,
        status: StepStatus::Pending,
        code: None,
        message: None,
        detail: None,
    }
}

fn audit(action: &str) -> AuditRecord {
    AuditRecord {
        at: 11,
        actor: "ada".to_owned(),
        address: "10.0.0.1".to_owned(),
        action: action.to_owned(),
        target: "shop".to_owned(),
        outcome: "accepted".to_owned(),
        operation: Some(OperationId::fresh()),
        detail: String::new(),
    }
}
