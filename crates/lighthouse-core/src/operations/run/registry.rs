//! The credential that a pull needs.

use super::Running;
use crate::engine::RegistryAuth;

impl Running {
    /// The credential for an image's registry, if there is one.
    pub(in crate::operations) async fn registry_auth(&self, image: &str) -> Option<RegistryAuth> {
        let registry = registry_of(image);
        let all = self.store.credentials().await.ok()?;
        all.into_iter()
            .find(|c| same_registry(&c.registry, registry))
            .map(|c| RegistryAuth {
                registry: c.registry,
                username: c.username,
                secret: c.secret,
            })
    }
}

/// The host name of an image's registry.
fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

fn same_registry(given: &str, wanted: &str) -> bool {
    let plain = |name: &str| {
        let name = name.trim_start_matches("https://").trim_start_matches("http://");
        name.split('/').next().unwrap_or(name).to_ascii_lowercase()
    };
    let hub = |name: &str| matches!(name, "docker.io" | "index.docker.io" | "registry-1.docker.io");
    let (given, wanted) = (plain(given), plain(wanted));
    given == wanted || (hub(&given) && hub(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_of_an_image_is_its_first_part_when_that_is_a_host_name() {
        assert_eq!(registry_of("nginx"), "docker.io");
        assert_eq!(registry_of("library/nginx:1"), "docker.io");
        assert_eq!(registry_of("reg.example:5000/shop/web:2"), "reg.example:5000");
        assert_eq!(registry_of("localhost/web"), "localhost");
        assert!(same_registry("https://index.docker.io/v1/", "docker.io"));
        assert!(!same_registry("reg.example", "reg.example:5000"));
    }
}
