//! Measurements.

use std::time::Duration;

use futures::StreamExt;
use tokio::time::timeout;

use super::{once_each, shell};

#[tokio::test]
async fn a_busy_container_is_seen_to_be_busy() {
    once_each(async |place| {
        let mut spec = shell("while :; do :; done");
        spec.memory_limit = Some(64 << 20);
        spec.nano_cpus = Some(500_000_000);
        let id = place.run("stats", &spec).await;
        let mut stats = place.engine.stats(&id).await.unwrap();
        let mut most = 0.0_f64;
        for _ in 0..3 {
            let now = timeout(Duration::from_secs(10), stats.next())
                .await
                .unwrap()
                .unwrap()
                .unwrap();
            assert!(now.memory > 0 && now.memory < now.memory_limit, "{now:?}");
            assert_eq!(now.memory_limit, 64 << 20);
            assert!(now.cpu_percent.is_finite() && now.cpu_percent < 90.0, "{now:?}");
            most = most.max(now.cpu_percent);
        }
        assert!(most > 10.0, "half a CPU is allowed, {most} % were seen");
        place.clear(&id).await;
        let end = timeout(Duration::from_secs(10), async {
            while stats.next().await.is_some_and(|stats| stats.is_ok()) {}
        });
        assert!(end.await.is_ok(), "measurements end with their container");
    })
    .await;
}
