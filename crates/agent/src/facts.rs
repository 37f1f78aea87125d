//! What the agent says of its machine.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::SystemTime;

use muster_model::observed::{Finding, HostFacts};
use muster_model::{Digest, WallTime};

use crate::engine::EngineFacts;

/// The machine as it is now; the engine's part as it was told.
pub fn gather(engine: EngineFacts, own: Own) -> HostFacts {
    let kernel = rustix::system::uname();
    HostFacts {
        hostname: hostname(),
        os: os_release(&read("/etc/os-release")),
        kernel: kernel.release().to_string_lossy().into_owned(),
        architecture: if engine.architecture.is_empty() {
            architecture()
        } else {
            engine.architecture
        },
        cpus: std::thread::available_parallelism()
            .map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX)),
        memory: memory(&read("/proc/meminfo")),
        engine: engine.engine,
        engine_api: engine.api,
        engine_error: None,
        live_restore: engine.live_restore,
        agent: env!("CARGO_PKG_VERSION").to_owned(),
        addresses: addresses(&read("/proc/net/fib_trie"), &read("/proc/net/if_inet6")),
        volumes_gone: BTreeSet::new(),
        local_images: engine.local_images,
        missing_images: BTreeSet::new(),
        certificate_ends: Some(own.certificate_ends),
        address: own.address,
        machine: machine(),
        findings: own.findings,
        warnings: Vec::new(),
    }
}

/// What the agent knows of itself.
#[derive(Debug, Clone)]
pub struct Own {
    /// When its certificate ends.
    pub certificate_ends: WallTime,
    /// Where others reach it.
    pub address: Option<IpAddr>,
    /// What is not in order with the machine.
    pub findings: Vec<Finding>,
}

/// A hash of the machine's id, which is not to be shown around; empty if it has none.
pub fn machine() -> String {
    match read("/etc/machine-id").trim() {
        "" => String::new(),
        id => Digest::of(format!("muster machine {id}").as_bytes()).to_string(),
    }
}

/// The wall clock.
pub(crate) fn wall() -> WallTime {
    let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    WallTime(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The machine's host name.
pub fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The kernel's id of this boot.
pub fn boot_id() -> String {
    read("/proc/sys/kernel/random/boot_id").trim().to_owned()
}

/// What cannot be read is not known.
pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// Processor architecture in the engine's words.
fn architecture() -> String {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
    .to_owned()
}

fn os_release(text: &str) -> String {
    let values: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let name = values.get("PRETTY_NAME").or_else(|| values.get("NAME"));
    name.map_or_else(|| "Linux".to_owned(), |name| name.trim_matches('"').to_owned())
}

pub(crate) fn memory(text: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0).saturating_mul(1024)
}

/// Addresses others may reach the machine at: none of loopback, none that only the link knows.
fn addresses(fib_trie: &str, if_inet6: &str) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    let mut last = "";
    for line in fib_trie.lines().map(str::trim) {
        if line.starts_with("/32 host LOCAL") {
            found.extend(last.trim_start_matches("|-- ").parse::<IpAddr>().ok());
        }
        last = line;
    }
    found.extend(if_inet6.lines().filter_map(inet6));
    found.retain(|address| !address.is_loopback() && !is_link_local(address));
    found.sort();
    found.dedup();
    found
}

fn inet6(line: &str) -> Option<IpAddr> {
    let digits = line.split_whitespace().next()?;
    u128::from_str_radix(digits, 16)
        .ok()
        .map(|bits| IpAddr::V6(bits.into()))
}

fn is_link_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 127.0.0.1\n        /32 host LOCAL\n     |-- 192.0.2.7\n        /32 host LOCAL\n     |-- 192.0.2.255\n        /32 link BROADCAST\n";
        let inet6 = "00000000000000000000000000000001 01 80 10 80       lo\nfe80000000000000000000fffe000001 02 40 20 80     eth0\n20010db8000000000000000000000007 02 40 00 80     eth0\n";
        let found: Vec<String> = addresses(trie, inet6).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["192.0.2.7", "2001:db8::7"]);
        assert_eq!(memory("MemTotal:       16000 kB\nMemFree: 1 kB"), 16_384_000);
        assert_eq!(
            os_release("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"),
            "Debian GNU/Linux 12 (bookworm)"
        );
    }
}
