//! What the fleet knows of one container.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use lighthouse_model::container::{
    ContainerRow, ContainerState, Health, HistoryEntry, Management, PublishedPort, verdict,
};
use lighthouse_model::query::{Field, Queryable};
use lighthouse_model::{
    Action, Actions, ContainerKey, HostId, Millis, Name, OperationId, Permission, PermissionSet, Tone,
    Verdict,
};

use super::label;
use super::model::Blame;
use crate::engine::ContainerSummary;

/// Entries of history kept for each container.
const HISTORY: usize = 50;
/// Deaths remembered for each container, to tell a flapping one.
const DEATHS: usize = 32;
/// What counts as recent.
const MINUTE: Millis = 60_000;
/// Deaths by themselves within a minute that make a container a flapping one.
const FLAPPING: usize = 3;

/// One container as the fleet knows it; shared and never changed in place.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// Which one.
    pub key: ContainerKey,
    /// Its host's name.
    pub host: Name,
    /// Its name, without the leading slash.
    pub name: String,
    /// The image as asked for.
    pub image: String,
    /// The image's id.
    pub image_id: String,
    /// State.
    pub state: ContainerState,
    /// Health.
    pub health: Health,
    /// How the last run ended.
    pub exit_code: Option<i64>,
    /// State, health and exit code in words.
    pub verdict: Verdict,
    /// Since when it is in this state, by the console's clock; `None` when that was before the console looked.
    pub since: Option<Millis>,
    /// When it was made, by the engine's clock.
    pub created_at: Millis,
    /// Its labels.
    pub labels: Arc<BTreeMap<String, String>>,
    /// Its ports.
    pub ports: Vec<PublishedPort>,
    /// The application it belongs to.
    pub application: Option<String>,
    /// The service in it.
    pub service: Option<String>,
    /// The instance, such as `web-2`; only when managed.
    pub instance: Option<String>,
    /// Who is responsible for it.
    pub management: Management,
    /// The operation that is changing it.
    pub operation: Option<OperationId>,
    /// How often it ended by itself since the console watches it.
    pub deaths: u32,
    /// What events told of it.
    pub(super) trace: Trace,
}

/// What events told of a container and a list does not.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Trace {
    /// A signal was sent through the engine since the last start.
    pub(super) signalled: bool,
    /// It ran out of memory since the last start.
    pub(super) out_of_memory: bool,
    /// The exit code of the last end.
    pub(super) exit_code: Option<i64>,
    /// It had ended before the console looked: nobody can tell whether somebody stopped it.
    pub(super) unwitnessed: bool,
    /// Something happened after which the state counts as new even when its word is the same.
    pub(super) renewed: bool,
    /// Calls about it are not answered although the engine is.
    pub(super) stuck: bool,
    /// When it ended by itself, newest last.
    pub(super) died: VecDeque<Millis>,
    /// What happened, newest last.
    pub(super) history: VecDeque<HistoryEntry>,
}

/// An instance of an application, as the store knows it: what makes a container ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedInstance {
    /// The application.
    pub application: Name,
    /// The service.
    pub service: String,
    /// Its number within the service, from 1.
    pub number: u32,
    /// Where it belongs.
    pub host: HostId,
    /// Bytes of memory reserved for it.
    pub memory_reserved: u64,
    /// Processors reserved for it, in thousand-millionths.
    pub nano_cpus_reserved: u64,
}

/// All instances by their nonce.
pub type Owned = HashMap<String, OwnedInstance>;

/// What is known around a container when it is looked at.
pub(super) struct Surroundings<'a> {
    pub(super) host: HostId,
    pub(super) host_name: &'a Name,
    pub(super) owned: &'a Owned,
    pub(super) operation: Option<OperationId>,
    pub(super) now: Millis,
    /// Why a container may have ended unseen.
    pub(super) blame: Option<Blame>,
}

impl Container {
    /// What a list tells of a container, joined with what was known before.
    pub(super) fn observe(
        summary: ContainerSummary,
        before: Option<&Self>,
        pending: Trace,
        around: &Surroundings<'_>,
    ) -> Self {
        let mut trace = before.map_or(pending, |c| c.trace.clone());
        trace.stuck = false;
        trace.unwitnessed |=
            before.is_none() && summary.state == ContainerState::Exited && trace.exit_code.is_none();
        let mut container = Self {
            key: ContainerKey {
                host: around.host,
                id: summary.id,
            },
            host: around.host_name.clone(),
            name: summary.name,
            image: summary.image,
            image_id: summary.image_id,
            state: summary.state,
            health: summary.health,
            exit_code: summary.exit_code.or(trace.exit_code),
            verdict: Verdict::new(Tone::Unknown, ""),
            since: before.and_then(|b| b.since),
            created_at: summary.created_at,
            labels: Arc::new(summary.labels),
            ports: summary.ports,
            application: None,
            service: None,
            instance: None,
            management: Management::Unmanaged,
            operation: around.operation,
            deaths: before.map_or(0, |b| b.deaths),
            trace,
        };
        container.claim(around.owned);
        if let Some(before) = before
            && before.labels == container.labels
        {
            container.labels = Arc::clone(&before.labels);
        }
        let renewed = std::mem::take(&mut container.trace.renewed);
        if before.is_some_and(|b| b.state != container.state) || renewed {
            container.since = Some(around.now);
        }
        let ended_unseen = around.blame.filter(|blame| {
            !container.state.is_up()
                && before.is_some_and(|b| b.state.is_up() || b.since.is_some_and(|since| since >= blame.from))
        });
        container.judge(around.now);
        if let Some(blame) = ended_unseen {
            container.verdict.words = format!("{} {}", container.verdict.words, blame.words);
        } else if let Some(before) = before
            && !renewed
            && before.state == container.state
            && before.exit_code == container.exit_code
            && before.verdict.words.starts_with(&container.verdict.words)
            && !container.state.is_up()
        {
            // Why it ended was told once and does not become untrue.
            container.verdict = before.verdict.clone();
        }
        if before.is_none_or(|b| b.verdict != container.verdict || renewed) {
            container.remember(around.now);
        }
        container
    }

    /// Finds out who is responsible for it.
    pub(super) fn claim(&mut self, owned: &Owned) {
        let label = |key: &str| self.labels.get(key).filter(|v| !v.is_empty()).cloned();
        if let Some(instance) = label(label::NONCE)
            .and_then(|nonce| owned.get(&nonce))
            .filter(|i| i.host == self.key.host)
        {
            self.application = Some(instance.application.to_string());
            self.service = Some(instance.service.clone());
            self.instance = Some(format!("{}-{}", instance.service, instance.number));
            self.management = Management::Managed;
        } else {
            self.application = label(label::COMPOSE_PROJECT);
            self.service = label(label::COMPOSE_SERVICE);
            self.instance = None;
            // With our labels and without a row of ours it was left behind, or is another installation's.
            let strayed = self.labels.contains_key(label::NONCE);
            self.management = if self.application.is_some() && !strayed {
                Management::Compose
            } else {
                Management::Unmanaged
            };
        }
    }

    /// Puts state and what events told into words.
    pub(super) fn judge(&mut self, now: Millis) {
        self.verdict = if self.trace.stuck {
            Verdict::new(
                Tone::Unknown,
                "not known (stuck): the engine does not answer about it; restart its engine or look at its log",
            )
        } else {
            verdict(self.state, self.health, self.exit_code, self.trace.signalled)
        };
        if self.state == ContainerState::Exited && self.trace.out_of_memory {
            self.verdict = Verdict::new(
                Tone::Failed,
                format!("exited {} (out of memory)", self.exit_code.unwrap_or(137)),
            );
        }
        if self.state == ContainerState::Exited && self.trace.unwitnessed && self.exit_code == Some(137) {
            self.verdict = Verdict::new(Tone::Warning, "exited 137 (stopped or killed)");
        }
        let recent = self.recent_deaths(now);
        if recent >= FLAPPING && self.verdict.tone != Tone::Unknown && self.state != ContainerState::Removing
        {
            self.verdict.tone = Tone::Failed;
            self.verdict.words = format!("{}, {recent} restarts a minute", self.verdict.words);
        }
    }

    /// Writes the verdict into the history.
    pub(super) fn remember(&mut self, now: Millis) {
        let history = &mut self.trace.history;
        if history.len() == HISTORY {
            history.pop_front();
        }
        history.push_back(HistoryEntry {
            at: now,
            verdict: self.verdict.clone(),
        });
    }

    fn recent_deaths(&self, now: Millis) -> usize {
        self.trace.died.iter().filter(|at| now - **at < MINUTE).count()
    }

    /// Does it end and start again by itself, over and over?
    pub fn is_flapping(&self, now: Millis) -> bool {
        self.recent_deaths(now) >= FLAPPING
    }

    /// What happened since the console watches it, newest first.
    pub fn history(&self) -> Vec<HistoryEntry> {
        self.trace.history.iter().rev().cloned().collect()
    }

    /// What may be done with it by whom, as it is now.
    ///
    /// Instances of applications are not removed one by one: the application says how many there are.
    pub fn allowed(&self, permissions: PermissionSet, stale: bool) -> Actions {
        use ContainerState as S;
        let may = |permission| permissions.contains(permission);
        let operate = may(Permission::ContainerOperate) && !stale && self.operation.is_none();
        let up = self.state.is_up();
        let stopped = matches!(self.state, S::Created | S::Exited);
        Actions::NONE
            .with_if(Action::Start, operate && stopped)
            .with_if(Action::Stop, operate && up)
            .with_if(Action::Restart, operate && (up || self.state == S::Exited))
            .with_if(
                Action::Remove,
                operate && self.state != S::Removing && self.management != Management::Managed,
            )
            .with_if(
                Action::Terminal,
                may(Permission::ContainerTerminal) && !stale && self.state == S::Running,
            )
            .with_if(Action::Environment, may(Permission::ContainerEnvironment))
            .with_if(Action::Logs, may(Permission::ContainerView))
    }

    /// The row a viewer with these permissions sees.
    pub fn row(&self, permissions: PermissionSet, stale_since: Option<Millis>) -> ContainerRow {
        ContainerRow {
            key: self.key.clone(),
            host: self.host.clone(),
            name: self.name.clone(),
            image: self.image.clone(),
            state: self.state,
            health: self.health,
            exit_code: self.exit_code,
            verdict: self.verdict.clone(),
            since: self.since,
            created_at: self.created_at,
            application: self.application.clone(),
            service: self.service.clone(),
            management: self.management,
            ports: self.ports.clone(),
            stale_since,
            operation: self.operation,
            allowed: self.allowed(permissions, stale_since.is_some()),
        }
    }
}

impl Trace {
    /// Notes that the container ended; by itself unless a signal was sent through the engine.
    pub(super) fn died(&mut self, exit_code: Option<i64>, now: Millis) {
        self.exit_code = exit_code;
        self.unwitnessed = false;
        self.renewed = true;
        if !self.signalled {
            if self.died.len() == DEATHS {
                self.died.pop_front();
            }
            self.died.push_back(now);
        }
    }

    /// Notes that the container started.
    pub(super) fn started(&mut self) {
        self.signalled = false;
        self.out_of_memory = false;
        self.unwitnessed = false;
        self.renewed = true;
    }
}

/// The word of a tone, as in queries.
const fn tone_word(tone: Tone) -> &'static str {
    match tone {
        Tone::Failed => "failed",
        Tone::Unknown => "unknown",
        Tone::Warning => "warning",
        Tone::Busy => "busy",
        Tone::Good => "good",
        Tone::Done => "done",
        Tone::Idle => "idle",
    }
}

impl Queryable for Container {
    fn values(&self, field: &Field, see: &mut dyn FnMut(&str)) {
        let optional = |value: &Option<String>, see: &mut dyn FnMut(&str)| {
            if let Some(value) = value {
                see(value);
            }
        };
        match field {
            Field::App => optional(&self.application, see),
            Field::Service => optional(&self.service, see),
            Field::Host => see(self.host.as_str()),
            Field::Image => see(&self.image),
            Field::State => {
                see(self.state.as_str());
                see(tone_word(self.verdict.tone));
                match self.health {
                    Health::None => {}
                    Health::Starting => see("starting"),
                    Health::Healthy => see("healthy"),
                    Health::Unhealthy => see("unhealthy"),
                }
            }
            Field::Name => see(&self.name),
            Field::Label(key) => {
                if let Some(value) = self.labels.get(key) {
                    see(value);
                }
            }
            Field::Any => {
                see(&self.name);
                see(&self.image);
                see(self.host.as_str());
                optional(&self.application, see);
                optional(&self.service, see);
            }
        }
    }
}
