//! Applications: plan, deploy, scale, start, stop, restart and remove, and the views of them.
//!
//! What lives here: the use cases, each with the grant it needs. How a blueprint becomes a plan is in its own
//! files below; how a plan is carried out is in [`crate::operations`].

pub(crate) mod blueprint;

use lighthouse_model::application::{
    ApplicationRow, ApplicationView, BlueprintText, DeployInput, ReleaseRow,
};
use lighthouse_model::plan::PlanView;
use lighthouse_model::{ApplicationId, OperationId, Problem};

use crate::access::right;
use crate::{Console, Grant, Result, Target};

/// What becomes of an application's volumes when it is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volumes {
    /// They stay, with their data.
    Keep,
    /// They are removed too.
    Remove,
}

impl Console {
    /// The target for [`crate::authorize`] of an application that a person named.
    pub async fn application_target(&self, name: &str) -> Result<Target> {
        let missing = || Problem::not_found(format!("application named `{name}`"));
        let name = name.parse().map_err(|_| missing())?;
        let application = self.store().application(&name).await?.ok_or_else(missing)?;
        Ok(Target::Application(application.id))
    }

    /// What a deploy would do: where each instance would go and why. Changes nothing.
    pub async fn plan(
        &self,
        _grant: &Grant<right::ApplicationDeploy>,
        _input: DeployInput,
    ) -> Result<PlanView> {
        Err(unfinished())
    }

    /// Accepts a deploy of a new application, or an update of one: a release and an operation.
    ///
    /// # Errors
    /// [`Problem::BlueprintInvalid`], [`Problem::Reserved`], [`Problem::NotPlaceable`], [`Problem::Stale`] when
    /// the application is not at `base_generation` any more, [`Problem::Busy`] while another operation changes it.
    pub async fn deploy(
        &self,
        _grant: &Grant<right::ApplicationDeploy>,
        _input: DeployInput,
    ) -> Result<OperationId> {
        Err(unfinished())
    }

    /// Changes the number of replicas of one service. The grant's target is the application.
    pub async fn scale(
        &self,
        _grant: &Grant<right::ApplicationOperate>,
        _service: &str,
        _replicas: u32,
    ) -> Result<OperationId> {
        Err(unfinished())
    }

    /// Starts every instance of the grant's application.
    pub async fn start_application(&self, _grant: &Grant<right::ApplicationOperate>) -> Result<OperationId> {
        Err(unfinished())
    }

    /// Stops every instance of the grant's application.
    pub async fn stop_application(&self, _grant: &Grant<right::ApplicationOperate>) -> Result<OperationId> {
        Err(unfinished())
    }

    /// Stops and starts every instance of the grant's application.
    pub async fn restart_application(
        &self,
        _grant: &Grant<right::ApplicationOperate>,
    ) -> Result<OperationId> {
        Err(unfinished())
    }

    /// Takes the grant's application away: its instances, its networks, and its volumes if asked.
    pub async fn remove_application(
        &self,
        _grant: &Grant<right::ApplicationDeploy>,
        _volumes: Volumes,
    ) -> Result<OperationId> {
        Err(unfinished())
    }

    /// All applications, trouble first.
    pub async fn application_rows(
        &self,
        _grant: &Grant<right::ApplicationView>,
    ) -> Result<Vec<ApplicationRow>> {
        Err(unfinished())
    }

    /// The grant's application, whole.
    pub async fn application_view(&self, _grant: &Grant<right::ApplicationView>) -> Result<ApplicationView> {
        Err(unfinished())
    }

    /// Releases of the grant's application, newest first.
    pub async fn releases(
        &self,
        _grant: &Grant<right::ApplicationView>,
        _limit: u32,
    ) -> Result<Vec<ReleaseRow>> {
        Err(unfinished())
    }

    /// The blueprint of a release of the grant's application, byte for byte as it was given; `None` is the
    /// newest release.
    pub async fn blueprint(
        &self,
        _grant: &Grant<right::ApplicationDeploy>,
        _release: Option<i64>,
    ) -> Result<BlueprintText> {
        Err(unfinished())
    }
}

/// The application a grant is for.
#[expect(dead_code, reason = "the use cases follow")]
fn application_of<R: crate::access::Right>(grant: &Grant<R>) -> Result<ApplicationId> {
    match grant.target() {
        Target::Application(id) => Ok(*id),
        _ => Err(Problem::not_found("such application").into()),
    }
}

fn unfinished() -> crate::Error {
    Problem::Conflict {
        why: "This is not built yet.".to_owned(),
    }
    .into()
}
