//! Every option of a container arrives.

use std::collections::BTreeMap;

use lighthouse_core::engine::{
    ContainerSpec, EngineError, HealthcheckSpec, MountSpec, NetworkAttachment, NetworkSpec, RestartPolicy,
    VolumeSpec,
};
use lighthouse_model::container::PublishedPort;
use serde_json::json;

use super::{Place, everywhere, named};

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}

fn everything(place: &Place, folder: &str) -> ContainerSpec {
    ContainerSpec {
        image: "busybox:latest".to_owned(),
        command: Some(strings(&["-c", "sleep 1000"])),
        entrypoint: Some(strings(&["/bin/sh"])),
        environment: strings(&["GREETING=hallo = welt", "EMPTY="]),
        labels: BTreeMap::from([("a.b/c".to_owned(), "d \"e\"".to_owned())]),
        user: Some("nobody".to_owned()),
        working_dir: Some("/tmp".to_owned()),
        hostname: Some("ship".to_owned()),
        init: Some(false),
        tty: true,
        stdin_open: true,
        read_only: true,
        cap_add: strings(&["NET_ADMIN"]),
        cap_drop: strings(&["CHOWN"]),
        privileged: false,
        devices: vec![("/dev/null".to_owned(), "/dev/nothing".to_owned(), "rw".to_owned())],
        network_mode: None,
        pid_mode: Some("host".to_owned()),
        ipc_mode: Some("private".to_owned()),
        security_opt: strings(&["no-new-privileges"]),
        ulimits: vec![("nofile".to_owned(), 1000, 2000)],
        sysctls: BTreeMap::from([("net.ipv4.ip_forward".to_owned(), "0".to_owned())]),
        shm_size: Some(8 << 20),
        extra_hosts: strings(&["db:10.0.0.5"]),
        dns: strings(&["10.0.0.53"]),
        stop_signal: Some("SIGUSR2".to_owned()),
        stop_timeout: Some(3),
        expose: strings(&["9000/udp"]),
        ports: vec![PublishedPort {
            address: "127.0.0.1".to_owned(),
            host_port: None,
            container_port: 80,
            protocol: "tcp".to_owned(),
        }],
        mounts: vec![
            MountSpec::Volume {
                name: Some(named(place, "all-volume")),
                target: "/data".to_owned(),
                read_only: false,
                no_copy: true,
            },
            MountSpec::Volume {
                name: None,
                target: "/scratch".to_owned(),
                read_only: false,
                no_copy: false,
            },
            MountSpec::Bind {
                source: folder.to_owned(),
                target: "/outside".to_owned(),
                read_only: true,
                create_source: false,
            },
            MountSpec::Bind {
                source: format!("{folder}/made"),
                target: "/made".to_owned(),
                read_only: false,
                create_source: true,
            },
            MountSpec::Tmpfs {
                target: "/memory".to_owned(),
                size: Some(1 << 20),
                mode: Some(0o1770),
            },
        ],
        networks: ["all-front", "all-back"]
            .map(|network| NetworkAttachment {
                network: named(place, network),
                aliases: vec!["ship".to_owned(), format!("{network}-alias")],
                ipv4: None,
                ipv6: None,
            })
            .to_vec(),
        restart: RestartPolicy::OnFailure(Some(4)),
        healthcheck: Some(HealthcheckSpec {
            test: strings(&["CMD-SHELL", "true"]),
            interval: Some(1500),
            timeout: Some(1000),
            retries: Some(7),
            start_period: Some(2000),
            start_interval: None,
        }),
        memory_limit: Some(64 << 20),
        memory_reservation: Some(32 << 20),
        nano_cpus: Some(500_000_000),
        pids_limit: Some(50),
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of every option there is")]
async fn every_option_arrives_as_given() {
    let folder = tempfile::tempdir().unwrap();
    everywhere(async |place| {
        let engine = &place.engine;
        let labels = BTreeMap::from([("io.lighthouse.nonce".to_owned(), place.name.to_owned())]);
        for network in ["all-front", "all-back"] {
            let spec = NetworkSpec {
                labels: labels.clone(),
                ..NetworkSpec::default()
            };
            engine
                .create_network(&named(place, network), &spec)
                .await
                .unwrap();
        }
        let volume = VolumeSpec {
            labels: labels.clone(),
            ..VolumeSpec::default()
        };
        engine
            .create_volume(&named(place, "all-volume"), &volume)
            .await
            .unwrap();

        let outside = folder.path().join(place.name);
        std::fs::create_dir(&outside).unwrap();
        let spec = everything(place, outside.to_str().unwrap());
        let id = place.run("all", &spec).await;
        let told = place.told(&id);
        let (config, host) = (&told["Config"], &told["HostConfig"]);
        for (what, is, should) in [
            ("command", &config["Cmd"], json!(["-c", "sleep 1000"])),
            ("entrypoint", &config["Entrypoint"], json!(["/bin/sh"])),
            ("label", &config["Labels"]["a.b/c"], json!("d \"e\"")),
            ("user", &config["User"], json!("nobody")),
            ("working dir", &config["WorkingDir"], json!("/tmp")),
            ("hostname", &config["Hostname"], json!("ship")),
            ("tty", &config["Tty"], json!(true)),
            ("stdin", &config["OpenStdin"], json!(true)),
            ("stop signal", &config["StopSignal"], json!("SIGUSR2")),
            ("stop timeout", &config["StopTimeout"], json!(3)),
            (
                "exposed",
                &config["ExposedPorts"],
                json!({"80/tcp": {}, "9000/udp": {}}),
            ),
            (
                "check",
                &config["Healthcheck"]["Test"],
                json!(["CMD-SHELL", "true"]),
            ),
            (
                "interval",
                &config["Healthcheck"]["Interval"],
                json!(1_500_000_000),
            ),
            (
                "start period",
                &config["Healthcheck"]["StartPeriod"],
                json!(2_000_000_000),
            ),
            ("retries", &config["Healthcheck"]["Retries"], json!(7)),
            ("init", &host["Init"], json!(false)),
            ("read only", &host["ReadonlyRootfs"], json!(true)),
            (
                "device",
                &host["Devices"],
                json!([{
                "PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "rw"}]),
            ),
            ("pid", &host["PidMode"], json!("host")),
            ("ipc", &host["IpcMode"], json!("private")),
            (
                "ulimits",
                &host["Ulimits"],
                json!([{"Name": "nofile", "Hard": 2000, "Soft": 1000}]),
            ),
            ("sysctls", &host["Sysctls"], json!({"net.ipv4.ip_forward": "0"})),
            ("shm", &host["ShmSize"], json!(8 << 20)),
            ("hosts", &host["ExtraHosts"], json!(["db:10.0.0.5"])),
            ("dns", &host["Dns"], json!(["10.0.0.53"])),
            (
                "restart",
                &host["RestartPolicy"],
                json!({"Name": "on-failure", "MaximumRetryCount": 4}),
            ),
            ("memory", &host["Memory"], json!(64 << 20)),
            ("reservation", &host["MemoryReservation"], json!(32 << 20)),
            ("cpus", &host["NanoCpus"], json!(500_000_000)),
            ("pids", &host["PidsLimit"], json!(50)),
            ("privileged", &host["Privileged"], json!(false)),
        ] {
            assert_eq!(*is, should, "{what}");
        }
        for (what, list, part) in [
            ("capability", &host["CapAdd"], "NET_ADMIN"),
            ("capability", &host["CapDrop"], "CHOWN"),
            // The engine adds one of its own for the host's processes.
            ("security", &host["SecurityOpt"], "no-new-privileges"),
        ] {
            let text = list.to_string();
            assert!(text.contains(part), "{what} {part} in {text}");
        }
        for network in ["all-front", "all-back"] {
            let endpoint = &told["NetworkSettings"]["Networks"][named(place, network).as_str()];
            let aliases = endpoint["Aliases"].to_string();
            assert!(aliases.contains(&format!("{network}-alias")), "{aliases}");
        }
        assert!(outside.join("made").is_dir());

        let inspected = engine.inspect(&id).await.unwrap();
        assert!(inspected.tty);
        assert_eq!(inspected.command, ["/bin/sh", "-c", "sleep 1000"]);
        assert_eq!(inspected.restart_policy, "on-failure:4");
        assert_eq!(inspected.memory_limit, Some(64 << 20));
        assert!(
            inspected
                .environment
                .contains(&"GREETING=hallo = welt".to_owned())
        );
        assert!(inspected.environment.contains(&"EMPTY=".to_owned()));
        assert_eq!(inspected.networks.len(), 2);
        assert!(
            inspected
                .networks
                .iter()
                .all(|(_, address)| address.starts_with("172.")
                    || address.starts_with("10.")
                    || address.starts_with("192."))
        );
        let mounts: Vec<_> = inspected
            .mounts
            .iter()
            .map(|m| (m.target.as_str(), m.kind.as_str(), m.read_only))
            .collect();
        assert_eq!(
            mounts,
            [
                ("/data", "volume", false),
                ("/made", "bind", false),
                ("/memory", "tmpfs", false),
                ("/outside", "bind", true),
                ("/scratch", "volume", false),
            ]
        );
        let published: Vec<_> = inspected
            .summary
            .ports
            .iter()
            .filter(|p| p.host_port.is_some())
            .collect();
        assert_eq!((published.len(), published[0].address.as_str()), (1, "127.0.0.1"));
        assert!(published[0].host_port.unwrap() > 0);

        place.clear(&id).await;
        for network in ["all-front", "all-back"] {
            engine.remove_network(&named(place, network)).await.unwrap();
            engine.remove_network(&named(place, network)).await.unwrap();
        }
        let nonce = engine.volumes("io.lighthouse.nonce", place.name).await.unwrap();
        assert_eq!(nonce.len(), 1, "the anonymous volume went with its container");
        engine.remove_volume(&named(place, "all-volume")).await.unwrap();
        engine.remove_volume(&named(place, "all-volume")).await.unwrap();
        assert!(
            engine
                .volumes("io.lighthouse.nonce", place.name)
                .await
                .unwrap()
                .is_empty()
        );
    })
    .await;
}

#[tokio::test]
async fn a_network_that_cannot_be_joined_leaves_nothing_behind() {
    everywhere(async |place| {
        let engine = &place.engine;
        let front = named(place, "half");
        engine
            .create_network(&front, &NetworkSpec::default())
            .await
            .unwrap();
        let attachment = |network| NetworkAttachment {
            network,
            aliases: Vec::new(),
            ipv4: None,
            ipv6: None,
        };
        let spec = ContainerSpec {
            networks: vec![
                attachment(front.clone()),
                attachment(named(place, "no-such-network")),
            ],
            ..super::shell("true")
        };
        let name = named(place, "half-made");
        // An engine that is given both at once notices only at the start.
        match engine.create(&name, &spec).await {
            Err(error) => assert!(matches!(error, EngineError::NotFound { .. }), "{error}"),
            Ok(id) => {
                let error = engine.start(&id).await.unwrap_err();
                assert!(matches!(error, EngineError::NotFound { .. }), "{error}");
                place.clear(&id).await;
            }
        }
        let found = engine
            .find(&lighthouse_core::engine::Find::Name(name))
            .await
            .unwrap();
        assert!(found.is_empty());
        engine.remove_network(&front).await.unwrap();
    })
    .await;
}
