//! What holds for every fleet and every application.

use std::collections::{BTreeMap, BTreeSet};

use lighthouse_model::HostId;
use lighthouse_placement::{
    Candidate, Comparison, HostState, Outcome, Placed, PlacementMode, Reach, Request, Running,
    ServiceRequest, place,
};
use proptest::prelude::*;

use crate::fleet::{MIB, carried_out, host, label, port, running, service, used};

const NETWORKS: [&str; 3] = ["default", "front", "back"];

fn some_host(number: u128) -> impl Strategy<Value = Candidate> {
    let state = prop_oneof![
        6 => Just(HostState::Up),
        1 => Just(HostState::Suspect),
        1 => Just(HostState::Down),
        1 => Just(HostState::Connecting),
    ];
    (
        state,
        0..4096_u64,
        0..5000_u64,
        0..4_u64,
        0..3_u64,
        0..20_u32,
        prop::option::of(80..83_u16),
        any::<bool>(),
    )
        .prop_map(
            move |(state, total, reserved, cpus, cpus_reserved, containers, taken, ssd)| {
                let mut host = host(number, &format!("h-{number}"));
                host.state = state;
                host.memory_total = total * MIB;
                host.memory_reserved = reserved * MIB;
                host.nano_cpus_total = cpus * 1_000_000_000;
                host.nano_cpus_reserved = cpus_reserved * 500_000_000;
                host.containers = containers;
                host.used_ports = taken
                    .map(|number| used(number, "something else"))
                    .into_iter()
                    .collect();
                if ssd {
                    host.labels.insert("disk".into(), "ssd".into());
                }
                host
            },
        )
}

fn some_service(number: usize) -> impl Strategy<Value = ServiceRequest> {
    let mode = prop_oneof![
        3 => Just(None),
        1 => Just(Some(PlacementMode::Spread)),
        1 => Just(Some(PlacementMode::Pack)),
    ];
    (
        0..6_u32,
        prop::sample::subsequence(NETWORKS.to_vec(), 0..=2),
        0..800_u64,
        0..3_u64,
        prop::option::of(80..83_u16),
        any::<bool>(),
        mode,
        prop::option::of(0..4_usize),
        prop::option::of(prop::sample::select(vec!["data", "files"])),
    )
        .prop_map(
            move |(replicas, networks, memory, cpus, fixed, ssd, mode, shares, volume)| ServiceRequest {
                memory: memory * MIB,
                nano_cpus: cpus * 250_000_000,
                ports: fixed.map(port).into_iter().collect(),
                constraints: if ssd {
                    vec![label("disk", Comparison::Equal, "ssd")]
                } else {
                    Vec::new()
                },
                mode,
                shares_with: shares
                    .filter(|&other| other < number)
                    .map(|other| format!("s{other}"))
                    .into_iter()
                    .collect(),
                volumes: volume.map(str::to_owned).into_iter().collect(),
                ..service(&format!("s{number}"), replicas, &networks)
            },
        )
}

fn some_request() -> impl Strategy<Value = Request> {
    let hosts = (
        some_host(1),
        some_host(2),
        some_host(3),
        some_host(4),
        some_host(5),
        0..=5_usize,
    )
        .prop_map(|(a, b, c, d, e, count)| vec![a, b, c, d, e].into_iter().take(count).collect::<Vec<_>>());
    let services = (
        some_service(0),
        some_service(1),
        some_service(2),
        some_service(3),
        1..=4_usize,
    )
        .prop_map(|(a, b, c, d, count)| vec![a, b, c, d].into_iter().take(count).collect::<Vec<_>>());
    let existing = prop::collection::vec((0..5_usize, 1..7_u32, 1..7_u128), 0..10).prop_map(|found| {
        found
            .into_iter()
            .map(|(of, number, on)| running(&format!("s{of}"), number, on))
            .collect::<Vec<Running>>()
    });
    (services, hosts, existing, any::<bool>()).prop_map(|(services, hosts, running, connected)| Request {
        services,
        hosts,
        running,
        reach: if connected {
            Reach::Connected
        } else {
            Reach::Separate
        },
    })
}

fn of<'r>(request: &'r Request, placed: &Placed) -> &'r ServiceRequest {
    request
        .services
        .iter()
        .find(|service| service.name == placed.service)
        .expect("only asked services are placed")
}

fn on(request: &Request, id: HostId) -> &Candidate {
    request
        .hosts
        .iter()
        .find(|host| host.id == id)
        .expect("only given hosts are used")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn every_instance_is_placed_or_explained(request in some_request()) {
        let placement = place(&request);
        let mut wanted = BTreeSet::new();
        for service in &request.services {
            wanted.extend((1..=service.replicas).map(|number| (service.name.clone(), number)));
        }
        let got: Vec<_> = placement.instances.iter().map(|placed| (placed.service.clone(), placed.number)).collect();
        prop_assert_eq!(got.len(), wanted.len());
        prop_assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), wanted);
        for placed in placement.homeless() {
            let named: BTreeSet<_> = placed.refused.iter().map(|refused| refused.host).collect();
            for host in &request.hosts {
                prop_assert!(named.contains(&host.id), "{} says nothing about {}", placed.name(), host.name);
            }
            prop_assert!(placed.refused.iter().all(|refused| refused.why.is_hard()));
        }
        for placed in &placement.instances {
            if matches!(placed.outcome, Outcome::Goes { .. }) {
                prop_assert!(!placed.reasons.is_empty());
                prop_assert_eq!(placed.refused.len() + 1, request.hosts.len(), "{:?}", placed);
            }
        }
    }

    #[test]
    fn every_existing_instance_is_accounted_for_once(request in some_request()) {
        let placement = place(&request);
        let mut seen = placement.surplus.len();
        for placed in &placement.instances {
            seen += usize::from(match placed.outcome {
                Outcome::Stays { .. } | Outcome::Unknown { .. } => true,
                Outcome::Goes { from, .. } | Outcome::Nowhere { from } => from.is_some(),
            });
        }
        prop_assert_eq!(seen, request.running.len());
    }

    #[test]
    fn memory_and_processors_are_never_promised_twice(request in some_request()) {
        let placement = place(&request);
        let mut promised: BTreeMap<HostId, (u64, u64)> = BTreeMap::new();
        for placed in &placement.instances {
            if let Outcome::Stays { host } | Outcome::Goes { host, .. } = placed.outcome {
                let service = of(&request, placed);
                let entry = promised.entry(host).or_default();
                entry.0 += service.memory;
                entry.1 += service.nano_cpus;
            }
        }
        for (id, (memory, nano_cpus)) in promised {
            let host = on(&request, id);
            prop_assert!(memory == 0 || memory + host.memory_reserved <= host.memory_total);
            prop_assert!(nano_cpus == 0 || nano_cpus + host.nano_cpus_reserved <= host.nano_cpus_total);
        }
    }

    #[test]
    fn no_port_of_a_host_has_two_users(request in some_request()) {
        let placement = place(&request);
        let mut taken = BTreeSet::new();
        for placed in &placement.instances {
            if let Outcome::Stays { host } | Outcome::Goes { host, .. } = placed.outcome {
                for port in &of(&request, placed).ports {
                    prop_assert!(taken.insert((host, port.number)), "{} on {:?}", placed.name(), port);
                    prop_assert!(on(&request, host).used_ports.iter().all(|used| !used.port.collides_with(port)));
                }
            }
        }
    }

    #[test]
    fn constraints_hold_and_silent_hosts_get_nothing_new(request in some_request()) {
        for placed in &place(&request).instances {
            if let Outcome::Stays { host } | Outcome::Goes { host, .. } = placed.outcome {
                let host = on(&request, host);
                prop_assert_eq!(host.state, HostState::Up);
                if !of(&request, placed).constraints.is_empty() {
                    prop_assert_eq!(host.labels.get("disk").map(String::as_str), Some("ssd"));
                }
            }
            if let Outcome::Unknown { host } = placed.outcome {
                prop_assert_ne!(on(&request, host).state, HostState::Up);
                let was = request.running.iter().any(|running| {
                    running.service == placed.service && running.number == placed.number && running.host == host
                });
                prop_assert!(was);
            }
        }
    }

    #[test]
    fn services_that_share_a_network_are_together_unless_one_is_spread(request in some_request()) {
        let request = Request { running: Vec::new(), reach: Reach::Separate, ..request };
        let placement = place(&request);
        let hosts_of = |name: &str| -> BTreeSet<HostId> {
            placement.instances.iter().filter(|placed| placed.service == name).filter_map(|p| p.outcome.host()).collect()
        };
        for left in &request.services {
            for right in &request.services {
                let shared = left.networks.iter().any(|network| right.networks.contains(network));
                let spread = [left, right].iter().any(|one| one.mode == Some(PlacementMode::Spread));
                if left.name != right.name && shared && !spread {
                    let both: BTreeSet<_> = hosts_of(&left.name).union(&hosts_of(&right.name)).copied().collect();
                    prop_assert!(both.len() <= 1, "{} and {} are on {both:?}", left.name, right.name);
                }
            }
        }
    }

    #[test]
    fn the_same_question_has_the_same_answer(request in some_request()) {
        prop_assert_eq!(place(&request), place(&request));
        let mut turned = request.clone();
        turned.hosts.reverse();
        let hosts = |request: &Request| -> Vec<_> {
            place(request).instances.iter().map(|placed| placed.outcome.host()).collect()
        };
        prop_assert_eq!(hosts(&request), hosts(&turned), "the order of hosts does not count");
    }

    #[test]
    fn asking_again_after_the_work_is_done_moves_nobody(request in some_request()) {
        let first = place(&request);
        let again = place(&Request { running: carried_out(&first), ..request.clone() });
        for (before, after) in first.instances.iter().zip(&again.instances) {
            if let Some(host) = before.outcome.host() {
                prop_assert_eq!(after.outcome.host(), Some(host), "{}", before.name());
                prop_assert!(!matches!(after.outcome, Outcome::Goes { .. }), "{:?}", after);
            }
        }
        prop_assert!(again.surplus.is_empty());
    }

    #[test]
    fn more_replicas_move_nobody(request in some_request(), which in 0..4_usize, more in 1..4_u32) {
        let first = place(&request);
        let mut larger = Request { running: carried_out(&first), ..request };
        let which = which % larger.services.len();
        larger.services[which].replicas += more;
        let second = place(&larger);
        for before in &first.instances {
            let Some(host) = before.outcome.host() else { continue };
            let after = second.instances.iter().find(|p| p.service == before.service && p.number == before.number);
            prop_assert_eq!(after.and_then(|after| after.outcome.host()), Some(host), "{}", before.name());
        }
    }
}
