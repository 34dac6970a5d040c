//! What the site may weigh, and the time that work may take.

use std::fmt;
use std::time::Duration;

use anyhow::{Result, bail};

/// The WASM as sent (brotli): what we aim at.
const WASM_AIM: u64 = 250_000;
/// The WASM as sent (brotli): beyond this the build is refused.
const WASM_LIMIT: u64 = 400_000;
/// Scripts, styles and WASM of a first visit, as sent (brotli).
const FIRST_LOAD_AIM: u64 = 350_000;

/// Sizes of one file, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Weight {
    /// As stored.
    pub(crate) raw: u64,
    /// As sent.
    pub(crate) sent: u64,
}

/// Prints what a first visit costs against its budget.
pub(crate) fn weigh(wasm: Weight, script: Weight, style: Weight) {
    let first_load = wasm.sent + script.sent + style.sent;
    eprintln!(
        "site: wasm {} raw, {} brotli (aim <= {}); script {}, style {} brotli; first load {} (aim <= {}){}",
        kilobytes(wasm.raw),
        kilobytes(wasm.sent),
        kilobytes(WASM_AIM),
        kilobytes(script.sent),
        kilobytes(style.sent),
        kilobytes(first_load),
        kilobytes(FIRST_LOAD_AIM),
        if wasm.sent > WASM_AIM || first_load > FIRST_LOAD_AIM {
            ": OVER THE AIM"
        } else {
            ""
        },
    );
}

/// Refuses a WASM beyond the limit.
pub(crate) fn limit(wasm: Weight) -> Result<()> {
    if wasm.sent > WASM_LIMIT {
        bail!(
            "the WASM weighs {} as sent, {} is the limit; see what grew, or render a page of forms on the server \
             alone",
            kilobytes(wasm.sent),
            kilobytes(WASM_LIMIT)
        );
    }
    Ok(())
}

/// Time spent, beside the time there was.
pub(crate) struct Spent {
    /// What it took.
    pub(crate) time: Duration,
    /// What it may take.
    pub(crate) budget: Duration,
}

impl fmt::Display for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", clock(self.time), clock(self.budget))?;
        if self.time > self.budget {
            f.write_str(": OVER BUDGET")?;
        }
        Ok(())
    }
}

/// A length of time as minutes and seconds.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02} min", seconds / 60, seconds % 60)
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wasm_over_the_limit_is_refused() {
        let wasm = |sent| Weight { raw: 4 * sent, sent };
        assert!(limit(wasm(WASM_LIMIT)).is_ok());
        assert!(limit(wasm(WASM_LIMIT + 1)).is_err());
    }

    #[test]
    fn time_over_its_budget_is_told() {
        let spent = |seconds| Spent {
            time: Duration::from_secs(seconds),
            budget: Duration::from_secs(480),
        };
        assert_eq!(spent(65).to_string(), "1:05 min of 8:00 min");
        assert_eq!(spent(481).to_string(), "8:01 min of 8:00 min: OVER BUDGET");
    }

    #[test]
    fn sizes_read_in_thousands_of_bytes() {
        assert_eq!(kilobytes(141_250), "141.2 kB");
        assert_eq!(kilobytes(87), "0.0 kB");
    }
}
