//! The `lighthouse` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    lighthouse_server::main()
}
