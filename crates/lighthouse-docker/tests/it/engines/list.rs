//! Lists.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use lighthouse_core::engine::{Find, ObjectName};
use lighthouse_model::container::{ContainerState, PublishedPort};

use super::{once_each, shell};

#[tokio::test]
async fn sixty_containers_are_listed_with_labels_states_and_ports() {
    once_each(async |place| {
        let engine = &place.engine;
        let made: BTreeMap<_, _> = stream::iter(0..60_u16)
            .map(|n| async move {
                let mut spec = shell(&format!("exit {}", n % 3));
                spec.labels.insert("sixty".to_owned(), place.name.to_owned());
                spec.labels.insert("n".to_owned(), n.to_string());
                let port = |address: &str, host_port| PublishedPort {
                    address: address.to_owned(),
                    host_port,
                    container_port: 80,
                    protocol: "tcp".to_owned(),
                };
                if n < 6 {
                    spec.command = Some(vec!["sleep".to_owned(), "1000".to_owned()]);
                    spec.ports = vec![port("", Some(20_000 + n)), port("127.0.0.1", Some(21_000 + n))];
                    spec.expose = vec!["9000/udp".to_owned()];
                }
                let name: ObjectName = format!("sixty-{n}-{}", place.name).parse().unwrap();
                let id = engine.create(&name, &spec).await?;
                if n < 12 {
                    engine.start(&id).await?;
                }
                Ok::<_, lighthouse_core::engine::EngineError>((id, n))
            })
            .buffer_unordered(8)
            .try_collect()
            .await
            .unwrap();
        for (id, n) in &made {
            let state = match n {
                0..6 => ContainerState::Running,
                6..12 => ContainerState::Exited,
                _ => ContainerState::Created,
            };
            place.until(id, |c| c.state == state).await;
        }

        let label = Find::Label("sixty".to_owned(), place.name.to_owned());
        let found = engine.find(&label).await.unwrap();
        let listed = engine.list().await.unwrap();
        assert_eq!(found.len(), 60);
        for (id, n) in &made {
            let one = listed.iter().find(|c| c.id == *id).unwrap();
            assert!(found.contains(one));
            assert_eq!(one.name, format!("sixty-{n}-{}", place.name));
            assert_eq!(one.image, "busybox:latest");
            assert_eq!(one.labels["n"], n.to_string());
            let code = (6..12).contains(n).then_some(i64::from(n % 3));
            assert_eq!(one.exit_code, code);
            let ports: Vec<_> = one
                .ports
                .iter()
                .map(|p| (p.address.clone(), p.host_port, p.container_port))
                .collect();
            if *n < 6 {
                let expected = [
                    (String::new(), Some(20_000 + n), 80),
                    ("127.0.0.1".to_owned(), Some(21_000 + n), 80),
                    (String::new(), None, 9000),
                ];
                assert_eq!(ports, expected);
            }
            let inspected = engine.inspect(id).await.unwrap();
            assert_eq!(inspected.summary.name, one.name);
            assert_eq!(inspected.summary.state, one.state);
            assert_eq!(inspected.summary.exit_code, one.exit_code);
            assert_eq!(inspected.summary.labels, one.labels);
            assert_eq!(inspected.summary.image, one.image);
            assert_eq!(inspected.summary.image_id, one.image_id);
            assert_eq!(inspected.summary.created_at / 1000, one.created_at / 1000);
            if *n < 6 {
                assert_eq!(inspected.summary.ports, one.ports);
            }
        }
        // What a label holds is compared exactly, also with signs of the filter's own in it.
        let odd = Find::Label("sixty".to_owned(), "h\"]}{&=".to_owned());
        assert!(engine.find(&odd).await.unwrap().is_empty());

        stream::iter(made.keys())
            .for_each_concurrent(8, |id| place.clear(id))
            .await;
        assert!(engine.find(&label).await.unwrap().is_empty());
    })
    .await;
}
