//! From a worked-out change to the steps of its operation, and what each of them waits for.

use std::collections::{BTreeSet, HashMap};

use lighthouse_blueprint::{Blueprint, Condition};
use lighthouse_model::operation::StepKind;
use lighthouse_model::{HostId, OperationId};

use crate::operations::pending;
use crate::operations::work::{Edge, OnFailure, Unit, UnitChange, Work};
use crate::store::StepRecord;

/// The steps that others wait for, of one unit.
#[derive(Debug, Clone, Copy)]
struct Marks {
    start: u32,
    wait: u32,
    replaces: bool,
}

struct Builder<'a> {
    operation: OperationId,
    work: &'a mut Work,
    steps: Vec<StepRecord>,
}

impl Builder<'_> {
    fn push(
        &mut self,
        host: HostId,
        kind: StepKind,
        subject: String,
        of: Option<(String, i64)>,
        after: Vec<Edge>,
    ) -> u32 {
        let n = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        self.steps
            .push(pending(self.operation, n, host, kind, subject, of));
        self.work.after.push(after);
        n
    }

    fn new_step(&mut self, unit: &Unit, kind: StepKind, after: Vec<Edge>) -> u32 {
        let name = unit.name();
        self.push(
            unit.host,
            kind,
            name.clone(),
            Some((name, unit.generation)),
            after,
        )
    }

    fn old_step(&mut self, unit: &Unit, kind: StepKind, after: Vec<Edge>) -> u32 {
        let (host, generation) = unit
            .old
            .as_ref()
            .map_or((unit.host, unit.generation), |o| (o.host, o.generation));
        let name = unit.name();
        self.push(host, kind, name.clone(), Some((name, generation)), after)
    }
}

/// The steps of a deploy or of scaling.
pub(super) fn rollout(
    operation: OperationId,
    work: &mut Work,
    blueprint: &Blueprint,
    layers: &[Vec<String>],
) -> Vec<StepRecord> {
    let units = work.units.clone();
    let mut builder = Builder {
        operation,
        work,
        steps: Vec::new(),
    };
    prepare(&mut builder, &units);
    let early = stop_in_the_way(&mut builder, &units, blueprint);
    let mut marks: HashMap<String, Vec<Marks>> = HashMap::new();
    let mut finals: Vec<(Unit, Option<u32>, u32)> = Vec::new();
    for service in layers.iter().flatten() {
        let mut last_wait = None;
        let of_service = units.iter().filter(|u| u.makes() && u.service == *service);
        for unit in of_service {
            let needs = needs(blueprint, service, &marks);
            let shared: Vec<Edge> = lenders(&builder, service, &marks);
            let in_the_way = early
                .iter()
                .filter(|(host, _)| *host == unit.host)
                .map(|(_, n)| Edge::success(*n));
            let mut before: Vec<Edge> = shared;
            if unit.change != UnitChange::Create {
                before.extend(last_wait.map(Edge::success));
            }
            let create = builder.new_step(unit, StepKind::Create, before);
            let mut ready = vec![Edge::success(create)];
            ready.extend(needs);
            ready.extend(in_the_way);
            let was_up = unit.is_up();
            if unit.change == UnitChange::ReplaceStopFirst && was_up {
                // The old one stops only when everything else is ready for the new one.
                let stop = builder.old_step(unit, StepKind::Stop, ready);
                ready = vec![Edge::success(stop)];
            }
            let start = builder.new_step(unit, StepKind::Start, ready);
            let wait = builder.new_step(unit, StepKind::Wait, vec![Edge::success(start)]);
            let mut done = wait;
            if unit.change == UnitChange::ReplaceStartFirst && was_up {
                done = builder.old_step(unit, StepKind::Stop, vec![Edge::success(wait)]);
            }
            if unit.change != UnitChange::Create {
                last_wait = Some(done);
            }
            marks.entry(service.clone()).or_default().push(Marks {
                start,
                wait,
                replaces: unit.change != UnitChange::Create,
            });
            let old = (unit.change != UnitChange::Create).then_some(done);
            finals.push((unit.clone(), old, wait));
        }
    }
    if builder.work.on_failure == OnFailure::PutBack {
        builder.work.commit = u32::try_from(builder.steps.len()).unwrap_or(u32::MAX);
    }
    for (unit, old, wait) in finals {
        let mut renamed_after = wait;
        if let Some(done) = old {
            renamed_after = builder.old_step(&unit, StepKind::Remove, vec![Edge::success(done)]);
        }
        builder.new_step(&unit, StepKind::Rename, vec![Edge::success(renamed_after)]);
    }
    for unit in units.iter().filter(|u| u.change == UnitChange::Remove) {
        let name = unit.name();
        let stopped = builder
            .steps
            .iter()
            .find(|s| {
                s.kind == StepKind::Stop
                    && s.instance.as_deref() == Some(&name)
                    && s.generation == unit.generation
            })
            .map(|s| s.n);
        let after = match stopped {
            Some(n) => vec![Edge::success(n)],
            None if unit.is_up() => vec![Edge::success(builder.old_step(unit, StepKind::Stop, Vec::new()))],
            None => Vec::new(),
        };
        builder.old_step(unit, StepKind::Remove, after);
    }
    builder.steps
}

/// Networks, volumes and images on every host, before anything is touched.
fn prepare(builder: &mut Builder<'_>, units: &[Unit]) {
    let mut images: BTreeSet<(HostId, String)> = BTreeSet::new();
    for unit in units.iter().filter(|u| u.makes()) {
        if let Some(template) = builder.work.templates.get(&unit.service) {
            images.insert((unit.host, template.spec.image.clone()));
        }
    }
    for (host, image) in images {
        builder.push(host, StepKind::Pull, image, None, Vec::new());
    }
    for network in builder.work.networks.clone() {
        builder.push(
            network.host,
            StepKind::CreateNetwork,
            network.name,
            None,
            Vec::new(),
        );
    }
    for volume in builder.work.volumes.clone() {
        builder.push(volume.host, StepKind::CreateVolume, volume.name, None, Vec::new());
    }
    builder.work.prepared = u32::try_from(builder.steps.len()).unwrap_or(u32::MAX);
}

/// Instances that go and hold a port that a new one needs on the same host stop first.
fn stop_in_the_way(builder: &mut Builder<'_>, units: &[Unit], blueprint: &Blueprint) -> Vec<(HostId, u32)> {
    let needs_port = |host: HostId| {
        units.iter().filter(|u| u.makes() && u.host == host).any(|u| {
            blueprint
                .service(&u.service)
                .is_some_and(|s| s.fixed_ports().next().is_some())
        })
    };
    let mut early = Vec::new();
    let going = units
        .iter()
        .filter(|u| u.change == UnitChange::Remove && u.is_up() && needs_port(u.host));
    for unit in going {
        // Which ports the one that goes holds is no longer in the blueprint; stopping it early is harmless, and it
        // is started again should the rollout fail.
        let gone = blueprint.service(&unit.service).is_none();
        if gone {
            let n = builder.old_step(unit, StepKind::Stop, Vec::new());
            early.push((unit.host, n));
        }
    }
    early
}

/// What the instances of a service wait for before they start.
fn needs(blueprint: &Blueprint, service: &str, marks: &HashMap<String, Vec<Marks>>) -> Vec<Edge> {
    let mut edges = Vec::new();
    let Some(service) = blueprint.service(service) else {
        return edges;
    };
    for dependency in &service.depends_on {
        for mark in marks.get(&dependency.service).into_iter().flatten() {
            let step = match dependency.condition {
                Condition::Started if !mark.replaces => mark.start,
                _ => mark.wait,
            };
            edges.push(if dependency.required {
                Edge::success(step)
            } else {
                Edge::end(step)
            });
        }
    }
    edges
}

/// The starts of the instances whose namespaces a service joins: their containers have to be there before.
fn lenders(builder: &Builder<'_>, service: &str, marks: &HashMap<String, Vec<Marks>>) -> Vec<Edge> {
    builder
        .work
        .templates
        .get(service)
        .into_iter()
        .flat_map(|t| t.shares.services())
        .filter_map(|lender| marks.get(lender))
        .flatten()
        .map(|mark| Edge::success(mark.start))
        .collect()
}

/// What is done to an application as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whole {
    Start,
    Stop,
    Restart,
    Remove,
}

/// The steps of starting, stopping, restarting or removing every instance, layer by layer.
pub(super) fn whole(
    operation: OperationId,
    work: &mut Work,
    blueprint: Option<&Blueprint>,
    what: Whole,
) -> Vec<StepRecord> {
    let units = work.units.clone();
    let mut layers: Vec<Vec<String>> = blueprint
        .map(|b| {
            b.start_order()
                .into_iter()
                .map(|l| l.into_iter().map(|s| s.name.clone()).collect())
                .collect()
        })
        .unwrap_or_default();
    // What is not in the blueprint any more comes on its own.
    let known: Vec<&String> = layers.iter().flatten().collect();
    let mut others: Vec<String> = units
        .iter()
        .filter(|u| !known.contains(&&u.service))
        .map(|u| u.service.clone())
        .collect();
    others.sort();
    others.dedup();
    layers.push(others);
    if matches!(what, Whole::Stop | Whole::Remove) {
        layers.reverse();
    }
    let mut builder = Builder {
        operation,
        work,
        steps: Vec::new(),
    };
    let mut before: Vec<Edge> = Vec::new();
    let mut removed: Vec<(HostId, u32)> = Vec::new();
    for layer in &layers {
        let mut this = Vec::new();
        for unit in units.iter().filter(|u| layer.contains(&u.service)) {
            let after = before.clone();
            match what {
                Whole::Start => {
                    let start = builder.old_step(unit, StepKind::Start, after);
                    builder.old_step(unit, StepKind::Wait, vec![Edge::success(start)]);
                    this.push(Edge::end(start));
                }
                Whole::Stop => this.push(Edge::end(builder.old_step(unit, StepKind::Stop, after))),
                Whole::Restart => {
                    let restart = builder.old_step(unit, StepKind::Restart, after);
                    builder.old_step(unit, StepKind::Wait, vec![Edge::success(restart)]);
                    this.push(Edge::end(restart));
                }
                Whole::Remove => {
                    let stop = builder.old_step(unit, StepKind::Stop, after);
                    let remove = builder.old_step(unit, StepKind::Remove, vec![Edge::success(stop)]);
                    this.push(Edge::end(stop));
                    removed.push((unit.host, remove));
                }
            }
        }
        if !this.is_empty() {
            before = this;
        }
    }
    let on_host = |host: HostId| {
        removed
            .iter()
            .filter(|(h, _)| *h == host)
            .map(|(_, n)| Edge::success(*n))
            .collect::<Vec<_>>()
    };
    for network in builder.work.networks.clone() {
        let after = on_host(network.host);
        builder.push(network.host, StepKind::RemoveNetwork, network.name, None, after);
    }
    for volume in builder.work.volumes.clone() {
        let after = on_host(volume.host);
        builder.push(volume.host, StepKind::RemoveVolume, volume.name, None, after);
    }
    builder.steps
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use lighthouse_model::application::BlueprintText;
    use lighthouse_model::operation::StepStatus;
    use lighthouse_model::{ApplicationId, HostId};
    use proptest::prelude::*;

    use super::*;
    use crate::applications::{blueprint, spec};
    use crate::identity::NewId;
    use crate::operations::graph::{Course, Situation};
    use crate::operations::state;
    use crate::operations::work::{OldContainer, Subject};

    const SHOP: &str = "
services:
  db: { image: 'a:1', ports: ['5432:5432'] }
  web: { image: 'a:1', depends_on: { db: { condition: service_healthy } } }
  job: { image: 'a:1', depends_on: { db: { condition: service_started, required: false } } }
";

    fn unit(service: &str, number: u32, change: UnitChange) -> Unit {
        let old = (change != UnitChange::Create).then(|| OldContainer {
            host: HostId::from_uuid(uuid::Uuid::nil()),
            container: None,
            generation: 1,
            release: 1,
            nonce: "old".into(),
            was_up: true,
            grace: None,
        });
        Unit {
            service: service.into(),
            number,
            host: HostId::from_uuid(uuid::Uuid::nil()),
            change,
            generation: if change == UnitChange::Remove { 1 } else { 2 },
            nonce: "new".into(),
            old,
        }
    }

    fn rolled_out(on_failure: OnFailure) -> (Work, Vec<StepRecord>) {
        let text = BlueprintText {
            compose: SHOP.into(),
            ..BlueprintText::default()
        };
        let read = blueprint::read(&text, "shop").unwrap().blueprint;
        let mut work = Work {
            application: Some(Subject {
                id: ApplicationId::fresh(),
                name: "shop".parse().unwrap(),
                release: 2,
                generation: 2,
            }),
            templates: spec::templates(&read, "shop").0,
            units: vec![
                unit("db", 1, UnitChange::ReplaceStopFirst),
                unit("web", 1, UnitChange::ReplaceStartFirst),
                unit("web", 2, UnitChange::ReplaceStartFirst),
                unit("web", 3, UnitChange::Create),
                unit("job", 1, UnitChange::Create),
                unit("gone", 1, UnitChange::Remove),
            ],
            on_failure,
            ..Work::empty()
        };
        let layers: Vec<Vec<String>> = read
            .start_order()
            .into_iter()
            .map(|layer| layer.into_iter().map(|s| s.name.clone()).collect())
            .collect();
        let steps = rollout(OperationId::fresh(), &mut work, &read, &layers);
        (work, steps)
    }

    /// Plays an operation to its end; `bad` says which of the begun steps fail, in the order in which they begin.
    fn played(work: &Work, mut steps: Vec<StepRecord>, bad: &[bool], cancel_after: usize) -> Vec<StepRecord> {
        let mut begun = BTreeSet::new();
        for _ in 0..1000 {
            let cancelled = begun.len() >= cancel_after;
            let situation = Situation {
                work,
                steps: &steps,
                given_up: &[],
                course: if cancelled { Course::Cancelled } else { Course::On },
            };
            let moves = situation.moves();
            let rescue = situation.rescue();
            if moves.begin.is_empty() && moves.skip.is_empty() && moves.cancel.is_empty() && rescue.is_empty()
            {
                break;
            }
            let planned = work.after.len();
            for n in moves.skip.iter().chain(&moves.cancel) {
                steps[*n as usize].status = StepStatus::Skipped;
            }
            for n in moves.begin {
                assert!(begun.insert(n), "step {n} began twice");
                for edge in work.edges(&steps[n as usize], &steps) {
                    let before = steps[edge.step as usize].status;
                    assert!(
                        if edge.end_is_enough {
                            before.is_ended()
                        } else {
                            state::is_good(before)
                        },
                        "step {n} began before {}",
                        edge.step
                    );
                }
                // What puts things back works here; that it may fail is told, not mended.
                let fails = (n as usize) < planned && bad.get(begun.len()).copied().unwrap_or(false);
                steps[n as usize].status = if fails {
                    StepStatus::Failed
                } else {
                    StepStatus::Succeeded
                };
            }
            for one in rescue {
                let n = u32::try_from(steps.len()).unwrap();
                let of = Some((one.instance.clone(), one.generation));
                steps.push(pending(
                    steps[0].operation,
                    n,
                    one.host,
                    one.kind,
                    one.instance,
                    of,
                ));
            }
        }
        steps
    }

    /// What runs in the end, by playing the steps in the order of their dependencies: (instance, generation).
    fn up(work: &Work, steps: &[StepRecord]) -> BTreeSet<(String, i64)> {
        let good = |kind: StepKind, name: &str, generation: i64, added: bool| {
            steps.iter().any(|s| {
                s.kind == kind
                    && s.instance.as_deref() == Some(name)
                    && s.generation == generation
                    && state::is_good(s.status)
                    && (s.n as usize >= work.after.len()) == added
            })
        };
        let mut up = BTreeSet::new();
        for unit in &work.units {
            let name = unit.name();
            if let Some(old) = &unit.old {
                let stopped = good(StepKind::Stop, &name, old.generation, false);
                let again = good(StepKind::Start, &name, old.generation, true);
                if !stopped || again {
                    up.insert((name.clone(), old.generation));
                }
            }
            if unit.makes() {
                let started = good(StepKind::Start, &name, unit.generation, false);
                let gone = good(StepKind::Remove, &name, unit.generation, true);
                if started && !gone {
                    up.insert((name.clone(), unit.generation));
                }
            }
        }
        up
    }

    proptest! {
        #[test]
        fn a_rollout_ends_all_new_or_all_old_whatever_fails(
            bad in proptest::collection::vec(proptest::bool::weighted(0.1), 0..40),
            cancel_after in 0_usize..60,
        ) {
            let (work, steps) = rolled_out(OnFailure::PutBack);
            let ended = played(&work, steps, &bad, cancel_after);
            prop_assert!(ended.iter().all(|s| s.status.is_ended()), "{:#?}", ended);
            let waits = || ended.iter().filter(|s| s.kind == StepKind::Wait && (s.n as usize) < work.after.len());
            let committed = waits().all(|s| state::is_good(s.status));
            let up = up(&work, &ended);
            for unit in work.units.iter().filter(|u| u.old.is_some()) {
                let old = up.contains(&(unit.name(), 1));
                let new = up.contains(&(unit.name(), 2));
                // A failed stop may leave both; what must never be is none, or the new one in a failed rollout.
                if unit.change != UnitChange::Remove {
                    prop_assert!(old || new, "{} is away", unit.name());
                }
                if !committed {
                    prop_assert!(old && !new, "{}: old {old}, new {new}", unit.name());
                }
            }
            if !committed {
                prop_assert!(!up.contains(&("web-3".to_owned(), 2)));
            }
        }

        #[test]
        fn a_first_deploy_goes_on_with_what_does_not_depend_on_a_failure(
            bad in proptest::collection::vec(proptest::bool::weighted(0.1), 0..40),
        ) {
            let (work, steps) = rolled_out(OnFailure::GoOn);
            let ended = played(&work, steps, &bad, usize::MAX);
            prop_assert!(ended.iter().all(|s| s.status.is_ended()));
            prop_assert_eq!(ended.len(), work.after.len(), "nothing is put back");
        }
    }
}
