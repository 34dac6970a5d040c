//! Build, run, test, bench and demo: `cargo xtask …`.

fn main() {}
