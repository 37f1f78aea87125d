use muster_model::view::ContainerSample;

use super::cgroup::Group;
use super::host::network;
use super::{rate, wall};

/// A sample in few bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Packed {
    at: u32,
    milli_cpus: u32,
    /// Pages of 4 KiB.
    pages: u32,
    received: u32,
    sent: u32,
    pids: u32,
}

impl Packed {
    pub(super) fn unpack(&self) -> ContainerSample {
        ContainerSample {
            at: wall(self.at),
            milli_cpus: self.milli_cpus,
            memory: u64::from(self.pages) * 4_096,
            received: self.received,
            sent: self.sent,
            pids: self.pids,
        }
    }
}

/// What was counted of a container, and when.
#[derive(Debug, Default)]
pub(super) struct Counter {
    last: Option<Counted>,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    at: std::time::Instant,
    cpu: u64,
    received: u64,
    sent: u64,
}

impl Counter {
    /// None at first, for there is nothing to compare with, and while the group cannot be read.
    pub(super) fn sample(&mut self, at: u32, group: &Group) -> Option<Packed> {
        let network = group
            .process()
            .and_then(|process| network(&format!("/proc/{process}/net/dev")));
        let (received, sent) = network.unwrap_or_default();
        let now = Counted {
            at: std::time::Instant::now(),
            cpu: group.cpu()?,
            received,
            sent,
        };
        let before = self.last.replace(now)?;
        let seconds = now.at.duration_since(before.at).as_secs_f64();
        Some(Packed {
            at,
            // Microseconds a second are millionths of a core.
            milli_cpus: rate(now.cpu, before.cpu, seconds) / 1_000,
            pages: u32::try_from(group.memory()? / 4_096).unwrap_or(u32::MAX),
            received: rate(received, before.received, seconds),
            sent: rate(sent, before.sent, seconds),
            pids: u32::try_from(group.pids().unwrap_or(0)).unwrap_or(u32::MAX),
        })
    }
}
