//! The operations journal and the record of who did what.

use std::sync::Arc;

use lighthouse_core::identity::NewId;
use lighthouse_core::store::{Acceptance, OperationFilter, StepOutcome, StepRecord, Store, StoreError};
use lighthouse_model::OperationId;
use lighthouse_model::operation::{OperationState, StepStatus};

use super::applications::release;
use super::{application, audit, ok, operation, refused, some, step};

fn outcome(status: StepStatus) -> StepOutcome {
    StepOutcome {
        status,
        code: Some("port-in-use".to_owned()),
        message: Some("Port 80 is in use.".to_owned()),
        detail: Some("driver failed".to_owned()),
    }
}

pub(super) async fn acceptance_is_all_or_nothing(store: &impl Store) {
    let mut shop = application("shop");
    let op = operation(Some(shop.id));
    let steps = [step(op.id, 0), step(op.id, 1)];
    let with = Acceptance {
        application: Some(shop.clone()),
        release: Some(release(shop.id, 1, op.id)),
    };
    ok(store.accept(&op, &steps, &with, &audit("deploy")).await);
    let (stored, its_steps) = some(ok(store.operation(op.id).await));
    assert_eq!(stored, op);
    assert_eq!(its_steps, steps);
    assert_eq!(ok(store.audit(None, 10).await).len(), 1);
    ok(store.set_state(op.id, 1, OperationState::Failed, 30).await);

    // A stale edit, a taken release number and a taken name leave nothing behind.
    let refusals = [
        (3, 2, shop.name.clone(), "stale"),
        (2, 1, shop.name.clone(), "taken"),
        (1, 1, application("shop").name, "taken"),
    ];
    for (generation, number, name, expected) in refusals {
        let another = operation(Some(shop.id));
        let mut record = shop.clone();
        (record.generation, record.name) = (generation, name);
        if generation == 1 {
            record.id = application("other").id;
        }
        let with = Acceptance {
            application: Some(record),
            release: Some(release(shop.id, number, another.id)),
        };
        match store.accept(&another, &steps, &with, &audit("deploy")).await {
            Err(StoreError::Stale) if expected == "stale" => {}
            Err(StoreError::Taken(_)) if expected == "taken" => {}
            other => panic!("expected {expected}, got {other:?}"),
        }
        assert_eq!(ok(store.operation(another.id).await), None);
    }
    let new_twice = Acceptance {
        application: Some(shop.clone()),
        release: None,
    };
    let again = operation(Some(shop.id));
    refused!(
        store.accept(&again, &[], &new_twice, &audit("deploy")).await,
        StoreError::Stale
    );
    assert_eq!(ok(store.audit(None, 10).await).len(), 1);
    assert_eq!(ok(store.releases(shop.id, 10).await).len(), 1);
    shop.generation = 2;
    let with = Acceptance {
        application: Some(shop.clone()),
        release: None,
    };
    let op = operation(Some(shop.id));
    ok(store.accept(&op, &[], &with, &audit("scale")).await);
    assert_eq!(ok(store.application_by_id(shop.id).await), Some(shop));
}

pub(super) async fn one_change_at_a_time(store: impl Store + 'static) {
    let shop = application("shop");
    let store = Arc::new(store);
    let none = Acceptance::default();
    let attempts: Vec<_> = (0..20)
        .map(|_| {
            let store = Arc::clone(&store);
            let op = operation(Some(shop.id));
            let none = none.clone();
            tokio::spawn(async move { store.accept(&op, &[], &none, &audit("restart")).await })
        })
        .collect();
    let (mut accepted, mut busy) = (0, 0);
    for attempt in attempts {
        match attempt.await {
            Ok(Ok(())) => accepted += 1,
            Ok(Err(StoreError::Busy { actor, .. })) => {
                assert_eq!(actor, "ada");
                busy += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((accepted, busy), (1, 19));

    // Containers without an application have no such limit.
    for _ in 0..2 {
        ok(store
            .accept(&operation(None), &[], &none, &audit("restart"))
            .await);
    }

    // An interrupted operation goes on only when no other one has begun.
    let (active, _) = ok(store.unfinished().await).remove(0);
    ok(store
        .set_state(active.id, 1, OperationState::Interrupted, 5)
        .await);
    let next = operation(Some(shop.id));
    ok(store.accept(&next, &[], &none, &audit("restart")).await);
    match store.set_state(active.id, 1, OperationState::Running, 6).await {
        Err(StoreError::Busy { operation, .. }) => assert_eq!(operation, next.id),
        other => panic!("{other:?}"),
    }
    ok(store.set_state(next.id, 1, OperationState::Succeeded, 7).await);
    ok(store.set_state(active.id, 1, OperationState::Running, 8).await);
    let (back, _) = some(ok(store.operation(active.id).await));
    assert_eq!((back.state, back.ended_at), (OperationState::Running, None));
}

pub(super) async fn steps_and_epochs(store: &impl Store) {
    let op = operation(None);
    let steps = [step(op.id, 0), step(op.id, 1)];
    let none = Acceptance::default();
    ok(store.accept(&op, &steps, &none, &audit("deploy")).await);
    ok(store.set_state(op.id, 1, OperationState::Running, 12).await);

    ok(store.begin_step(op.id, 1, 0, 13).await);
    ok(store
        .end_step(op.id, 1, 0, 14, &outcome(StepStatus::Warning))
        .await);
    refused!(store.begin_step(op.id, 1, 0, 15).await, StoreError::Stale);
    let failed = outcome(StepStatus::Failed);
    refused!(store.end_step(op.id, 1, 0, 15, &failed).await, StoreError::Stale);
    refused!(store.begin_step(op.id, 1, 7, 15).await, StoreError::Missing);
    let (_, stored) = some(ok(store.operation(op.id).await));
    let expected = StepRecord {
        intent_at: Some(13),
        outcome_at: Some(14),
        status: StepStatus::Warning,
        code: failed.code.clone(),
        message: failed.message.clone(),
        detail: failed.detail.clone(),
        ..steps[0].clone()
    };
    assert_eq!(stored, [expected, steps[1].clone()]);

    // What nobody can tell may be told later; what was not needed has no intent.
    let unknown = outcome(StepStatus::Unknown);
    ok(store.begin_step(op.id, 1, 1, 16).await);
    ok(store.end_step(op.id, 1, 1, 17, &unknown).await);
    ok(store.begin_step(op.id, 1, 1, 18).await);
    ok(store
        .end_step(op.id, 1, 1, 19, &outcome(StepStatus::Succeeded))
        .await);
    ok(store.add_steps(op.id, 1, &[step(op.id, 2), step(op.id, 3)]).await);
    let twice = store.add_steps(op.id, 1, &[step(op.id, 3)]).await;
    refused!(twice, StoreError::Taken(_));
    ok(store
        .end_step(op.id, 1, 2, 20, &outcome(StepStatus::Skipped))
        .await);
    let counts = ok(store.step_counts(&[op.id, OperationId::fresh()]).await);
    assert_eq!(counts, [(op.id, (3, 4))].into());

    // Whoever takes over raises the epoch; the writer before can write no more.
    assert_eq!(ok(store.take_over(op.id).await), 2);
    refused!(store.begin_step(op.id, 1, 3, 21).await, StoreError::Stale);
    refused!(store.end_step(op.id, 1, 3, 21, &failed).await, StoreError::Stale);
    let late = store.set_state(op.id, 1, OperationState::Failed, 21).await;
    refused!(late, StoreError::Stale);
    let late = store.add_steps(op.id, 1, &[step(op.id, 4)]).await;
    refused!(late, StoreError::Stale);
    ok(store.begin_step(op.id, 2, 3, 22).await);
    ok(store.end_step(op.id, 2, 3, 23, &failed).await);
    assert_eq!(ok(store.unfinished().await).len(), 1);
    ok(store.set_state(op.id, 2, OperationState::Failed, 24).await);
    let late = store.set_state(op.id, 2, OperationState::Succeeded, 25).await;
    refused!(late, StoreError::Stale);
    let late = store.add_steps(op.id, 2, &[step(op.id, 4)]).await;
    refused!(late, StoreError::Stale);
    let (ended, _) = some(ok(store.operation(op.id).await));
    assert_eq!((ended.state, ended.ended_at), (OperationState::Failed, Some(24)));
    assert_eq!(ok(store.unfinished().await), []);

    let nothing = OperationId::fresh();
    assert_eq!(ok(store.operation(nothing).await), None);
    refused!(store.take_over(nothing).await, StoreError::Missing);
    refused!(store.begin_step(nothing, 1, 0, 1).await, StoreError::Missing);
    let late = store.set_state(nothing, 1, OperationState::Failed, 1).await;
    refused!(late, StoreError::Missing);
    refused!(store.add_steps(nothing, 1, &[]).await, StoreError::Missing);
}

pub(super) async fn pages_of_operations(store: &impl Store) {
    let shop = application("shop");
    let mut all = Vec::new();
    for n in 0..5 {
        let op = operation((n % 2 == 0).then_some(shop.id));
        ok(store
            .accept(&op, &[step(op.id, 0)], &Acceptance::default(), &audit("deploy"))
            .await);
        if n < 4 {
            ok(store.set_state(op.id, 1, OperationState::Succeeded, 20).await);
        }
        all.insert(0, op.id);
    }
    let page = async |filter: OperationFilter| {
        let found = ok(store.operations(&filter).await);
        assert!(found.iter().all(|op| op.payload.is_empty()));
        found.into_iter().map(|op| op.id).collect::<Vec<_>>()
    };
    let everything = OperationFilter {
        limit: 10,
        ..OperationFilter::default()
    };
    assert_eq!(page(everything.clone()).await, all);
    let first = OperationFilter {
        limit: 2,
        ..everything.clone()
    };
    assert_eq!(page(first).await, all[..2]);
    let second = OperationFilter {
        before: Some(all[1]),
        limit: 2,
        ..everything.clone()
    };
    assert_eq!(page(second).await, all[2..4]);
    let of_shop = OperationFilter {
        application: Some(shop.id),
        ..everything.clone()
    };
    assert_eq!(page(of_shop).await, [all[0], all[2], all[4]]);
    let open = OperationFilter {
        states: vec![OperationState::Pending, OperationState::Running],
        ..everything
    };
    assert_eq!(page(open).await, all[..1]);
    let unfinished = ok(store.unfinished().await);
    assert_eq!(unfinished.len(), 1);
    let (op, steps) = &unfinished[0];
    assert_eq!((op.id, steps.len()), (all[0], 1));
    assert!(!op.payload.is_empty());
}

pub(super) async fn the_record(store: &impl Store) {
    assert_eq!(ok(store.audit(None, 10).await), []);
    for n in 0..3 {
        ok(store.append(&audit(&format!("action-{n}"))).await);
    }
    let newest = ok(store.audit(None, 2).await);
    let words: Vec<_> = newest.iter().map(|(_, row)| row.action.as_str()).collect();
    assert_eq!(words, ["action-2", "action-1"]);
    let older = ok(store.audit(Some(newest[1].0), 2).await);
    assert_eq!(older.len(), 1);
    assert_eq!(older[0].1.action, "action-0");
    assert_eq!(older[0].1.address, "10.0.0.1");
}
