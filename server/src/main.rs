//! The `lighthouse` binary.

fn main() {}
