//! What a process has used.

use anyhow::Context as _;

/// The kernel's USER_HZ on every Linux we build for.
const TICKS_PER_SECOND: f64 = 100.0;

/// At one moment.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    /// Memory it holds, MB.
    pub resident_mb: f64,
    /// Processor time so far, seconds.
    pub seconds: f64,
}

impl Usage {
    /// Of a process that runs.
    pub fn of(pid: u32) -> anyhow::Result<Self> {
        Ok(Self {
            resident_mb: resident(pid)?,
            seconds: ticks(pid)? / TICKS_PER_SECOND,
        })
    }
}

/// Bytes that passed an interface of the process's network, both ways (proc(5), `net/dev`).
pub fn bytes_passed(pid: u32, interface: &str) -> anyhow::Result<f64> {
    let table = std::fs::read_to_string(format!("/proc/{pid}/net/dev"))?;
    let line = table
        .lines()
        .find_map(|line| line.trim().strip_prefix(interface)?.strip_prefix(':'));
    let fields: Vec<&str> = line.context("no such interface")?.split_whitespace().collect();
    let field = |n: usize| fields.get(n).and_then(|text| text.parse::<f64>().ok());
    let both = field(0).zip(field(8)).map(|(received, sent)| received + sent);
    both.context("a line of another form")
}

/// User and system time of a process (proc(5), fields 14 and 15 of stat).
fn ticks(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let field = |n: usize| {
        after_name
            .split_whitespace()
            .nth(n - 3)
            .and_then(|text| text.parse::<f64>().ok())
    };
    field(14)
        .zip(field(15))
        .map(|(user, system)| user + system)
        .context("a stat line of another form")
}

fn resident(pid: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").trim().parse()?;
    Ok(kib * 1024.0 / 1e6)
}
