//! The engine's own JSON, as agents pass it on: only what is shown is read, and nothing of it is believed to be there.

use std::collections::BTreeMap;

use muster_model::view::{ImageView, StatsView};
use serde::Deserialize;

/// One image of the engine's list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(super) struct Image {
    id: String,
    repo_tags: Option<Vec<String>>,
    size: i64,
    created: i64,
}

impl From<Image> for ImageView {
    fn from(image: Image) -> Self {
        Self {
            id: image.id,
            tags: image.repo_tags.unwrap_or_default(),
            size: u64::try_from(image.size).unwrap_or_default(),
            created: image.created,
        }
    }
}

/// One sample of a container's resource use.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sample {
    cpu_stats: Cpu,
    precpu_stats: Cpu,
    memory_stats: Memory,
    networks: Option<BTreeMap<String, Network>>,
    blkio_stats: Blocks,
    pids_stats: Pids,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cpu {
    cpu_usage: CpuUsage,
    system_cpu_usage: Option<u64>,
    online_cpus: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CpuUsage {
    total_usage: Option<u64>,
    percpu_usage: Option<Vec<u64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Memory {
    usage: Option<u64>,
    limit: Option<u64>,
    stats: Option<BTreeMap<String, u64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Network {
    rx_bytes: Option<u64>,
    tx_bytes: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Blocks {
    io_service_bytes_recursive: Option<Vec<BlockBytes>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BlockBytes {
    op: Option<String>,
    value: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pids {
    current: Option<u64>,
}

impl From<Sample> for StatsView {
    fn from(sample: Sample) -> Self {
        let network = |count: fn(&Network) -> Option<u64>| {
            let all = sample.networks.iter().flat_map(BTreeMap::values);
            all.filter_map(count).fold(0, u64::saturating_add)
        };
        Self {
            milli_cpus: milli_cpus(&sample.cpu_stats, &sample.precpu_stats),
            memory: memory(&sample.memory_stats),
            memory_limit: sample.memory_stats.limit.unwrap_or_default(),
            received: network(|one| one.rx_bytes),
            sent: network(|one| one.tx_bytes),
            read: blocks(&sample.blkio_stats, "read"),
            written: blocks(&sample.blkio_stats, "write"),
            pids: sample.pids_stats.current.unwrap_or_default(),
        }
    }
}

/// The container's share of what all processors did since the sample before, times the processors there are.
fn milli_cpus(now: &Cpu, before: &Cpu) -> u64 {
    let since = |count: fn(&Cpu) -> Option<u64>| Some(count(now)?.saturating_sub(count(before)?));
    let used = since(|cpu| cpu.cpu_usage.total_usage).unwrap_or_default();
    let all = since(|cpu| cpu.system_cpu_usage).unwrap_or_default();
    let listed = now.cpu_usage.percpu_usage.as_ref().map(|each| each.len() as u64);
    let processors = now.online_cpus.filter(|count| *count > 0).or(listed).unwrap_or(1);
    let share = u128::from(used) * u128::from(processors) * 1_000;
    u64::try_from(share.checked_div(u128::from(all)).unwrap_or_default()).unwrap_or(u64::MAX)
}

/// What is in use, less the page cache that the kernel would give back at once (`docker stats` counts alike).
fn memory(memory: &Memory) -> u64 {
    let stat = |name: &str| memory.stats.as_ref().and_then(|stats| stats.get(name)).copied();
    let cache = stat("total_inactive_file")
        .or(stat("inactive_file"))
        .unwrap_or_default();
    memory.usage.unwrap_or_default().saturating_sub(cache)
}

fn blocks(blocks: &Blocks, op: &str) -> u64 {
    let all = blocks.io_service_bytes_recursive.iter().flatten();
    let ours = all.filter(|one| one.op.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(op)));
    ours.filter_map(|one| one.value).fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_of_a_real_engine() {
        let text = r#"{"read":"2026-11-21T01:00:01Z","pids_stats":{"current":3},
            "blkio_stats":{"io_service_bytes_recursive":[{"major":8,"minor":0,"op":"Read","value":10},{"op":"write","value":20},{"op":"Read","value":1}]},
            "cpu_stats":{"cpu_usage":{"total_usage":3000,"usage_in_usermode":1},"system_cpu_usage":50000,"online_cpus":4},
            "precpu_stats":{"cpu_usage":{"total_usage":1000},"system_cpu_usage":42000,"online_cpus":4},
            "memory_stats":{"usage":900,"limit":4096,"stats":{"inactive_file":100,"anon":5}},
            "networks":{"eth0":{"rx_bytes":7,"tx_bytes":8},"eth1":{"rx_bytes":1}}}"#;
        let sample: Sample = serde_json::from_str(text).unwrap();
        let wanted = StatsView {
            milli_cpus: 1_000,
            memory: 800,
            memory_limit: 4_096,
            received: 8,
            sent: 8,
            read: 11,
            written: 20,
            pids: 3,
        };
        assert_eq!(StatsView::from(sample), wanted);
        let first: Sample = serde_json::from_str(r#"{"precpu_stats":{},"networks":null}"#).unwrap();
        assert_eq!(StatsView::from(first), StatsView::default());
    }
}
