//! Services that go to one host.

use super::{Home, Plan, refusal};
use crate::group::Group;
use crate::ledger::Ledger;
use crate::outcome::{Reason, RefusedHost};
use crate::refusal::{Need, Refusal};
use crate::request::HostState;

impl Plan<'_> {
    /// Finds where a group is and books what can stay there.
    pub(super) fn keep_together(&mut self, group: &Group) -> Home {
        let Some(home) = self.home_of(group) else {
            self.note_vanished(group);
            return Home::None;
        };
        if self.ledgers[home].host.state != HostState::Up {
            return Home::Silent(home);
        }
        self.note_vanished(group);
        let before = self.ledgers[home].clone();
        let here: Vec<usize> = self
            .open_slots_of(group)
            .into_iter()
            .filter(|&slot| self.slots[slot].current == Some(before.host.id))
            .collect();
        let kept = here.iter().filter(|&&slot| self.keep(slot)).count();
        if kept == here.len() {
            return Home::Kept(home);
        }
        // One that cannot stay takes the others with it, if there is a host for all of them.
        self.ledgers[home] = before;
        let reason = here.iter().find_map(|&slot| self.slots[slot].moved.clone());
        for slot in here {
            self.slots[slot].placed = None;
            self.slots[slot].moved.clone_from(&reason);
        }
        Home::Broken(home)
    }

    /// The host with most of the group: one that answers if there is any.
    fn home_of(&self, group: &Group) -> Option<usize> {
        let mut counts = vec![0_usize; self.ledgers.len()];
        for slot in self.slots_of(group) {
            if let Some(&at) = self.slots[slot].current.and_then(|host| self.index.get(&host)) {
                counts[at] += 1;
            }
        }
        (0..counts.len()).filter(|&at| counts[at] > 0).min_by_key(|&at| {
            let host = self.ledgers[at].host;
            (
                host.state != HostState::Up,
                std::cmp::Reverse(counts[at]),
                self.ledgers[at].load(),
            )
        })
    }

    /// Instances on hosts outside the pool have to move.
    fn note_vanished(&mut self, group: &Group) {
        for slot in self.open_slots_of(group) {
            if let Some(current) = self.slots[slot].current
                && !self.index.contains_key(&current)
            {
                self.slots[slot].moved = Some(Reason::Moved {
                    from: current.to_string(),
                    why: None,
                });
            }
        }
    }

    /// Finds a host for the open instances of a group.
    pub(super) fn fill_together(&mut self, group: &Group, home: Home) {
        let open = self.open_slots_of(group);
        if open.is_empty() {
            return;
        }
        match home {
            Home::Kept(home) => self.join(group, &open, home),
            Home::Silent(home) => {
                for slot in open {
                    let refused = self.refuse_everywhere(group, slot, home, None);
                    self.nowhere(slot, refused);
                }
            }
            Home::None => self.settle(group, &open, None),
            Home::Broken(home) => self.settle(group, &open, Some(home)),
        }
    }

    /// Adds instances to the host where their group is.
    fn join(&mut self, group: &Group, open: &[usize], home: usize) {
        for &slot in open {
            let service = self.service(self.slots[slot].service);
            if let Some(why) = self.ledgers[home].refuse(service, self.slots[slot].number) {
                let refused = self.refuse_everywhere(group, slot, home, Some(why));
                self.nowhere(slot, refused);
                continue;
            }
            let refused = self.refuse_others(group, slot, home);
            let reasons = vec![Reason::Together {
                with: self.others(group, slot),
            }];
            self.apart_from_home(slot, home, group);
            self.go(slot, home, reasons, refused);
        }
    }

    /// An instance that is on another host than its group moves, and says so.
    fn apart_from_home(&mut self, slot: usize, home: usize, group: &Group) {
        let Some(current) = self.slots[slot].current else {
            return;
        };
        let Some(&at) = self.index.get(&current) else {
            return;
        };
        if at != home {
            let why = Refusal::Apart {
                home: self.ledgers[home].host.name.clone(),
                with: self.others(group, slot),
            };
            let from = self.ledgers[at].host.name.clone();
            self.slots[slot].moved = Some(Reason::Moved { from, why: Some(why) });
        }
    }

    /// Finds one host for a whole group.
    fn settle(&mut self, group: &Group, open: &[usize], broken: Option<usize>) {
        let mut fitting = Vec::new();
        let mut refused = Vec::new();
        for (at, ledger) in self.ledgers.iter().enumerate() {
            match self.refuse_group(ledger, open) {
                Some(why) => refused.push(refusal(ledger, why)),
                None => fitting.push(at),
            }
        }
        let best = fitting.iter().copied().min_by_key(|&at| self.ledgers[at].load());
        let Some(best) = best else {
            if let Some(home) = broken {
                self.stay_in_part(group, open, home);
            } else {
                for &slot in open {
                    self.nowhere(slot, refused.clone());
                }
            }
            return;
        };
        self.pass_over(&fitting, best, &mut refused);
        let preference = self.preference(best, fitting.len());
        for &slot in open {
            let with = self.others(group, slot);
            let reasons = vec![Reason::Together { with }, preference.clone()];
            self.go(slot, best, reasons, refused.clone());
        }
    }

    /// No host can take all of a group that cannot stay whole: keep what can stay.
    fn stay_in_part(&mut self, group: &Group, open: &[usize], home: usize) {
        let current = self.ledgers[home].host.id;
        let (here, rest): (Vec<usize>, Vec<usize>) = open
            .iter()
            .copied()
            .partition(|&slot| self.slots[slot].current == Some(current));
        let left: Vec<usize> = here.into_iter().filter(|&slot| !self.keep(slot)).collect();
        self.join(group, &left, home);
        self.join(group, &rest, home);
    }

    /// Why a host cannot take all these instances; `None` when it can.
    fn refuse_group(&self, ledger: &Ledger<'_>, open: &[usize]) -> Option<Refusal> {
        if let Some(why) = ledger.refuse_state() {
            return Some(why);
        }
        let mut services: Vec<usize> = open.iter().map(|&slot| self.slots[slot].service).collect();
        services.dedup();
        if let Some(why) = services
            .iter()
            .find_map(|&at| ledger.refuse_constraint(self.service(at)))
        {
            return Some(why);
        }
        let (mut memory, mut nano_cpus) = (0_u64, 0_u64);
        for &slot in open {
            let service = self.service(self.slots[slot].service);
            memory = memory.saturating_add(service.memory);
            nano_cpus = nano_cpus.saturating_add(service.nano_cpus);
        }
        let need = match open {
            [_] => Need::Instance,
            _ => Need::Together {
                services: services.iter().map(|&at| self.service(at).name.clone()).collect(),
                instances: u32::try_from(open.len()).unwrap_or(u32::MAX),
            },
        };
        if let Some(why) = ledger.refuse_amount(&need, memory, nano_cpus) {
            return Some(why);
        }
        let mut trial = ledger.clone();
        for &slot in open {
            let service = self.service(self.slots[slot].service);
            let number = self.slots[slot].number;
            if let Some(why) = trial.refuse(service, number) {
                return Some(why);
            }
            trial.add(service, number);
        }
        None
    }

    /// The other services of a group.
    fn others(&self, group: &Group, slot: usize) -> Vec<String> {
        let own = self.slots[slot].service;
        group
            .services
            .iter()
            .filter(|&&at| at != own)
            .map(|&at| self.service(at).name.clone())
            .collect()
    }

    /// Every host but the group's own is refused for being another one.
    fn refuse_others(&self, group: &Group, slot: usize, home: usize) -> Vec<RefusedHost> {
        let with = self.others(group, slot);
        let name = &self.ledgers[home].host.name;
        (0..self.ledgers.len())
            .filter(|&at| at != home)
            .map(|at| {
                let ledger = &self.ledgers[at];
                let apart = Refusal::Apart {
                    home: name.clone(),
                    with: with.clone(),
                };
                refusal(ledger, ledger.refuse_state().unwrap_or(apart))
            })
            .collect()
    }

    /// As above, and the group's own host too: for `why`, or because it does not answer.
    fn refuse_everywhere(
        &self,
        group: &Group,
        slot: usize,
        home: usize,
        why: Option<Refusal>,
    ) -> Vec<RefusedHost> {
        let ledger = &self.ledgers[home];
        let why = why.unwrap_or(Refusal::NotUp {
            state: ledger.host.state,
        });
        let mut refused = vec![refusal(ledger, why)];
        refused.extend(self.refuse_others(group, slot, home));
        refused
    }
}
