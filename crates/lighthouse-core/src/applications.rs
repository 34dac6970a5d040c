//! Applications: plan, deploy, scale, start, stop, restart and remove, and the views of them.
//!
//! What lives here: the use cases, each with the grant it needs. How a blueprint becomes a container is in `spec`,
//! what a change means for each instance in `draft`, what it is made of in `steps`; how it is carried out is in
//! [`crate::operations`].

pub(crate) mod blueprint;
mod draft;
mod spec;
mod steps;
mod views;

use std::collections::BTreeMap;
use std::sync::Arc;

use lighthouse_blueprint::{Blueprint, ReservedOption};
use lighthouse_model::application::{BlueprintText, DeployInput};
use lighthouse_model::operation::{OperationKind, OperationState};
use lighthouse_model::plan::PlanView;
use lighthouse_model::{ApplicationId, Diagnostic, Name, OperationId, Permission, PoolId, Problem};

use self::draft::{Basis, Draft, Purpose};
use self::steps::Whole;
use crate::access::{Right, right};
use crate::audit::Outcome;
use crate::hosts::ALL_HOSTS;
use crate::identity::NewId;
use crate::operations::Proposal;
use crate::operations::work::{Network, Subject, UnitChange, Volume, Work};
use crate::store::{Acceptance, ApplicationRecord, ObjectKind, OperationRecord, ReleaseRecord, StepRecord};
use crate::{Console, Error, Grant, Result, Target};

/// The most replicas a service may have.
const MOST_REPLICAS: u32 = 1000;
/// Characters of a reason that are kept.
const REASON: usize = 500;

/// What becomes of an application's volumes when it is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volumes {
    /// They stay, with their data.
    Keep,
    /// They are removed too.
    Remove,
}

/// A deploy that was read and worked out.
struct Worked {
    name: Name,
    application: Option<ApplicationRecord>,
    pool: Option<PoolId>,
    scale: BTreeMap<String, u32>,
    subject: Subject,
    reserved: Vec<ReservedOption>,
    blueprint: Blueprint,
    draft: Draft,
}

/// What came of reading a deploy.
enum Reading {
    /// It can be worked with.
    Good(Box<Worked>),
    /// The blueprint has errors.
    Broken(String, Option<i64>, Vec<Diagnostic>),
}

impl Console {
    /// The target for [`crate::authorize`] of an application that a person named.
    pub async fn application_target(&self, name: &str) -> Result<Target> {
        Ok(Target::Application(self.application_named(name).await?.id))
    }

    async fn application_named(&self, name: &str) -> Result<ApplicationRecord> {
        let missing = || Problem::not_found("application of this name");
        let name = name.parse().map_err(|_| missing())?;
        let application = self.store().application(&name).await?;
        Ok(application.ok_or_else(missing)?)
    }

    /// What a deploy would do: where each instance would go and why. Changes nothing.
    ///
    /// # Errors
    /// [`Problem::Invalid`] for a name or a pool that cannot be used. Errors of the blueprint, reserved options and
    /// everything else that stands in the way are in the plan.
    pub async fn plan(
        &self,
        grant: &Grant<right::ApplicationDeploy>,
        input: DeployInput,
    ) -> Result<PlanView> {
        let worked = match self.read_deploy(grant, &input).await? {
            Reading::Good(worked) => worked,
            Reading::Broken(application, base_generation, diagnostics) => {
                return Ok(PlanView {
                    application,
                    base_generation,
                    diagnostics,
                    services: Vec::new(),
                    instances: Vec::new(),
                    networks: Vec::new(),
                    volumes: Vec::new(),
                    warnings: Vec::new(),
                    obstacles: Vec::new(),
                });
            }
        };
        let mut view = worked.draft.view;
        if let Err(problem) = may_reserve(grant, &worked.reserved) {
            view.obstacles.insert(0, problem.to_string());
        }
        Ok(view)
    }

    /// Accepts a deploy of a new application, or an update of one: a release and an operation.
    ///
    /// # Errors
    /// [`Problem::BlueprintInvalid`], [`Problem::Reserved`], [`Problem::NotPlaceable`], [`Problem::Stale`] when
    /// the application is not at `base_generation` any more, [`Problem::NameTaken`] when it is there and no
    /// `base_generation` was given, [`Problem::Busy`] while another operation changes it.
    pub async fn deploy(
        &self,
        grant: &Grant<right::ApplicationDeploy>,
        input: DeployInput,
    ) -> Result<OperationId> {
        let worked = match self.read_deploy(grant, &input).await? {
            Reading::Good(worked) => *worked,
            Reading::Broken(_, _, diagnostics) => {
                return Err(Problem::BlueprintInvalid { diagnostics }.into());
            }
        };
        may_reserve(grant, &worked.reserved)?;
        match (&worked.application, input.base_generation) {
            (None, None) => {}
            (Some(there), Some(base)) if there.generation == base => {}
            (Some(there), None) => {
                return Err(Problem::NameTaken {
                    what: "application".to_owned(),
                    name: there.name.to_string(),
                }
                .into());
            }
            _ => {
                return Err(Problem::Stale {
                    what: format!("`{}`", worked.name),
                }
                .into());
            }
        }
        if !worked.draft.view.obstacles.is_empty() {
            return Err(Problem::NotPlaceable {
                obstacles: worked.draft.view.obstacles,
            }
            .into());
        }
        let id = OperationId::fresh();
        let Draft { mut work, layers, .. } = worked.draft;
        let steps = steps::rollout(id, &mut work, &worked.blueprint, &layers);
        let now = self.clock().now();
        let subject = worked.subject;
        let release = ReleaseRecord {
            application: subject.id,
            number: subject.release,
            blueprint: input.blueprint,
            images: Vec::new(),
            author: grant.viewer().name.to_string(),
            reason: input.reason.chars().take(REASON).collect(),
            operation: id,
            at: now,
        };
        let record = ApplicationRecord {
            id: subject.id,
            name: worked.name,
            generation: subject.generation,
            pool: worked.pool,
            release: Some(subject.release),
            scale: worked.scale,
            running: true,
            created_at: worked.application.map_or(now, |a| a.created_at),
        };
        let with = Acceptance {
            application: Some(record),
            release: Some(release),
        };
        self.accept(grant, id, OperationKind::Deploy, work, steps, with)
            .await
    }

    async fn read_deploy(
        &self,
        grant: &Grant<right::ApplicationDeploy>,
        input: &DeployInput,
    ) -> Result<Reading> {
        let name: Name = input.name.parse().map_err(|e| Problem::invalid("name", e))?;
        let application = self.store().application(&name).await?;
        match (grant.target(), &application) {
            (Target::Installation, _) => {}
            (Target::Application(id), Some(there)) if *id == there.id => {}
            _ => return Err(Problem::not_found("such application").into()),
        }
        let base_generation = application.as_ref().map(|a| a.generation);
        let loaded = match blueprint::read(&input.blueprint, name.as_str()) {
            Ok(loaded) => loaded,
            Err(broken) => {
                return Ok(Reading::Broken(
                    name.to_string(),
                    base_generation,
                    broken.diagnostics,
                ));
            }
        };
        let pool = self.pool_named(&input.pool).await?;
        let (scale, scale_notes) = match &application {
            Some(application) => self.scale_kept(application, &loaded.blueprint).await,
            None => (BTreeMap::new(), Vec::new()),
        };
        let number = match &application {
            Some(application) => self
                .store()
                .releases(application.id, 1)
                .await?
                .first()
                .map_or(1, |r| r.number + 1),
            None => 1,
        };
        let subject = Subject {
            id: application.as_ref().map_or_else(ApplicationId::fresh, |a| a.id),
            name: name.clone(),
            release: number,
            generation: base_generation.unwrap_or(0) + 1,
        };
        let mut draft = draft::draft(
            self.fleet(),
            self.store(),
            self.store().installation_id(),
            Basis {
                purpose: Purpose::Deploy,
                name: &name,
                application: application.as_ref(),
                blueprint: &loaded.blueprint,
                notes: loaded.notes,
                hosts: &self.pool_members(pool).await?,
                scale: &scale,
                subject: subject.clone(),
            },
        )
        .await?;
        draft.view.warnings.extend(scale_notes);
        Ok(Reading::Good(Box::new(Worked {
            reserved: loaded.blueprint.reserved_options(),
            name,
            application,
            pool,
            scale,
            subject,
            blueprint: loaded.blueprint,
            draft,
        })))
    }

    async fn pool_named(&self, name: &str) -> Result<Option<PoolId>> {
        if name.is_empty() || name == ALL_HOSTS {
            return Ok(None);
        }
        let pools = self.store().pools().await?;
        let pool = pools.into_iter().find(|p| p.name.as_str() == name);
        let pool = pool.ok_or_else(|| Problem::invalid("pool", "there is no pool of this name"))?;
        Ok(Some(pool.id))
    }

    /// Replicas that a person chose by scaling stay chosen while the blueprint does not change its own word.
    async fn scale_kept(
        &self,
        application: &ApplicationRecord,
        new: &Blueprint,
    ) -> (BTreeMap<String, u32>, Vec<String>) {
        let old = match application.release {
            Some(release) => {
                self.operations()
                    .blueprints()
                    .of(application.id, &application.name, release)
                    .await
            }
            None => None,
        };
        let mut kept = BTreeMap::new();
        let mut notes = Vec::new();
        for (service, replicas) in &application.scale {
            let word = |b: &Blueprint| b.service(service).map(lighthouse_blueprint::Service::replicas);
            let said = word(new);
            if said.is_some() && old.as_deref().and_then(word) == said {
                kept.insert(service.clone(), *replicas);
                if said != Some(*replicas) {
                    notes.push(format!(
                        "`{service}` stays at {replicas} instances, as chosen by scaling; the blueprint says {}.",
                        said.unwrap_or(1)
                    ));
                }
            }
        }
        (kept, notes)
    }

    /// Changes the number of replicas of one service. The grant's target is the application.
    ///
    /// # Errors
    /// As for [`Self::deploy`].
    pub async fn scale(
        &self,
        grant: &Grant<right::ApplicationOperate>,
        service: &str,
        replicas: u32,
    ) -> Result<OperationId> {
        if replicas > MOST_REPLICAS {
            return Err(
                Problem::invalid("replicas", format!("a service has at most {MOST_REPLICAS}")).into(),
            );
        }
        let application = self.granted_application(grant).await?;
        if !application.running {
            return Err(Problem::Conflict {
                why: format!("`{}` is stopped. Start it, then scale it.", application.name),
            }
            .into());
        }
        let (release, blueprint) = self.release_in_force(&application).await?;
        let wanted = blueprint
            .service(service)
            .ok_or_else(|| Problem::not_found(format!("service named `{service}`")))?;
        may_reserve(grant, &wanted.reserved_options())?;
        let mut scale = application.scale.clone();
        scale.insert(service.to_owned(), replicas);
        let subject = Subject {
            id: application.id,
            name: application.name.clone(),
            release,
            generation: application.generation + 1,
        };
        let mut draft = draft::draft(
            self.fleet(),
            self.store(),
            self.store().installation_id(),
            Basis {
                purpose: Purpose::Scale,
                name: &application.name,
                application: Some(&application),
                blueprint: &blueprint,
                notes: Vec::new(),
                hosts: &self.pool_members(application.pool).await?,
                scale: &scale,
                subject,
            },
        )
        .await?;
        if !draft.view.obstacles.is_empty() {
            return Err(Problem::NotPlaceable {
                obstacles: draft.view.obstacles,
            }
            .into());
        }
        let id = OperationId::fresh();
        let steps = steps::rollout(id, &mut draft.work, &blueprint, &draft.layers);
        let with = Acceptance {
            application: Some(ApplicationRecord {
                generation: application.generation + 1,
                scale,
                ..application
            }),
            release: None,
        };
        self.accept(grant, id, OperationKind::Scale, draft.work, steps, with)
            .await
    }

    /// Starts every instance of the grant's application.
    pub async fn start_application(&self, grant: &Grant<right::ApplicationOperate>) -> Result<OperationId> {
        self.change_whole(grant, Whole::Start, Volumes::Keep).await
    }

    /// Stops every instance of the grant's application.
    pub async fn stop_application(&self, grant: &Grant<right::ApplicationOperate>) -> Result<OperationId> {
        self.change_whole(grant, Whole::Stop, Volumes::Keep).await
    }

    /// Stops and starts every instance of the grant's application.
    pub async fn restart_application(&self, grant: &Grant<right::ApplicationOperate>) -> Result<OperationId> {
        self.change_whole(grant, Whole::Restart, Volumes::Keep).await
    }

    /// Takes the grant's application away: its instances, its networks, and its volumes if asked.
    pub async fn remove_application(
        &self,
        grant: &Grant<right::ApplicationDeploy>,
        volumes: Volumes,
    ) -> Result<OperationId> {
        self.change_whole(grant, Whole::Remove, volumes).await
    }

    async fn change_whole<R: Right>(
        &self,
        grant: &Grant<R>,
        what: Whole,
        volumes: Volumes,
    ) -> Result<OperationId> {
        let application = self.granted_application(grant).await?;
        let in_force = self.release_in_force(&application).await.ok();
        let generation = application.generation + 1;
        let mut work = Work {
            application: Some(Subject {
                id: application.id,
                name: application.name.clone(),
                release: in_force.as_ref().map_or(0, |(release, _)| *release),
                generation,
            }),
            units: draft::standing(self.fleet(), self.store(), &application).await?,
            ..Work::empty()
        };
        if let Some((_, blueprint)) = &in_force {
            (work.templates, _) = spec::templates(blueprint, application.name.as_str());
        }
        if what == Whole::Remove {
            for unit in &mut work.units {
                unit.change = UnitChange::Remove;
            }
            self.objects_to_remove(&mut work, application.id, volumes).await?;
        }
        let id = OperationId::fresh();
        let blueprint = in_force.as_ref().map(|(_, blueprint)| &**blueprint);
        let steps = steps::whole(id, &mut work, blueprint, what);
        let kind = match what {
            Whole::Start => OperationKind::Start,
            Whole::Stop => OperationKind::Stop,
            Whole::Restart => OperationKind::Restart,
            Whole::Remove => OperationKind::Remove,
        };
        let with = Acceptance {
            application: Some(ApplicationRecord {
                generation,
                running: matches!(what, Whole::Start | Whole::Restart),
                ..application
            }),
            release: None,
        };
        self.accept(grant, id, kind, work, steps, with).await
    }

    async fn objects_to_remove(&self, work: &mut Work, id: ApplicationId, volumes: Volumes) -> Result<()> {
        for object in self.store().objects(id).await? {
            if self.fleet().host(object.host).is_none() {
                // Its host was taken away, and with it everything that could be done there.
                self.store().remove_object(&object).await?;
                continue;
            }
            match object.kind {
                ObjectKind::Network => work.networks.push(Network {
                    host: object.host,
                    name: object.name,
                    key: object.key,
                    nonce: object.nonce,
                    spec: crate::engine::NetworkSpec::default(),
                }),
                ObjectKind::Volume if volumes == Volumes::Remove => work.volumes.push(Volume {
                    host: object.host,
                    name: object.name,
                    key: object.key,
                    nonce: object.nonce,
                    spec: crate::engine::VolumeSpec::default(),
                }),
                ObjectKind::Volume => {}
            }
        }
        Ok(())
    }

    async fn granted_application<R: Right>(&self, grant: &Grant<R>) -> Result<ApplicationRecord> {
        let id = application_of(grant)?;
        let application = self.store().application_by_id(id).await?;
        Ok(application.ok_or_else(|| Problem::not_found("such application"))?)
    }

    /// The release that is in force: the newest one that was not put back after a failed rollout.
    async fn release_in_force(&self, application: &ApplicationRecord) -> Result<(i64, Arc<Blueprint>)> {
        let newest = application
            .release
            .ok_or_else(|| Problem::not_found("release of this application"))?;
        let mut number = newest;
        let rows = self.store().instances(Some(application.id)).await?;
        if !rows.is_empty() && !rows.iter().any(|r| r.release == newest) {
            for release in self.store().releases(application.id, 50).await? {
                let operation = self.store().operation(release.operation).await?;
                let good = operation.is_some_and(|(o, _)| o.state == OperationState::Succeeded);
                if good || rows.iter().any(|r| r.release == release.number) {
                    number = release.number;
                    break;
                }
            }
        }
        let blueprint = self
            .operations()
            .blueprints()
            .of(application.id, &application.name, number)
            .await
            .ok_or_else(|| {
                Error::from(Problem::Conflict {
                    why: format!("The blueprint of release {number} cannot be read any more."),
                })
            })?;
        Ok((number, blueprint))
    }

    async fn accept<R: Right>(
        &self,
        grant: &Grant<R>,
        id: OperationId,
        kind: OperationKind,
        work: Work,
        steps: Vec<StepRecord>,
        with: Acceptance,
    ) -> Result<OperationId> {
        let now = self.clock().now();
        let viewer = grant.viewer();
        let target = work
            .application
            .as_ref()
            .map(|a| a.name.to_string())
            .unwrap_or_default();
        let detail = match &with.release {
            Some(release) => format!("release {}", release.number),
            None => String::new(),
        };
        let audit = self.line(
            viewer.into(),
            &format!("{kind}-application"),
            target.clone(),
            Outcome::Accepted(id),
            detail,
        );
        let record = OperationRecord {
            id,
            kind,
            target,
            application: work.application.as_ref().map(|a| a.id),
            actor: viewer.name.to_string(),
            grant: grant.record(),
            epoch: 1,
            state: OperationState::Pending,
            created_at: now,
            ended_at: None,
            payload: String::new(),
        };
        self.operations()
            .accept(Proposal {
                record,
                steps,
                work,
                with,
                audit,
            })
            .await
    }

    /// The blueprint of a release of the grant's application, byte for byte as it was given; `None` is the
    /// newest release.
    pub async fn blueprint(
        &self,
        grant: &Grant<right::ApplicationDeploy>,
        release: Option<i64>,
    ) -> Result<BlueprintText> {
        let application = self.granted_application(grant).await?;
        let missing = || Problem::not_found("such release");
        let number = release.or(application.release).ok_or_else(missing)?;
        let release = self.store().release(application.id, number).await?;
        Ok(release.ok_or_else(missing)?.blueprint)
    }
}

/// The one place that decides on options that hand out the host, whichever way they came in.
fn may_reserve<R: Right>(grant: &Grant<R>, options: &[ReservedOption]) -> Result<(), Problem> {
    if options.is_empty() || grant.viewer().may(Permission::ApplicationReserved) {
        return Ok(());
    }
    let viewer = grant.viewer();
    viewer
        .refusals
        .add(Permission::ApplicationReserved, grant.target().clone());
    Err(Problem::Reserved {
        options: options
            .iter()
            .map(|o| format!("line {}: `{}` ({})", o.line, o.option, o.why))
            .collect(),
    })
}

/// The application a grant is for.
fn application_of<R: Right>(grant: &Grant<R>) -> Result<ApplicationId> {
    match grant.target() {
        Target::Application(id) => Ok(*id),
        _ => Err(Problem::not_found("such application").into()),
    }
}
