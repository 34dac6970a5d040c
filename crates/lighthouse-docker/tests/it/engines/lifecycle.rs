//! From creation to removal.

use futures::StreamExt;
use lighthouse_core::engine::{EngineError, Find};
use lighthouse_model::container::ContainerState;

use super::{everywhere, named, shell};

#[tokio::test]
async fn a_container_lives_and_every_step_may_be_repeated() {
    everywhere(async |place| {
        let engine = &place.engine;
        engine.ping().await.unwrap();
        let (facts, clock) = engine.facts().await.unwrap();
        assert_eq!(facts.version, place.host().version());
        assert_eq!(facts.api_version, place.host().api_version());
        assert!(!facts.engine_id.is_empty() && facts.memory > 0 && facts.cpus > 0);
        assert!(clock > 1_700_000_000_000);

        let name = named(place, "life");
        let id = engine.create(&name, &shell("sleep 1000")).await.unwrap();
        let created = engine.list_one(&id).await.unwrap().unwrap();
        assert_eq!(created.state, ContainerState::Created);
        assert_eq!((created.name.as_str(), created.exit_code), (name.as_str(), None));
        assert!((created.created_at - clock).abs() < 60_000);

        let mut events = engine.events().await.unwrap();
        engine.start(&id).await.unwrap();
        engine.start(&id).await.unwrap();
        let running = place.until(&id, |c| c.state == ContainerState::Running).await;
        assert_eq!(running.exit_code, None);

        engine.stop(&id, Some(0)).await.unwrap();
        engine.stop(&id, Some(0)).await.unwrap();
        // 26.1 answers a stop before its list knows.
        let stopped = place.until(&id, |c| c.state == ContainerState::Exited).await;
        assert_eq!(stopped.exit_code, Some(137));
        let inspected = engine.inspect(&id).await.unwrap();
        assert_eq!(inspected.summary.exit_code, Some(137));
        assert!(inspected.finished_at.unwrap() >= inspected.started_at.unwrap());
        assert!(!inspected.out_of_memory);

        engine.restart(&id, Some(0)).await.unwrap();
        let other = named(place, "after-life");
        engine.rename(&id, &other).await.unwrap();
        assert!(engine.find(&Find::Name(name.clone())).await.unwrap().is_empty());
        let found = engine.find(&Find::Name(other.clone())).await.unwrap();
        assert_eq!((found.len(), &found[0].id), (1, &id));

        engine.remove(&id, true).await.unwrap();
        engine.remove(&id, true).await.unwrap();
        assert_eq!(engine.list_one(&id).await.unwrap(), None);
        assert!(matches!(
            engine.start(&id).await,
            Err(EngineError::NotFound { .. })
        ));
        assert!(matches!(
            engine.inspect(&id).await,
            Err(EngineError::NotFound { .. })
        ));

        let mut seen = Vec::new();
        while seen.last().is_none_or(|last| last != "destroy") {
            let event = events.next().await.unwrap().unwrap();
            if event.container.as_ref() == Some(&id) {
                if event.action == "die" && !seen.contains(&"die".to_owned()) {
                    assert_eq!(event.attributes["exitCode"], "137");
                }
                seen.push(event.action);
            }
        }
        let expected = ["start", "kill", "die", "start", "rename", "die", "destroy"];
        let mut rest = seen.iter();
        for action in expected {
            assert!(rest.any(|seen| seen == action), "{action} is missing in {seen:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_container_is_stopped_by_its_own_setting_when_none_is_given() {
    everywhere(async |place| {
        let mut spec = shell("trap 'exit 7' USR1; echo ready; while :; do sleep 0.1; done");
        spec.stop_signal = Some("SIGUSR1".to_owned());
        spec.stop_timeout = Some(20);
        let id = place.run("own-stop", &spec).await;
        place.ready(&id).await;
        place.engine.stop(&id, None).await.unwrap();
        let stopped = place.until(&id, |c| c.state == ContainerState::Exited).await;
        assert_eq!(stopped.exit_code, Some(7));
        place.clear(&id).await;
    })
    .await;
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict_and_a_missing_image_is_named() {
    everywhere(async |place| {
        let engine = &place.engine;
        let name = named(place, "taken");
        let id = engine.create(&name, &shell("true")).await.unwrap();
        let Err(EngineError::Conflict { message }) = engine.create(&name, &shell("true")).await else {
            panic!("a second container of one name");
        };
        assert!(message.contains(name.as_str()), "{message}");
        place.clear(&id).await;

        let mut missing = shell("true");
        missing.image = "no-such-image:7".to_owned();
        let Err(EngineError::NotFound { message }) = engine.create(&name, &missing).await else {
            panic!("a container without an image");
        };
        assert!(message.contains("no-such-image:7"), "{message}");
    })
    .await;
}

#[tokio::test]
async fn a_start_that_fails_says_why_and_keeps_it() {
    everywhere(async |place| {
        let engine = &place.engine;
        let mut spec = shell("true");
        spec.command = Some(vec!["/no/such/program".to_owned()]);
        let id = engine.create(&named(place, "fails"), &spec).await.unwrap();
        let error = engine.start(&id).await.unwrap_err();
        assert!(error.to_string().contains("/no/such/program"), "{error}");
        let inspected = engine.inspect(&id).await.unwrap();
        assert!(inspected.engine_error.contains("/no/such/program"));
        place.clear(&id).await;
    })
    .await;
}

#[tokio::test]
async fn two_who_remove_the_same_container_both_succeed() {
    everywhere(async |place| {
        let id = place.run("twice-removed", &shell("sleep 1000")).await;
        let (one, other) = tokio::join!(place.engine.remove(&id, true), place.engine.remove(&id, true));
        one.unwrap();
        other.unwrap();
        assert_eq!(place.engine.list_one(&id).await.unwrap(), None);
    })
    .await;
}
