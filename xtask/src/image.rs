//! What goes into the image that the Dockerfile makes: the program and the libraries it is linked with.
//!
//! An image from nothing needs no registry and holds nothing to keep up to date but the program. The libraries come
//! from the machine that built it, by what the program itself asks for.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::program;
use crate::site;
use crate::workspace::{Build, Workspace};

/// Lays out the image's root in `target/image`; site and program are built already.
pub(crate) fn gather(workspace: &Workspace, build: Build) -> Result<()> {
    let server = workspace.binary(build, "lighthouse");
    let context = workspace.root().join("target/image");
    if context.exists() {
        fs::remove_dir_all(&context).with_context(|| format!("cannot empty `{}`", context.display()))?;
    }
    let root = context.join("root");
    copy(&server, &root.join("lighthouse"))?;
    let linked = program::read(program::command("ldd").arg(&server))?;
    let libraries = libraries(&linked);
    if libraries.is_empty() {
        bail!("`ldd` names no library of `{}`", server.display());
    }
    for library in libraries {
        copy(Path::new(library), &root.join(library.trim_start_matches('/')))?;
    }
    if build == Build::Debug {
        // Built for development, the program looks for the site where it was built.
        for (path, content) in read_site(workspace)? {
            let inside = root.join(workspace.site().strip_prefix("/")?).join(path);
            site::write(&inside, &content)?;
        }
    }
    // Beside the root, because a volume takes its owner from the image, and it is not the owner of the rest.
    site::write(&context.join("data/.keep"), b"")?;
    eprintln!(
        "gathered `{}`; next: docker build --tag lighthouse --file Dockerfile target/image",
        context.display()
    );
    Ok(())
}

/// The files in what `ldd` prints: `libc.so.6 => /lib/… (0x…)` or `/lib64/ld-linux… (0x…)`.
fn libraries(linked: &str) -> Vec<&str> {
    linked
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
        .collect()
}

fn read_site(workspace: &Workspace) -> Result<site::Files> {
    let mut files = site::Files::new();
    site::collect(&workspace.site(), "", &mut files)?;
    Ok(files)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy `{}`", from.display()))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_read_from_both_forms_of_a_line() {
        let linked = "\tlinux-vdso.so.1 (0x00007ffc)\n\
                      \tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f)\n\
                      \t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        assert_eq!(
            libraries(linked),
            ["/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2"]
        );
    }
}
