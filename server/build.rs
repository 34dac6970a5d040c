//! Sees to it that the folder of the site exists before it is embedded, and that a new site is embedded anew.

use std::path::Path;

fn main() -> std::io::Result<()> {
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/site");
    std::fs::create_dir_all(&site)?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", site.join("manifest.json").display());
    Ok(())
}
