//! Bringing images from registries.

use futures::StreamExt;
use lighthouse_model::Problem;
use lighthouse_model::operation::Progress;

use crate::engine::{Engine, EngineError, PullProgress};
use crate::operations::fault::{Acted, Done, Fault};
use crate::operations::run::Running;
use crate::store::StepRecord;

impl Running {
    pub(super) async fn pull(&self, engine: &dyn Engine, step: &StepRecord) -> Acted {
        let image = &step.subject;
        let refused = |why: String, error: &EngineError| Fault {
            problem: Problem::PullFailed {
                host: self.host_name(step.host),
                image: image.clone(),
                why: registry_words(why),
            },
            detail: Some(error.to_string()),
            silent: matches!(error, EngineError::Unreachable { .. }),
        };
        if let Some(facts) = self.answer(step, engine.image(image).await)? {
            self.note_image(image, &facts);
            return Ok(Done::noting("It was there already."));
        }
        let auth = self.registry_auth(image).await;
        let mut progress = engine
            .pull(image, auth.as_ref())
            .await
            .map_err(|e| refused(e.to_string(), &e))?;
        while let Some(next) = progress.next().await {
            let PullProgress { done, total } = next.map_err(|e| refused(e.to_string(), &e))?;
            self.note_progress(step.n, Progress { done, total });
        }
        match self.answer(step, engine.image(image).await)? {
            Some(facts) => {
                self.note_image(image, &facts);
                Ok(Done::plainly())
            }
            None => Err(Problem::PullFailed {
                host: self.host_name(step.host),
                image: image.clone(),
                why: "the pull ended, and the image is not there".to_owned(),
            }
            .into()),
        }
    }
}

/// A registry's refusal with what to do about it.
fn registry_words(why: String) -> String {
    let lower = why.to_lowercase();
    if lower.contains("unauthorized") || lower.contains("no basic auth") || lower.contains("denied") {
        format!("{why}. Check the registry's credentials under Settings.")
    } else {
        why
    }
}
