//! Networks and names in them.

use std::collections::BTreeMap;

use futures::StreamExt;
use lighthouse_core::engine::{
    ContainerSpec, EngineError, ExecSpec, LogRequest, NetworkAttachment, NetworkSpec, Subnet,
};
use lighthouse_model::container::ContainerState;

use super::{everywhere, named, shell};

#[tokio::test]
async fn a_service_is_found_by_its_alias_in_every_network_it_is_in() {
    everywhere(async |place| {
        let engine = &place.engine;
        let (front, back) = (named(place, "dns-front"), named(place, "dns-back"));
        for network in [&front, &back] {
            engine
                .create_network(network, &NetworkSpec::default())
                .await
                .unwrap();
        }
        let joined = |network: &_, alias: &str| NetworkAttachment {
            network: Clone::clone(network),
            aliases: vec![alias.to_owned()],
            ipv4: None,
            ipv6: None,
        };
        let server = ContainerSpec {
            networks: vec![joined(&front, "web"), joined(&back, "api")],
            ..shell("echo page >/tmp/index.html; exec httpd -f -p 80 -h /tmp")
        };
        let server = place.run("dns-server", &server).await;
        for (network, alias) in [(&front, "web"), (&back, "api")] {
            let client = ContainerSpec {
                networks: vec![joined(network, "client")],
                ..shell(&format!(
                    "until wget -q -O - http://{alias}/index.html; do sleep 0.1; done"
                ))
            };
            let client = place.run(&format!("dns-client-{alias}"), &client).await;
            let ended = place.until(&client, |c| c.state == ContainerState::Exited).await;
            assert_eq!(ended.exit_code, Some(0));
            let request = LogRequest {
                tail: Some(1),
                follow: false,
                since: None,
                tty: false,
            };
            let mut log = engine.logs(&client, request).await.unwrap();
            assert_eq!(&log.next().await.unwrap().unwrap().text[..], b"page");
            place.clear(&client).await;
        }
        // The engine's own network would make a third.
        let exec = ExecSpec {
            command: ["sh", "-c", "ls /sys/class/net | grep -c eth"]
                .map(str::to_owned)
                .to_vec(),
            tty: None,
            environment: Vec::new(),
        };
        let mut session = engine.exec(&server, &exec).await.unwrap();
        assert_eq!(&session.output.next().await.unwrap().unwrap()[..], b"2\n");
        place.clear(&server).await;
        for network in [&front, &back] {
            engine.remove_network(network).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_network_of_the_same_step_is_fine_and_of_another_a_conflict() {
    everywhere(async |place| {
        let engine = &place.engine;
        let name = named(place, "twice");
        let spec = |nonce: &str| NetworkSpec {
            labels: BTreeMap::from([
                (
                    "io.lighthouse.nonce".to_owned(),
                    format!("{nonce}-{}", place.name),
                ),
                ("io.lighthouse.app".to_owned(), format!("twice-{}", place.name)),
            ]),
            ..NetworkSpec::default()
        };
        engine.create_network(&name, &spec("one")).await.unwrap();
        engine.create_network(&name, &spec("one")).await.unwrap();
        let error = engine.create_network(&name, &spec("two")).await.unwrap_err();
        assert!(matches!(error, EngineError::Conflict { .. }), "{error}");
        let error = engine
            .create_network(&name, &NetworkSpec::default())
            .await
            .unwrap_err();
        assert!(matches!(error, EngineError::Conflict { .. }), "{error}");

        let found = engine
            .networks("io.lighthouse.app", &format!("twice-{}", place.name))
            .await
            .unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].name, name.as_str());
        engine.remove_network(&name).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn an_address_that_is_taken_is_given_to_no_container() {
    everywhere(async |place| {
        let engine = &place.engine;
        let name = named(place, "taken");
        let spec = NetworkSpec {
            attachable: true,
            ipv6: Some(false),
            subnets: vec![Subnet {
                range: "10.97.31.0/29".to_owned(),
                gateway: Some("10.97.31.1".to_owned()),
                given_out: None,
                taken: BTreeMap::from([("router".to_owned(), "10.97.31.2".to_owned())]),
            }],
            ..NetworkSpec::default()
        };
        engine.create_network(&name, &spec).await.unwrap();
        let joined = ContainerSpec {
            networks: vec![NetworkAttachment {
                network: name.clone(),
                aliases: Vec::new(),
                ipv4: None,
                ipv6: None,
            }],
            ..shell("sleep 60")
        };
        let id = place.run("taken-one", &joined).await;
        let seen = engine.inspect(&id).await.unwrap();
        assert!(
            seen.networks.iter().any(|(_, address)| address == "10.97.31.3"),
            "{:?}",
            seen.networks
        );
        place.clear(&id).await;
        engine.remove_network(&name).await.unwrap();
    })
    .await;
}
