//! A change of an application, worked out: what happens to each instance and why.
//!
//! It looks at the fleet as it is known now and at the store, and changes nothing. The same draft is shown as a
//! plan and, when a person presses the button, carried out.

mod change;
mod existing;
mod objects;
mod request;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use lighthouse_blueprint::{Blueprint, Service};
use lighthouse_model::plan::{Change, PlanView, PlannedInstance, PlannedService, Refusal};
use lighthouse_model::{Diagnostic, HostId, Name};
use lighthouse_placement as placement;
use lighthouse_placement::Outcome;

pub(super) use self::existing::standing;
use self::existing::{Existing, look};
use self::objects::Foreign;
use super::spec;
use crate::Result;
use crate::fleet::{Fleet, HostState};
use crate::operations::work::{OnFailure, Subject, Unit, UnitChange, Work};
use crate::store::{ApplicationRecord, ObjectRecord, Store};

/// How long a look at an image may take while a plan is made; without an answer the image counts as unchanged.
const IMAGE_LOOK: Duration = Duration::from_secs(3);

/// What a draft is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A deploy: everything may change.
    Deploy,
    /// Another number of replicas of one service; what is there stays as it is.
    Scale,
}

/// What a draft is made from.
pub(super) struct Basis<'a> {
    pub(super) purpose: Purpose,
    pub(super) name: &'a Name,
    pub(super) application: Option<&'a ApplicationRecord>,
    pub(super) blueprint: &'a Blueprint,
    pub(super) notes: Vec<Diagnostic>,
    /// The hosts of the pool, whatever their state.
    pub(super) hosts: &'a [HostState],
    pub(super) scale: &'a BTreeMap<String, u32>,
    /// What is applied: the application, the release and the generation after the change.
    pub(super) subject: Subject,
}

/// A change, worked out.
pub(super) struct Draft {
    pub(super) view: PlanView,
    pub(super) work: Work,
    /// Services layer by layer, each depending only on earlier layers.
    pub(super) layers: Vec<Vec<String>>,
}

/// Everything looked up before the draft is worked out.
struct Facts {
    existing: Vec<Existing>,
    objects: Vec<ObjectRecord>,
    /// Networks and volumes of other applications.
    foreign: Vec<Foreign>,
    /// Image ids by host and reference, where they were looked up.
    images: HashMap<(HostId, String), String>,
}

async fn facts(fleet: &Fleet, store: &dyn Store, basis: &Basis<'_>) -> Result<Facts> {
    let (existing, objects) = match basis.application {
        Some(application) => (
            look(fleet, store.instances(Some(application.id)).await?),
            store.objects(application.id).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let wanted: BTreeSet<(HostId, String)> = existing
        .iter()
        .filter(|e| e.answers && e.container.is_some() && basis.purpose == Purpose::Deploy)
        .filter_map(|e| {
            let service = basis.blueprint.service(&e.record.service)?;
            Some((e.record.host, service.image.clone()))
        })
        .collect();
    let looks = wanted.into_iter().map(|(host, image)| async move {
        let engine = fleet.engine(host).ok()?;
        let found = tokio::time::timeout(IMAGE_LOOK, engine.image(&image)).await;
        Some(((host, image), found.ok()?.ok()??.id))
    });
    let images = futures::future::join_all(looks)
        .await
        .into_iter()
        .flatten()
        .collect();
    Ok(Facts {
        existing,
        objects,
        foreign: objects::foreign(store, basis.application).await?,
        images,
    })
}

/// Works a change out.
pub(super) async fn draft(
    fleet: &Fleet,
    store: &dyn Store,
    installation: &str,
    basis: Basis<'_>,
) -> Result<Draft> {
    let mut facts = facts(fleet, store, &basis).await?;
    let existing = std::mem::take(&mut facts.existing);
    let (templates, mut refused) = spec::templates(basis.blueprint, basis.name.as_str());
    refused.extend(spec::refused_networks(basis.blueprint));
    let view = PlanView {
        application: basis.name.to_string(),
        base_generation: basis.application.map(|a| a.generation),
        diagnostics: basis.notes.clone(),
        services: services(&basis),
        instances: Vec::new(),
        networks: Vec::new(),
        volumes: Vec::new(),
        warnings: Vec::new(),
        obstacles: refused,
    };
    let mut drafting = Drafting {
        fleet,
        installation,
        basis: &basis,
        facts: &facts,
        work: Work {
            application: Some(basis.subject.clone()),
            templates,
            ..Work::empty()
        },
        view,
        current: BTreeMap::new(),
    };
    drafting.sort_existing(existing);
    drafting.place()?;
    drafting.objects()?;
    drafting.names_taken();
    let had_any = basis.application.is_some_and(|a| a.release.is_some())
        && drafting.current.values().any(Existing::is_up);
    if basis.purpose == Purpose::Deploy && had_any {
        drafting.work.on_failure = OnFailure::PutBack;
    }
    let layers = basis
        .blueprint
        .start_order()
        .into_iter()
        .map(|layer| layer.into_iter().map(|s| s.name.clone()).collect())
        .collect();
    Ok(Draft {
        view: drafting.view,
        work: drafting.work,
        layers,
    })
}

fn replicas(basis: &Basis<'_>, service: &Service) -> u32 {
    basis
        .scale
        .get(&service.name)
        .copied()
        .unwrap_or_else(|| service.replicas())
}

fn services(basis: &Basis<'_>) -> Vec<PlannedService> {
    basis
        .blueprint
        .services
        .iter()
        .map(|service| PlannedService {
            name: service.name.clone(),
            image: service.image.clone(),
            replicas: replicas(basis, service),
            facts: spec::facts(service),
            line: service.line,
        })
        .collect()
}

struct Drafting<'a> {
    fleet: &'a Fleet,
    installation: &'a str,
    basis: &'a Basis<'a>,
    facts: &'a Facts,
    work: Work,
    view: PlanView,
    /// The container that is the instance now, by service and number.
    current: BTreeMap<(String, u32), Existing>,
}

impl Drafting<'_> {
    fn grace(&self, service: &str) -> Option<u32> {
        self.work.templates.get(service).and_then(|t| t.spec.stop_timeout)
    }

    fn host_name(&self, host: HostId) -> Option<Name> {
        self.fleet.host(host).map(|h| h.name)
    }

    fn planned(&mut self, unit: &Unit, change: Change, why: Vec<String>) {
        self.view.instances.push(PlannedInstance {
            name: unit.name(),
            service: unit.service.clone(),
            number: unit.number,
            change,
            host: Some(unit.host),
            host_name: self.host_name(unit.host),
            why,
            refused: Vec::new(),
        });
    }

    fn place(&mut self) -> Result<()> {
        if self.basis.hosts.is_empty() {
            self.view
                .obstacles
                .push("There is no host to place it on. Add a host, or choose another pool.".to_owned());
        }
        let placed = placement::place(&self.request());
        self.view
            .warnings
            .extend(placed.unreachable.iter().map(|u| format!("{u}.")));
        for instance in &placed.instances {
            self.place_one(instance)?;
        }
        for surplus in &placed.surplus {
            self.remove(&surplus.service, surplus.number);
        }
        Ok(())
    }

    fn remove(&mut self, service: &str, number: u32) {
        let Some(existing) = self.current.get(&(service.to_owned(), number)) else {
            return;
        };
        let why = if self.basis.blueprint.service(service).is_some() {
            "fewer replicas are wanted"
        } else {
            "its service is not in the blueprint"
        };
        if !existing.answers {
            self.view.warnings.push(format!(
                "`{service}-{number}` is on a host that does not answer now; it is left there, and the next change \
                 removes it."
            ));
            return;
        }
        let unit = existing.unit(UnitChange::Remove, self.grace(service));
        self.planned(&unit, Change::Remove, vec![why.to_owned()]);
        self.work.units.push(unit);
    }

    fn place_one(&mut self, placed: &placement::Placed) -> Result<()> {
        let key = (placed.service.clone(), placed.number);
        let why: Vec<String> = placed.reasons.iter().map(ToString::to_string).collect();
        let refused: Vec<Refusal> = placed
            .refused
            .iter()
            .filter_map(|r| {
                Some(Refusal {
                    host: self.host_name(r.host)?,
                    why: r.why.to_string(),
                })
            })
            .collect();
        let (change, host, why, unit) = match placed.outcome {
            Outcome::Nowhere { .. } => {
                self.view.obstacles.push(Self::nowhere(placed));
                (Change::Create, None, why, None)
            }
            Outcome::Unknown { host } => {
                let existing = self.current.get(&key);
                if self.basis.purpose == Purpose::Deploy
                    && let Some(existing) = existing
                    && let Some(reason) = self.differs(existing)
                {
                    let name = self.host_name(host).map(|n| n.to_string()).unwrap_or_default();
                    self.view.obstacles.push(format!(
                        "`{}` has to be replaced ({reason}), and its host `{name}` does not answer. Wait until it \
                         does, or remove the host.",
                        placed.name()
                    ));
                }
                let unit = existing.map(|e| e.unit(UnitChange::Keep, None));
                (Change::Keep, Some(host), why, unit)
            }
            Outcome::Stays { host } | Outcome::Goes { host, .. } => {
                let (change, more, unit) = self.change(&key, host)?;
                let why = more.into_iter().chain(why).collect();
                (change, Some(host), why, Some(unit))
            }
        };
        self.view.instances.push(PlannedInstance {
            name: placed.name(),
            service: placed.service.clone(),
            number: placed.number,
            change,
            host,
            host_name: host.and_then(|h| self.host_name(h)),
            why,
            refused,
        });
        self.work.units.extend(unit);
        Ok(())
    }

    fn nowhere(placed: &placement::Placed) -> String {
        let mut reasons: Vec<String> = placed
            .refused
            .iter()
            .filter(|r| r.why.is_hard())
            .map(ToString::to_string)
            .collect();
        if reasons.is_empty() {
            reasons = placed.reasons.iter().map(ToString::to_string).collect();
        }
        format!("No host can take `{}`: {}.", placed.name(), reasons.join("; "))
    }

    fn warn_once(&mut self, warning: String) {
        if !self.view.warnings.contains(&warning) {
            self.view.warnings.push(warning);
        }
    }
}
