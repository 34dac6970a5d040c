//! The sample application, compiled statically when first needed.
//!
//! Cargo does not build programs of a dependency, so tests of other crates could not rely on its binary; and
//! it would be linked dynamically. The source needs nothing but the standard library, so the compiler alone
//! does it, once per source.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    path::Path,
    sync::{Mutex, PoisonError},
};

use crate::{
    BenchError,
    programs::{finish, program},
};

const SOURCE: &str = include_str!("../bin/lighthouse-sample.rs");
const CACHE: &str = "/var/cache/lighthouse-testkit";

/// The program's bytes.
pub(super) fn program_bytes() -> Result<Vec<u8>, BenchError> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let compiler = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let mut hash = DefaultHasher::new();
    (SOURCE, finish(program(&compiler).arg("--version"))?).hash(&mut hash);
    let folder = Path::new(CACHE);
    let built = folder.join(format!("sample-{:016x}", hash.finish()));
    if let Ok(bytes) = fs::read(&built) {
        return Ok(bytes);
    }
    fs::create_dir_all(folder).map_err(BenchError::path("create", folder))?;
    let own = folder.join(format!("sample-{}.tmp", std::process::id()));
    let source = own.with_extension("rs");
    fs::write(&source, SOURCE).map_err(BenchError::path("write", &source))?;
    let outcome = finish(
        program(&compiler)
            .args(["--edition=2024", "--crate-name=sample", "--crate-type=bin"])
            .args([
                "-Ctarget-feature=+crt-static",
                "-Copt-level=2",
                "-Cstrip=symbols",
                "-Cpanic=abort",
            ])
            .arg("-o")
            .arg(&own)
            .arg(&source),
    );
    drop(fs::remove_file(&source));
    outcome?;
    // In one step, so that nobody reads a half-written program.
    fs::rename(&own, &built).map_err(BenchError::path("put the sample into", &built))?;
    fs::read(&built).map_err(BenchError::path("read", &built))
}
