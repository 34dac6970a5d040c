//! Credentials for registries: write-only, used for every pull from that registry.

use lighthouse_model::account::CredentialRow;
use lighthouse_model::{Action, Actions, CredentialId, Problem};

use crate::access::{Grant, right};
use crate::audit::Outcome;
use crate::identity::NewId;
use crate::store::CredentialRecord;
use crate::{Console, Result, Secret};

/// The registry whose images are named without one.
const HUB: &str = "docker.io";

impl Console {
    /// All credentials, without their secrets.
    pub async fn credentials(&self, _grant: &Grant<right::RegistryManage>) -> Result<Vec<CredentialRow>> {
        let credentials = self.store().credentials().await?;
        Ok(credentials.iter().map(row).collect())
    }

    /// Keeps a credential, in place of the one for the same registry.
    pub async fn save_credential(
        &self,
        grant: &Grant<right::RegistryManage>,
        registry: &str,
        username: &str,
        secret: Secret<String>,
    ) -> Result<CredentialRow> {
        let registry = host_name(registry).ok_or_else(|| {
            let why =
                "give the registry's host name, with its port if it has one, such as `registry.example:5000`";
            Problem::invalid("registry", why)
        })?;
        let username = username.trim();
        if username.is_empty() || username.len() > 255 || username.chars().any(char::is_control) {
            let why = "a user name of 1 to 255 characters is needed";
            return Err(Problem::invalid("username", why).into());
        }
        if secret.expose().is_empty() || secret.expose().len() > 16_384 {
            let why = "a password or token of 1 to 16,384 bytes is needed";
            return Err(Problem::invalid("secret", why).into());
        }
        let credential = CredentialRecord {
            id: CredentialId::fresh(),
            registry,
            username: username.to_owned(),
            secret,
            changed_at: self.clock().now(),
        };
        self.store().save_credential(&credential).await?;
        let target = format!("registry {}", credential.registry);
        let detail = format!("user {username}");
        self.record(
            grant.viewer().into(),
            "save-credential",
            target,
            Outcome::Done,
            detail,
        )
        .await?;
        Ok(row(&credential))
    }

    /// Takes a credential away.
    pub async fn remove_credential(
        &self,
        grant: &Grant<right::RegistryManage>,
        id: CredentialId,
    ) -> Result<()> {
        let credentials = self.store().credentials().await?;
        let found = credentials.into_iter().find(|one| one.id == id);
        let credential = found.ok_or_else(|| Problem::not_found("such credential"))?;
        self.store().remove_credential(id).await?;
        let target = format!("registry {}", credential.registry);
        self.record(
            grant.viewer().into(),
            "remove-credential",
            target,
            Outcome::Done,
            String::new(),
        )
        .await
    }
}

/// The host name in what people give: with or without a scheme and a path. The names of Docker's own registry are
/// one.
fn host_name(given: &str) -> Option<String> {
    let given = given.trim().to_ascii_lowercase();
    let rest = given
        .strip_prefix("https://")
        .or_else(|| given.strip_prefix("http://"));
    let host = rest.unwrap_or(&given).split('/').next()?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || host.len() > 255 || !host.chars().all(plain) {
        return None;
    }
    match host {
        "index.docker.io" | "registry-1.docker.io" | "hub.docker.com" => Some(HUB.to_owned()),
        other => Some(other.to_owned()),
    }
}

fn row(credential: &CredentialRecord) -> CredentialRow {
    CredentialRow {
        id: credential.id,
        registry: credential.registry.clone(),
        username: credential.username.clone(),
        changed_at: credential.changed_at,
        allowed: Actions::NONE.with(Action::Edit).with(Action::Remove),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_is_known_by_its_host_name() {
        for (given, host) in [
            ("Registry.Example:5000", Some("registry.example:5000")),
            ("https://registry.example/v2/", Some("registry.example")),
            ("https://index.docker.io/v1/", Some("docker.io")),
            ("docker.io", Some("docker.io")),
            ("", None),
            ("https://", None),
            ("two words", None),
            ("user@host", None),
        ] {
            assert_eq!(host_name(given).as_deref(), host, "{given}");
        }
    }
}
