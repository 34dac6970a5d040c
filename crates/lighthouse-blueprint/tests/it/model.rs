//! What the typed model says beyond the reference's JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use insta::assert_debug_snapshot;
use lighthouse_blueprint::{Blueprint, MountSource, PlacementMode, Published, Source, load};

fn blueprint(text: &str) -> Blueprint {
    load(&Source::of(text))
        .unwrap_or_else(|broken| panic!("{broken}"))
        .blueprint
}

fn reserved(text: &str) -> Vec<String> {
    blueprint(text)
        .reserved_options()
        .into_iter()
        .map(|option| {
            format!(
                "{} {}: {} ({})",
                option.line, option.path, option.option, option.why
            )
        })
        .collect()
}

#[test]
fn options_that_hand_out_the_host_are_listed_with_their_lines() {
    assert_debug_snapshot!(reserved(
        "services:
  a:
    image: x
    privileged: true
    network_mode: host
    pid: host
    ipc: host
    cap_add: [NET_ADMIN, CAP_SYS_ADMIN, all, chown]
    security_opt: [no-new-privileges:true, 'apparmor=unconfined', 'no-new-privileges:false']
    sysctls: {net.ipv4.ip_forward: 1, kernel.panic: 1}
    devices: [/dev/fuse]
    volumes:
      - /etc:/etc:ro
      - type: bind
        source: /var/run/docker.sock
        target: /s
      - data:/data
      - disguised:/d
      - plugin:/p
      - memory:/m
  b:
    image: x
    network_mode: container:other
    pid: container:other
    ipc: container:other
  c:
    image: x
    networks: [host, mac, opts, plain]
networks:
  host: {external: true}
  mac: {driver: macvlan, driver_opts: {parent: eth0}}
  opts: {driver_opts: {com.docker.network.bridge.name: docker0, com.docker.network.driver.mtu: 1400}}
  plain: {driver: bridge}
volumes:
  data:
  disguised: {driver_opts: {type: none, o: bind, device: /etc}}
  plugin: {driver: rexray}
  memory: {driver_opts: {type: tmpfs, device: tmpfs, o: size=5m}}
"
    ));
}

#[test]
fn an_ordinary_blueprint_needs_no_administrator() {
    assert!(
        reserved(
            "services:
  web:
    image: x
    ports: ['80:80']
    cap_add: [CHOWN, cap_net_raw]
    cap_drop: [ALL]
    pid: service:db
    volumes: ['data:/d', '/anonymous', {type: tmpfs, target: /t}]
    security_opt: ['no-new-privileges:true']
    networks: [default]
  db: {image: y, ipc: shareable}
volumes: {data: }
"
        )
        .is_empty()
    );
}

#[test]
fn the_start_order_has_layers() {
    let blueprint = blueprint(
        "services:
  web: {image: x, depends_on: [api, cache]}
  api: {image: x, depends_on: [db]}
  cache: {image: x}
  db: {image: x}
  side: {image: x, network_mode: 'service:web'}
",
    );
    let layers: Vec<Vec<&str>> = blueprint
        .start_order()
        .into_iter()
        .map(|layer| layer.into_iter().map(|service| service.name.as_str()).collect())
        .collect();
    assert_eq!(
        layers,
        [vec!["cache", "db"], vec!["api"], vec!["web"], vec!["side"]]
    );
}

#[test]
fn networks_hold_the_implicit_default_and_nothing_unused() {
    let blueprint = blueprint(
        "services:
  a: {image: x}
  b: {image: x, networks: [own]}
  c: {image: x, network_mode: none}
networks: {own: , unused: }
",
    );
    let keys: Vec<_> = blueprint
        .networks
        .iter()
        .map(|network| network.key.as_str())
        .collect();
    assert_eq!(keys, ["own", "default"]);
    let of = |name: &str| -> Vec<String> {
        let service = blueprint.service(name).expect("it is there");
        blueprint
            .networks_of(service)
            .map(|network| blueprint.network_name("shop", network))
            .collect()
    };
    assert_eq!(of("a"), ["shop_default"]);
    assert_eq!(of("b"), ["shop_own"]);
    assert!(of("c").is_empty());
}

#[test]
fn what_runs_alone_on_its_host_is_known() {
    let blueprint = blueprint(
        "services:
  fixed: {image: x, ports: ['80:80']}
  range: {image: x, ports: ['8000-8010:80', '81']}
  volume: {image: x, volumes: ['d1:/d']}
  reader: {image: x, volumes: ['d1:/d:ro']}
  anonymous: {image: x, volumes: ['/d']}
volumes: {d1: }
",
    );
    let alone: Vec<_> = blueprint
        .services
        .iter()
        .filter(|s| s.must_stop_first())
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(alone, ["fixed", "volume"]);
    let range = blueprint.service("range").expect("it is there");
    assert_eq!(range.ports[0].published, Published::Range(8000, 8010));
    assert_eq!(range.ports[1].published, Published::Any);
}

#[test]
fn replicas_reservations_and_wishes_are_typed() {
    let blueprint = blueprint(
        "services:
  web:
    image: x
    stop_grace_period: 1m
    deploy:
      replicas: 3
      resources: {reservations: {memory: 64m, cpus: '0.25'}}
      placement: {constraints: [node.labels.disk==ssd]}
    x-lighthouse: {placement: spread}
    volumes: [{type: tmpfs, target: /t, tmpfs: {size: 1m}}]
",
    );
    let web = &blueprint.services[0];
    assert_eq!(web.replicas(), 3);
    assert_eq!(web.reserved_memory(), 64 << 20);
    assert_eq!(web.reserved_nano_cpus(), 250_000_000);
    assert_eq!(web.lighthouse.placement, Some(PlacementMode::Spread));
    assert_eq!(web.stop_grace_period, Some(Duration::from_mins(1)));
    assert_eq!(
        web.mounts[0].source,
        MountSource::Tmpfs {
            size: Some(1 << 20),
            mode: None
        }
    );
    let constraints = &web.deploy.as_ref().expect("it is there").constraints;
    assert_eq!(constraints[0].to_string(), "node.labels.disk == ssd");
}

#[test]
fn variables_come_from_the_env_text_alone() {
    // `PATH` is set wherever tests run.
    let source = Source::of("services: {web: {image: 'x:${PATH:-unset}', environment: [PATH]}}");
    let web = load(&source).expect("it loads").blueprint.services.remove(0);
    assert_eq!(web.image, "x:unset");
    assert_eq!(web.environment.get("PATH"), Some(&None));
}

#[test]
fn a_raw_environment_file_is_taken_word_for_word() {
    let files = BTreeMap::from([("raw.env".to_owned(), "A=\"$B\" # c\nB\n# no\n".to_owned())]);
    let source = Source {
        env_files: &files,
        ..Source::of("services: {web: {image: x, env_file: [{path: ./raw.env, format: raw}]}}")
    };
    let web = load(&source).expect("it loads").blueprint.services.remove(0);
    assert_eq!(web.environment.get("A"), Some(&Some("\"$B\" # c".to_owned())));
    assert_eq!(web.environment.len(), 1);
}

#[test]
fn dates_stay_as_they_are_written() {
    // The reference turns them into `2024-01-02 00:00:00 +0000 UTC`; YAML 1.2 knows no dates.
    let web = blueprint("services: {web: {image: x, environment: {DAY: 2024-01-02}}}")
        .services
        .remove(0);
    assert_eq!(web.environment.get("DAY"), Some(&Some("2024-01-02".to_owned())));
}

#[test]
fn options_of_address_management_are_kept() {
    // The reference drops them when it writes its JSON.
    let blueprint = blueprint(
        "services: {web: {image: x, networks: [n]}}\nnetworks: {n: {ipam: {driver: default, options: {a: b}}}}",
    );
    assert_eq!(
        blueprint.networks[0].ipam.options.get("a").map(String::as_str),
        Some("b")
    );
}

#[test]
fn the_same_text_gives_the_same_blueprint() {
    for sample in crate::samples::all() {
        assert_eq!(load(&sample.source()), load(&sample.source()), "{}", sample.name);
    }
}
