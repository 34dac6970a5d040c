//! The labels on what Lighthouse makes, and those of Compose that it reads.

/// The application's name.
pub const APP: &str = "io.lighthouse.app";
/// The service's name.
pub const SERVICE: &str = "io.lighthouse.service";
/// The instance, such as `web-2`.
pub const INSTANCE: &str = "io.lighthouse.instance";
/// The release's number.
pub const RELEASE: &str = "io.lighthouse.release";
/// The operation that made it.
pub const OPERATION: &str = "io.lighthouse.operation";
/// The random word that is also in the store.
pub const NONCE: &str = "io.lighthouse.nonce";
/// The generation it was made for.
pub const GENERATION: &str = "io.lighthouse.generation";
/// The installation that made it.
pub const INSTALLATION: &str = "io.lighthouse.installation";

/// The Compose project.
pub const COMPOSE_PROJECT: &str = "com.docker.compose.project";
/// The Compose service.
pub const COMPOSE_SERVICE: &str = "com.docker.compose.service";
