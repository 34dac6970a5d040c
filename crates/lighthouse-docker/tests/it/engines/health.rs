//! Health checks.

use lighthouse_core::engine::{ContainerSpec, EngineError, HealthcheckSpec};
use lighthouse_model::container::Health;

use super::{everywhere, named, shell};

fn checked(script: &str, test: &str) -> ContainerSpec {
    ContainerSpec {
        healthcheck: Some(HealthcheckSpec {
            test: ["CMD-SHELL", test].map(str::to_owned).to_vec(),
            interval: Some(200),
            timeout: Some(2000),
            retries: Some(2),
            start_period: None,
            start_interval: None,
        }),
        ..shell(script)
    }
}

#[tokio::test]
async fn health_is_told_by_list_and_inspection_alike() {
    everywhere(async |place| {
        let engine = &place.engine;
        let spec = checked("sleep 1000", "test -e /tmp/well || { echo not yet; exit 3; }");
        let id = place.run("health", &spec).await;
        let starting = engine.inspect(&id).await.unwrap();
        assert!(matches!(
            starting.summary.health,
            Health::Starting | Health::Unhealthy
        ));

        place.until(&id, |c| c.health == Health::Unhealthy).await;
        let unwell = engine.inspect(&id).await.unwrap();
        assert_eq!(unwell.summary.health, Health::Unhealthy);
        assert_eq!(unwell.health_log[0], (3, "not yet\n".to_owned()));

        let exec = lighthouse_core::engine::ExecSpec {
            command: ["touch", "/tmp/well"].map(str::to_owned).to_vec(),
            tty: None,
            environment: Vec::new(),
        };
        let session = engine.exec(&id, &exec).await.unwrap();
        drop(session);
        place.until(&id, |c| c.health == Health::Healthy).await;
        let well = engine.inspect(&id).await.unwrap();
        assert_eq!(well.summary.health, Health::Healthy);
        assert_eq!(well.health_log[0].0, 0);
        place.clear(&id).await;
    })
    .await;
}

#[tokio::test]
async fn a_start_interval_is_taken_from_the_version_that_knows_it() {
    everywhere(async |place| {
        let mut spec = checked("sleep 1000", "true");
        spec.healthcheck.as_mut().unwrap().start_interval = Some(100);
        let made = place.engine.create(&named(place, "start-interval"), &spec).await;
        if place.host().api_version() == "1.41" {
            let error = made.unwrap_err();
            assert!(
                matches!(&error, EngineError::TooOld { needs, .. } if needs == "1.44"),
                "{error}"
            );
        } else {
            let id = made.unwrap();
            let told = place.told(&id);
            assert_eq!(told["Config"]["Healthcheck"]["StartInterval"], 100_000_000);
            place.clear(&id).await;
        }
    })
    .await;
}
