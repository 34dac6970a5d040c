//! The order of decisions: what exists first, then groups, then single services.

mod together;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use lighthouse_model::HostId;
use lighthouse_model::constraint::PlacementMode;

use crate::group::{self, Group};
use crate::ledger::Ledger;
use crate::outcome::{Outcome, Placed, Placement, Reason, RefusedHost};
use crate::reach;
use crate::refusal::Refusal;
use crate::request::{HostState, Request, Running, ServiceRequest};

/// Decides where every instance goes.
pub(crate) fn place(request: &Request) -> Placement {
    let mut plan = Plan::new(request);
    let groups = group::divide(request);
    // What exists is booked before anything new, so that nothing new can push it away.
    for group in &groups {
        plan.keep_unknown(group);
    }
    let homes: Vec<_> = groups
        .iter()
        .map(|group| {
            if group.together {
                plan.keep_together(group)
            } else {
                plan.keep_single(group)
            }
        })
        .collect();
    for (group, home) in groups.iter().zip(homes) {
        if group.together {
            plan.fill_together(group, home);
        } else {
            plan.fill_single(group);
        }
    }
    let instances: Vec<Placed> = plan.slots.into_iter().filter_map(|slot| slot.placed).collect();
    let unreachable = reach::unreachable(request, &instances);
    Placement {
        instances,
        surplus: plan.surplus,
        unreachable,
    }
}

/// One wanted instance.
struct Slot {
    service: usize,
    number: u32,
    /// Where it is now.
    current: Option<HostId>,
    /// Why it cannot stay there, once that is known.
    moved: Option<Reason>,
    placed: Option<Placed>,
}

/// Where a group of services has been so far.
#[derive(Clone, Copy)]
enum Home {
    /// Nowhere.
    None,
    /// On this ledger's host, which can keep it.
    Kept(usize),
    /// On this ledger's host, which cannot keep all of it.
    Broken(usize),
    /// On a host that does not answer.
    Silent(usize),
}

struct Plan<'r> {
    request: &'r Request,
    ledgers: Vec<Ledger<'r>>,
    index: BTreeMap<HostId, usize>,
    slots: Vec<Slot>,
    surplus: Vec<Running>,
}

impl<'r> Plan<'r> {
    fn new(request: &'r Request) -> Self {
        let ledgers: Vec<_> = request.hosts.iter().map(Ledger::new).collect();
        let mut index = BTreeMap::new();
        for (at, host) in request.hosts.iter().enumerate() {
            index.entry(host.id).or_insert(at);
        }
        let mut plan = Self {
            request,
            ledgers,
            index,
            slots: Vec::new(),
            surplus: Vec::new(),
        };
        let mut found = plan.existing();
        for (at, service) in request.services.iter().enumerate() {
            for number in 1..=service.replicas {
                let current = found
                    .remove(&(service.name.as_str(), number))
                    .map(|running| running.host);
                plan.slots.push(Slot {
                    service: at,
                    number,
                    current,
                    moved: None,
                    placed: None,
                });
            }
        }
        let mut rest: Vec<Running> = found.into_values().cloned().collect();
        plan.surplus.append(&mut rest);
        plan.surplus
            .sort_by(|a, b| (&a.service, a.number, a.host).cmp(&(&b.service, b.number, b.host)));
        plan
    }

    /// What exists, one per name; of two the one on the better host counts, the other is surplus.
    fn existing(&mut self) -> BTreeMap<(&'r str, u32), &'r Running> {
        let mut found: BTreeMap<(&'r str, u32), &'r Running> = BTreeMap::new();
        for running in &self.request.running {
            let rank = |running: &Running| {
                let at = self.index.get(&running.host);
                let up = at.is_some_and(|&at| self.ledgers[at].host.state == HostState::Up);
                (!up, at.is_none(), running.host)
            };
            let key = (running.service.as_str(), running.number);
            match found.get(&key).copied() {
                None => drop(found.insert(key, running)),
                Some(known) if rank(running) < rank(known) => {
                    self.surplus.push(known.clone());
                    found.insert(key, running);
                }
                Some(_) => self.surplus.push(running.clone()),
            }
        }
        found
    }

    fn service(&self, at: usize) -> &'r ServiceRequest {
        &self.request.services[at]
    }

    /// The slots of a group, by index.
    fn slots_of(&self, group: &Group) -> Vec<usize> {
        (0..self.slots.len())
            .filter(|&at| group.services.contains(&self.slots[at].service))
            .collect()
    }

    /// The slots of a group that have no answer yet.
    fn open_slots_of(&self, group: &Group) -> Vec<usize> {
        self.slots_of(group)
            .into_iter()
            .filter(|&at| self.slots[at].placed.is_none())
            .collect()
    }

    /// Leaves instances alone whose host does not answer.
    fn keep_unknown(&mut self, group: &Group) {
        for slot in self.slots_of(group) {
            let Some(&at) = self.slots[slot].current.and_then(|host| self.index.get(&host)) else {
                continue;
            };
            if self.ledgers[at].host.state != HostState::Up {
                let host = self.ledgers[at].host.id;
                self.book(slot, at);
                self.answer(
                    slot,
                    Outcome::Unknown { host },
                    vec![Reason::StateUnknown],
                    Vec::new(),
                );
            }
        }
    }

    /// Keeps the instances of a single service where they are, as far as that is allowed.
    fn keep_single(&mut self, group: &Group) -> Home {
        for slot in self.open_slots_of(group) {
            self.keep(slot);
        }
        Home::None
    }

    /// Keeps one instance where it is, or notes why not.
    fn keep(&mut self, slot: usize) -> bool {
        let Some(current) = self.slots[slot].current else {
            return false;
        };
        let Some(&at) = self.index.get(&current) else {
            self.slots[slot].moved = Some(Reason::Moved {
                from: current.to_string(),
                why: None,
            });
            return false;
        };
        let ledger = &self.ledgers[at];
        let slotted = &self.slots[slot];
        if let Some(why) = ledger.refuse_stay(self.service(slotted.service), slotted.number) {
            let from = ledger.host.name.clone();
            self.slots[slot].moved = Some(Reason::Moved { from, why: Some(why) });
            return false;
        }
        let host = ledger.host.id;
        self.book(slot, at);
        self.answer(
            slot,
            Outcome::Stays { host },
            vec![Reason::AlreadyThere],
            Vec::new(),
        );
        true
    }

    /// Finds hosts for the open instances of a single service, one after the other.
    fn fill_single(&mut self, group: &Group) {
        for slot in self.open_slots_of(group) {
            let service = self.service(self.slots[slot].service);
            let number = self.slots[slot].number;
            let mut fitting = Vec::new();
            let mut refused = Vec::new();
            for (at, ledger) in self.ledgers.iter().enumerate() {
                match ledger.refuse(service, number) {
                    Some(why) => refused.push(refusal(ledger, why)),
                    None => fitting.push(at),
                }
            }
            let packed = service.mode == Some(PlacementMode::Pack);
            let crowd = |at: usize| {
                let count = self.ledgers[at].count_of(service);
                if packed {
                    (Reverse(count), 0)
                } else {
                    (Reverse(0), count)
                }
            };
            let best = fitting
                .iter()
                .copied()
                .min_by_key(|&at| (crowd(at), self.ledgers[at].load()));
            let Some(best) = best else {
                self.nowhere(slot, refused);
                continue;
            };
            let equal = fitting.iter().filter(|&&at| crowd(at) == crowd(best)).count();
            let mut reasons = Vec::new();
            if service.replicas > 1 {
                reasons.push(if packed { Reason::Packed } else { Reason::Spread });
            }
            // With a host of its own kind apart from the others, load did not decide.
            if equal > 1 || fitting.len() == 1 {
                reasons.push(self.preference(best, equal));
            }
            self.pass_over(&fitting, best, &mut refused);
            self.go(slot, best, reasons, refused);
        }
    }

    /// Why one of several hosts was taken.
    fn preference(&self, best: usize, of: usize) -> Reason {
        let ledger = &self.ledgers[best];
        if of == 1 {
            return Reason::OnlyHost;
        }
        Reason::LeastLoaded {
            of,
            memory_percent: ledger.memory_percent(),
            containers: ledger.containers(),
        }
    }

    /// Adds the hosts that would have fitted too.
    fn pass_over(&self, fitting: &[usize], best: usize, refused: &mut Vec<RefusedHost>) {
        let chosen = &self.ledgers[best].host.name;
        for &at in fitting.iter().filter(|&&at| at != best) {
            refused.push(refusal(
                &self.ledgers[at],
                Refusal::Passed {
                    chosen: chosen.clone(),
                },
            ));
        }
    }

    fn go(&mut self, slot: usize, at: usize, mut reasons: Vec<Reason>, refused: Vec<RefusedHost>) {
        let host = self.ledgers[at].host.id;
        let from = self.slots[slot].current;
        if let Some(moved) = self.slots[slot].moved.take() {
            reasons.insert(0, moved);
        }
        self.book(slot, at);
        let outcome = if from == Some(host) {
            Outcome::Stays { host }
        } else {
            Outcome::Goes { host, from }
        };
        self.answer(slot, outcome, reasons, refused);
    }

    fn nowhere(&mut self, slot: usize, refused: Vec<RefusedHost>) {
        let mut reasons: Vec<Reason> = self.slots[slot].moved.take().into_iter().collect();
        if self.request.hosts.is_empty() {
            reasons.push(Reason::NoHosts);
        }
        let from = self.slots[slot].current;
        self.answer(slot, Outcome::Nowhere { from }, reasons, refused);
    }

    fn book(&mut self, slot: usize, at: usize) {
        let service = self.service(self.slots[slot].service);
        let number = self.slots[slot].number;
        self.ledgers[at].add(service, number);
    }

    fn answer(&mut self, slot: usize, outcome: Outcome, reasons: Vec<Reason>, refused: Vec<RefusedHost>) {
        let service = self.service(self.slots[slot].service).name.clone();
        let slot = &mut self.slots[slot];
        slot.placed = Some(Placed {
            service,
            number: slot.number,
            outcome,
            reasons,
            refused,
        });
    }
}

fn refusal(ledger: &Ledger<'_>, why: Refusal) -> RefusedHost {
    RefusedHost {
        host: ledger.host.id,
        name: ledger.host.name.clone(),
        why,
    }
}
