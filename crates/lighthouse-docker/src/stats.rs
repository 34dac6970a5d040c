//! How much a container uses.

use std::collections::{BTreeMap, VecDeque};

use futures::stream;
use lighthouse_core::engine::{EngineError, EngineStream, RawStats};
use serde::Deserialize;

use crate::json_lines::JsonLines;
use crate::lenient::or_default;
use crate::stream::Chunks;

/// One measurement, as far as it is used.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Measured {
    #[serde(default, deserialize_with = "or_default")]
    cpu_stats: Cpu,
    #[serde(default, deserialize_with = "or_default")]
    memory_stats: Memory,
}

/// Counters in nanoseconds since the start.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Cpu {
    #[serde(default, rename = "cpu_usage", deserialize_with = "or_default")]
    usage: Usage,
    #[serde(default, rename = "system_cpu_usage", deserialize_with = "or_default")]
    system: u64,
    #[serde(default, deserialize_with = "or_default")]
    online_cpus: u32,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Usage {
    #[serde(default, deserialize_with = "or_default")]
    total_usage: u64,
}

#[derive(Debug, Default, Deserialize)]
struct Memory {
    #[serde(default, deserialize_with = "or_default")]
    usage: u64,
    #[serde(default, deserialize_with = "or_default")]
    limit: u64,
    #[serde(default, deserialize_with = "or_default")]
    stats: BTreeMap<String, serde_json::Value>,
}

impl Memory {
    /// Without the pages that the kernel would give back at once: `total_inactive_file` under cgroups 1,
    /// `inactive_file` under cgroups 2.
    fn without_cache(&self) -> u64 {
        let cache = ["total_inactive_file", "inactive_file"]
            .iter()
            .find_map(|key| self.stats.get(*key)?.as_u64())
            .unwrap_or_default();
        self.usage.checked_sub(cache).unwrap_or(self.usage)
    }
}

impl Measured {
    /// The rates since an earlier measurement.
    fn since(&self, before: Cpu) -> RawStats {
        RawStats {
            cpu_percent: percent(before, self.cpu_stats),
            memory: self.memory_stats.without_cache(),
            memory_limit: self.memory_stats.limit,
        }
    }

    /// Is there a container behind it? An engine sends empty ones for a stopped container.
    fn is_real(&self) -> bool {
        self.cpu_stats.system != 0
    }
}

/// The container's share of all the time that passed on all CPUs, times their number: 100 is one whole CPU.
#[expect(
    clippy::cast_precision_loss,
    reason = "a percentage needs no more than 52 bits"
)]
fn percent(before: Cpu, now: Cpu) -> f64 {
    let used = now.usage.total_usage.saturating_sub(before.usage.total_usage);
    let passed = now.system.saturating_sub(before.system);
    if passed == 0 {
        return 0.0;
    }
    used as f64 / passed as f64 * f64::from(now.online_cpus.max(1)) * 100.0
}

/// The rates of an open answer. The first measurement only gives the counters to start from, unless one was
/// taken before.
pub(crate) fn decode(chunks: Chunks, first: Option<Measured>) -> EngineStream<RawStats> {
    let before = first.filter(Measured::is_real).map(|first| first.cpu_stats);
    let state = (chunks, JsonLines::default(), VecDeque::new(), before);
    Box::pin(stream::try_unfold(
        state,
        async |(mut chunks, mut lines, mut ready, mut before)| {
            loop {
                if let Some(stats) = ready.pop_front() {
                    return Ok::<_, EngineError>(Some((stats, (chunks, lines, ready, before))));
                }
                let Some(bytes) = chunks.next().await? else {
                    return Ok(None);
                };
                for measured in lines.feed::<Measured>(&bytes)? {
                    if !measured.is_real() {
                        continue;
                    }
                    if let Some(before) = before {
                        ready.push_back(measured.since(before));
                    }
                    before = Some(measured.cpu_stats);
                }
            }
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(total: u64, system: u64, stats: &serde_json::Value) -> Measured {
        serde_json::from_value(serde_json::json!({
            "cpu_stats": {"cpu_usage": {"total_usage": total, "percpu_usage": null}, "system_cpu_usage": system,
                "online_cpus": 2},
            "memory_stats": {"usage": 1000, "limit": 5000, "stats": stats},
            "blkio_stats": {"io_service_bytes_recursive": null},
        }))
        .unwrap()
    }

    #[test]
    fn one_busy_cpu_of_two_is_a_hundred_percent() {
        let before = measured(0, 1_000_000_000, &serde_json::json!({}));
        let now = measured(1_000_000_000, 3_000_000_000, &serde_json::json!({}));
        let stats = now.since(before.cpu_stats);
        assert!((stats.cpu_percent - 100.0).abs() < 1e-9);
    }

    #[test]
    fn the_cache_is_taken_off_under_both_kinds_of_cgroups() {
        let old = measured(
            1,
            1,
            &serde_json::json!({"total_inactive_file": 300, "inactive_file": 100}),
        );
        let new = measured(1, 1, &serde_json::json!({"inactive_file": 400, "file": 900}));
        let odd = measured(1, 1, &serde_json::json!({"inactive_file": 4000}));
        assert_eq!(
            [old, new, odd].map(|m| m.memory_stats.without_cache()),
            [700, 600, 1000]
        );
    }

    #[test]
    fn a_stopped_container_measures_nothing() {
        let empty: Measured =
            serde_json::from_str(r#"{"cpu_stats":{"cpu_usage":{"total_usage":0}}}"#).unwrap();
        assert!(!empty.is_real());
    }
}
