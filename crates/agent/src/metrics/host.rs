use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use muster_model::view::HostSample;

use super::{rate, wall};

/// Bytes of a sector in the kernel's counts, whatever the disk's own are.
const SECTOR: u64 = 512;
/// Ticks a second in which the kernel counts processor time for programs.
const TICKS: u64 = 100;

/// A sample in few bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed {
    at: u32,
    milli_cpus: u32,
    /// Pages of 4 KiB.
    pages: u32,
    load_percent: u32,
    /// MiB.
    disk: u32,
    read: u32,
    written: u32,
    received: u32,
    sent: u32,
}

impl Packed {
    pub(super) fn unpack(&self) -> HostSample {
        HostSample {
            at: wall(self.at),
            milli_cpus: self.milli_cpus,
            memory: u64::from(self.pages) * 4_096,
            load_percent: self.load_percent,
            disk: u64::from(self.disk) << 20,
            read: self.read,
            written: self.written,
            received: self.received,
            sent: self.sent,
        }
    }
}

/// What was counted of the machine, and when.
pub(super) struct Counter {
    /// On the disk that is told of.
    data: PathBuf,
    last: Option<Counted>,
}

#[derive(Clone, Copy)]
struct Counted {
    at: Instant,
    busy: u64,
    disks: (u64, u64),
    network: (u64, u64),
}

impl Counter {
    pub(super) const fn new(data: PathBuf) -> Self {
        Self { data, last: None }
    }

    /// What cannot be read is 0, and so is at first what is a difference.
    pub(super) fn sample(&mut self, at: u32) -> Packed {
        let now = Counted {
            at: Instant::now(),
            busy: busy(&read("/proc/stat")),
            disks: disks(&read("/proc/diskstats"), is_disk),
            network: network("/proc/net/dev").unwrap_or_default(),
        };
        let before = self.last.replace(now).unwrap_or(now);
        let seconds = now.at.duration_since(before.at).as_secs_f64();
        Packed {
            at,
            milli_cpus: rate(now.busy * 1_000 / TICKS, before.busy * 1_000 / TICKS, seconds),
            pages: u32::try_from(memory(&read("/proc/meminfo")) / 4_096).unwrap_or(u32::MAX),
            load_percent: load(&read("/proc/loadavg")),
            disk: self.disk(),
            read: rate(now.disks.0, before.disks.0, seconds),
            written: rate(now.disks.1, before.disks.1, seconds),
            received: rate(now.network.0, before.network.0, seconds),
            sent: rate(now.network.1, before.network.1, seconds),
        }
    }

    fn disk(&self) -> u32 {
        let used = rustix::fs::statvfs(&self.data).map(|disk| {
            disk.f_blocks
                .saturating_sub(disk.f_bfree)
                .saturating_mul(disk.f_frsize)
        });
        u32::try_from(used.unwrap_or(0) >> 20).unwrap_or(u32::MAX)
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Ticks in which a processor did something: all but idle and waiting for disks; guests are counted in user time already.
fn busy(stat: &str) -> u64 {
    let line = stat.lines().next().unwrap_or_default();
    let ticks = line.split_whitespace().skip(1).take(8).enumerate();
    ticks
        .filter(|(at, _)| *at != 3 && *at != 4)
        .filter_map(|(_, ticks)| ticks.parse::<u64>().ok())
        .sum()
}

fn memory(meminfo: &str) -> u64 {
    let kilobytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
    };
    let used = kilobytes("MemTotal:")
        .zip(kilobytes("MemAvailable:"))
        .map(|(total, free)| total.saturating_sub(free));
    used.unwrap_or(0).saturating_mul(1_024)
}

fn load(loadavg: &str) -> u32 {
    let load = loadavg
        .split_whitespace()
        .next()
        .and_then(|load| load.parse::<f64>().ok());
    (load.unwrap_or(0.0) * 100.0) as u32
}

/// Whole disks: what the kernel lists as such, and that are no loops or memory.
fn is_disk(name: &str) -> bool {
    let virtual_one = ["loop", "ram", "zram", "dm-", "md"];
    !virtual_one.iter().any(|prefix| name.starts_with(prefix))
        && fs::exists(format!("/sys/block/{name}")).unwrap_or(false)
}

/// Bytes read from disks and written to them.
fn disks(diskstats: &str, counts: impl Fn(&str) -> bool) -> (u64, u64) {
    let mut sum = (0_u64, 0_u64);
    for line in diskstats.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let sectors = |at: usize| {
            words
                .get(at)
                .and_then(|word| word.parse::<u64>().ok())
                .unwrap_or(0)
        };
        if words.get(2).is_some_and(|name| counts(name)) {
            sum.0 = sum.0.saturating_add(sectors(5).saturating_mul(SECTOR));
            sum.1 = sum.1.saturating_add(sectors(9).saturating_mul(SECTOR));
        }
    }
    sum
}

/// Bytes received and sent over the networks that a process sees, loopback left out.
pub(super) fn network(path: &str) -> Option<(u64, u64)> {
    Some(bytes_of(&fs::read_to_string(path).ok()?))
}

/// Of a machine with bridges, what a container sends is counted once: at its own end of the cable.
fn bytes_of(dev: &str) -> (u64, u64) {
    let mut sum = (0_u64, 0_u64);
    for (name, counts) in dev.lines().filter_map(|line| line.split_once(':')) {
        let name = name.trim();
        if name == "lo" || name.starts_with("veth") || name.starts_with("br") || name.starts_with("docker") {
            continue;
        }
        let numbers: Vec<u64> = counts
            .split_whitespace()
            .filter_map(|word| word.parse().ok())
            .collect();
        sum.0 = sum.0.saturating_add(numbers.first().copied().unwrap_or(0));
        sum.1 = sum.1.saturating_add(numbers.get(8).copied().unwrap_or(0));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_files_are_read() {
        assert_eq!(busy("cpu  100 20 30 4000 50 6 7 8 9 10\ncpu0 1 2 3\n"), 171);
        assert_eq!(
            memory("MemTotal: 1000 kB\nMemFree: 1 kB\nMemAvailable:   400 kB\n"),
            600 * 1_024
        );
        assert_eq!(load("1.25 0.5 0.1 1/200 300\n"), 125);
        let stats =
            "   8       0 sda 10 0 100 5 20 0 200 5 0 0 0\n   8       1 sda1 10 0 100 5 20 0 200 5 0 0 0\n";
        assert_eq!(disks(stats, |name| name == "sda"), (100 * 512, 200 * 512));
        let dev = "Inter-|   Receive\n face |bytes\n    lo: 9 0 0 0 0 0 0 0 9 0\n  eth0: 100 1 0 0 0 0 0 0 50 1\nveth1: 7 0 0 0 0 0 0 0 7 0\n";
        assert_eq!(bytes_of(dev), (100, 50));
        assert_eq!((busy(""), memory(""), load(""), bytes_of("")), (0, 0, 0, (0, 0)));
    }
}
