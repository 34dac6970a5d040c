//! One story per rule.

use insta::assert_snapshot;
use lighthouse_placement::{
    Candidate, Comparison, Constraint, HostAttribute, HostState, PlacementMode, Port, Protocol, Reach,
    Request, ServiceRequest, SwarmRole, UsedPort, place,
};

use crate::fleet::{GIB, MIB, host, hosts, label, port, request, running, service, told, used};

#[test]
fn services_on_one_network_stay_together_on_the_least_loaded_host() {
    let mut hosts = hosts(3);
    hosts[0].memory_reserved = GIB;
    hosts[1].containers = 4;
    hosts[2].containers = 2;
    let services = vec![service("web", 2, &["default"]), service("db", 1, &["default"])];
    assert_snapshot!(told(&request(services, hosts)));
}

#[test]
fn a_service_without_a_common_network_is_spread() {
    let services = vec![
        service("worker", 4, &["own"]),
        service("web", 1, &["front"]),
        service("db", 1, &["front"]),
    ];
    assert_snapshot!(told(&request(services, hosts(3))));
}

#[test]
fn a_service_that_says_spread_leaves_its_group_and_names_what_it_cannot_reach() {
    let web = ServiceRequest {
        mode: Some(PlacementMode::Spread),
        ..service("web", 3, &["default"])
    };
    let services = vec![
        web,
        service("db", 1, &["default"]),
        service("cache", 1, &["default"]),
    ];
    assert_snapshot!(told(&request(services, hosts(3))));
}

#[test]
fn a_single_service_that_says_pack_stays_on_few_hosts() {
    let worker = ServiceRequest {
        mode: Some(PlacementMode::Pack),
        memory: 900 * MIB,
        ..service("worker", 3, &["own"])
    };
    assert_snapshot!(told(&request(vec![worker], hosts(3))));
}

#[test]
fn on_connected_hosts_every_service_is_spread() {
    let services = vec![service("web", 2, &["default"]), service("db", 1, &["default"])];
    assert_snapshot!(told(&Request {
        reach: Reach::Connected,
        ..request(services, hosts(2))
    }));
}

#[test]
fn a_shared_namespace_or_volume_holds_services_together_everywhere() {
    let web = ServiceRequest {
        volumes: vec!["files".into()],
        ..service("web", 1, &["a"])
    };
    let upload = ServiceRequest {
        volumes: vec!["files".into()],
        ..service("upload", 1, &["b"])
    };
    let sidecar = ServiceRequest {
        shares_with: vec!["upload".into()],
        ..service("sidecar", 1, &[])
    };
    let request = Request {
        reach: Reach::Connected,
        ..request(vec![web, upload, sidecar], hosts(3))
    };
    assert_snapshot!(told(&request));
}

#[test]
fn every_refused_host_says_why() {
    let mut hosts = hosts(8);
    hosts[0].state = HostState::Down;
    hosts[1].state = HostState::Suspect;
    hosts[2].state = HostState::Connecting;
    hosts[3].memory_reserved = 2 * GIB - 300 * MIB;
    hosts[4].used_ports = vec![used(8080, "container `grafana`")];
    hosts[5].nano_cpus_reserved = 1_800_000_000;
    hosts[6].labels.insert("disk".into(), "hdd".into());
    for at in [0, 1, 2, 3, 4, 5] {
        hosts[at].labels.insert("disk".into(), "ssd".into());
    }
    let web = ServiceRequest {
        memory: 512 * MIB,
        nano_cpus: 500_000_000,
        ports: vec![port(8080)],
        constraints: vec![label("disk", Comparison::Equal, "ssd")],
        ..service("web", 1, &["default"])
    };
    let request = request(vec![web], hosts);
    assert!(!place(&request).is_complete());
    assert_snapshot!(told(&request));
}

#[test]
fn every_kind_of_constraint_is_understood() {
    let mut hosts = hosts(2);
    hosts[1].arch = "aarch64".into();
    hosts[1].role = SwarmRole::Worker;
    hosts[1].labels.insert("zone".into(), "B".into());
    let constraint = |attribute, comparison, value: &str| Constraint {
        attribute,
        comparison,
        value: value.into(),
    };
    let only = |name: &str, attribute, comparison, value: &str| ServiceRequest {
        constraints: vec![constraint(attribute, comparison, value)],
        ..service(name, 1, &[name])
    };
    let services = vec![
        only("name", HostAttribute::Hostname, Comparison::Equal, "EU-2"),
        only("not-name", HostAttribute::Hostname, Comparison::NotEqual, "eu-1"),
        only("arch", HostAttribute::Arch, Comparison::Equal, "arm64"),
        only("role", HostAttribute::Role, Comparison::Equal, "worker"),
        only(
            "zone",
            HostAttribute::Label("zone".into()),
            Comparison::Equal,
            "b",
        ),
        only(
            "unset",
            HostAttribute::Label("zone".into()),
            Comparison::NotEqual,
            "a",
        ),
        only("os", HostAttribute::Os, Comparison::Equal, "windows"),
        only(
            "id",
            HostAttribute::Id,
            Comparison::Equal,
            &hosts[1].id.to_string(),
        ),
    ];
    assert_snapshot!(told(&request(services, hosts)));
}

#[test]
fn a_group_that_fits_nowhere_as_a_whole_is_explained_for_each_host() {
    let web = ServiceRequest {
        memory: 700 * MIB,
        ..service("web", 2, &["default"])
    };
    let db = ServiceRequest {
        memory: GIB,
        ..service("db", 1, &["default"])
    };
    let mut hosts = hosts(2);
    hosts[1].memory_total = 4 * GIB;
    hosts[1].memory_reserved = 2 * GIB;
    assert_snapshot!(told(&request(vec![web, db], hosts)));
}

#[test]
fn replicas_with_one_fixed_port_in_a_group_are_a_conflict_that_is_explained() {
    let web = ServiceRequest {
        ports: vec![port(80)],
        ..service("web", 2, &["default"])
    };
    assert_snapshot!(told(&request(
        vec![web, service("db", 1, &["default"])],
        hosts(2)
    )));
}

#[test]
fn replicas_with_one_fixed_port_go_to_different_hosts_when_they_may() {
    let web = ServiceRequest {
        ports: vec![port(80)],
        ..service("web", 3, &["own"])
    };
    assert_snapshot!(told(&request(vec![web], hosts(2))));
}

#[test]
fn ports_collide_by_number_protocol_and_address() {
    let at = |ip: Option<&str>, number, protocol| Port {
        ip: ip.map(|ip| ip.parse().expect("an address")),
        number,
        protocol,
    };
    let everywhere = at(None, 80, Protocol::Tcp);
    let inside = at(Some("127.0.0.1"), 80, Protocol::Tcp);
    assert!(everywhere.collides_with(&inside));
    assert!(at(Some("0.0.0.0"), 80, Protocol::Tcp).collides_with(&inside));
    assert!(inside.collides_with(&inside));
    assert!(!inside.collides_with(&at(Some("10.0.0.1"), 80, Protocol::Tcp)));
    assert!(!everywhere.collides_with(&at(None, 80, Protocol::Udp)));
    assert!(!everywhere.collides_with(&at(None, 81, Protocol::Tcp)));
    assert_eq!(at(Some("::1"), 53, Protocol::Udp).to_string(), "[::1]:53/udp");
    let taken = UsedPort {
        port: inside,
        by: "`blog-web-1`".into(),
    };
    let mut hosts = hosts(1);
    hosts[0].used_ports.push(taken);
    let web = ServiceRequest {
        ports: vec![everywhere],
        ..service("web", 1, &["own"])
    };
    assert_snapshot!(told(&request(vec![web], hosts)));
}

#[test]
fn scaling_adds_where_the_group_is_and_leaves_the_rest_alone() {
    let before = request(
        vec![service("web", 2, &["default"]), service("db", 1, &["default"])],
        hosts(3),
    );
    let mut after = before.clone();
    after.running = crate::fleet::carried_out(&place(&before));
    after.services[0].replicas = 5;
    // The host has become the busiest one; that moves nobody.
    after.hosts[0].containers = 50;
    assert_snapshot!(told(&after));
}

#[test]
fn scaling_a_group_beyond_its_host_is_refused_with_the_reason() {
    let web = ServiceRequest {
        memory: 600 * MIB,
        ..service("web", 4, &["default"])
    };
    let mut request = request(vec![web, service("db", 1, &["default"])], hosts(2));
    request.running = vec![running("web", 1, 1), running("web", 2, 1), running("db", 1, 1)];
    assert_snapshot!(told(&request));
}

#[test]
fn scaling_a_spread_service_fills_the_emptiest_hosts_first() {
    let mut request = request(vec![service("worker", 5, &["own"])], hosts(3));
    request.running = vec![running("worker", 1, 2), running("worker", 2, 2)];
    assert_snapshot!(told(&request));
}

#[test]
fn scaling_down_names_the_highest_numbers() {
    let mut request = request(vec![service("web", 1, &["own"])], hosts(2));
    request.running = vec![
        running("web", 1, 1),
        running("web", 2, 2),
        running("web", 3, 1),
        running("gone", 1, 1),
    ];
    assert_snapshot!(told(&request));
}

#[test]
fn instances_on_a_host_that_does_not_answer_are_unknown_and_not_moved() {
    let mut hosts = hosts(3);
    hosts[0].state = HostState::Down;
    let mut request = request(vec![service("worker", 3, &["own"])], hosts);
    request.running = vec![running("worker", 1, 1), running("worker", 2, 2)];
    assert_snapshot!(told(&request));
}

#[test]
fn a_group_on_a_host_that_does_not_answer_gets_nothing_new_elsewhere() {
    let mut hosts = hosts(2);
    hosts[0].state = HostState::Suspect;
    let mut request = request(
        vec![service("web", 2, &["default"]), service("db", 1, &["default"])],
        hosts,
    );
    request.running = vec![running("web", 1, 1), running("db", 1, 1)];
    assert_snapshot!(told(&request));
}

#[test]
fn a_group_whose_host_no_longer_meets_a_constraint_moves_as_a_whole() {
    let db = ServiceRequest {
        constraints: vec![label("disk", Comparison::Equal, "ssd")],
        ..service("db", 1, &["default"])
    };
    let mut hosts = hosts(2);
    hosts[1].labels.insert("disk".into(), "ssd".into());
    let mut request = request(vec![service("web", 1, &["default"]), db], hosts);
    request.running = vec![running("web", 1, 1), running("db", 1, 1)];
    assert_snapshot!(told(&request));
}

#[test]
fn a_group_that_was_spread_before_comes_together_where_most_of_it_is() {
    let mut request = request(
        vec![service("web", 3, &["default"]), service("db", 1, &["default"])],
        hosts(3),
    );
    request.running = vec![
        running("web", 1, 1),
        running("web", 2, 2),
        running("web", 3, 3),
        running("db", 1, 2),
    ];
    assert_snapshot!(told(&request));
}

#[test]
fn an_instance_on_a_host_outside_the_pool_moves_into_it() {
    let mut request = request(vec![service("web", 1, &["own"])], hosts(1));
    request.running = vec![running("web", 1, 99)];
    assert_snapshot!(told(&request));
}

#[test]
fn a_larger_reservation_moves_a_group_to_a_host_with_room() {
    let web = ServiceRequest {
        memory: 3 * GIB,
        ..service("web", 1, &["default"])
    };
    let mut hosts = hosts(1);
    hosts.push(Candidate {
        memory_total: 8 * GIB,
        ..host(2, "large")
    });
    let mut request = request(vec![web, service("db", 1, &["default"])], hosts);
    request.running = vec![running("web", 1, 1), running("db", 1, 1)];
    assert_snapshot!(told(&request));
}

#[test]
fn a_pool_without_hosts_is_said_so() {
    assert_snapshot!(told(&request(vec![service("web", 1, &["default"])], Vec::new())));
}
