//! How much a blueprint may cost to read. Every number here is in `docs/compose.md` too.

/// The longest text that is read, in bytes; it holds for the blueprint and for each environment file.
pub const MAX_TEXT: usize = 1024 * 1024;

/// The deepest nesting of lists and maps, aliases unfolded.
pub const MAX_DEPTH: usize = 64;

/// The most values in a document, aliases and merge keys unfolded.
pub const MAX_NODES: usize = 200_000;

/// The most text that variables may grow to, over the whole document.
pub const MAX_INTERPOLATED: usize = 4 * 1024 * 1024;

/// The deepest nesting of `${A:-${B}}`.
pub const MAX_VARIABLE_DEPTH: usize = 32;

/// The most services in one blueprint.
pub const MAX_SERVICES: usize = 500;

/// The most replicas of one service.
pub const MAX_REPLICAS: u32 = 1000;

/// The longest name of a service, network or volume.
pub const MAX_NAME: usize = 63;

/// How many findings are kept; a text that is broken in more places is broken enough.
pub const MAX_FINDINGS: usize = 100;

/// How many ports one service may publish or expose.
pub const MAX_PORTS: usize = 4096;

/// The longest key, in bytes.
pub const MAX_KEY: usize = 1024;

/// The most bytes that aliases may add, over the whole document.
pub const MAX_ALIASED: usize = 8 * 1024 * 1024;

/// The most bytes of environment files, each counted as often as services read it.
pub const MAX_ENV_FILES: usize = 16 * 1024 * 1024;

/// The most entries of one list or map with a meaning, such as `environment` or `volumes`.
pub const MAX_ITEMS: usize = 4096;
