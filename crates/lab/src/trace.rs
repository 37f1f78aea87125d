//! What is known of a named lab from its directory: whose it is, whether that process lives, and how to clear up.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::lab::{OWNER, PREFIX, is_host_name, is_lab_name, root};
use crate::process::Process;
use crate::{Error, Result, Visit, cgroup};

/// For the kernel to end a process and all hosts that it owned.
const END_LIMIT: Duration = Duration::from_secs(30);
/// In the order in which they are ended: with the holder the kernel ends every process of its host.
const ROLES: [&str; 4] = ["holder", "dockerd", "containerd", "unshare"];

/// A named lab as other processes see it.
#[derive(Debug, Clone)]
pub struct Trace {
    name: String,
    dir: PathBuf,
    owner: Option<Process>,
}

impl Trace {
    /// The lab of this name, or what is left of it; none if there is neither.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let dir = root().join(format!("{PREFIX}{name}"));
        if !is_lab_name(name) || !dir.is_dir() {
            return None;
        }
        let owner = fs::read_to_string(dir.join(OWNER)).ok();
        let name = name.to_owned();
        let owner = owner.and_then(|text| Process::parse(&text));
        Some(Self { name, dir, owner })
    }

    /// All of them, by name.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let entries = fs::read_dir(root()).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let mut all: Vec<Self> = names
            .filter_map(|name| Self::find(name.strip_prefix(PREFIX)?))
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the process that owns it lives; if not, nothing of it runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.owner.is_some_and(Process::is_alive)
    }

    /// The owner's process number, if it lives.
    #[must_use]
    pub fn owner(&self) -> Option<u32> {
        self.owner.filter(|owner| owner.is_alive()).map(|owner| owner.pid)
    }

    /// The way into one of its hosts.
    ///
    /// # Errors
    /// When there is no such host, or its power is off.
    pub fn visit(&self, host: &str) -> Result<Visit> {
        if !is_host_name(host) {
            return Err(Error::NoHost {
                name: host.to_owned(),
            });
        }
        Visit::to(host, &self.dir.join(host))
    }

    /// Ends the owner, if it lives, with all hosts, and removes what is left.
    ///
    /// # Errors
    /// When a process does not end or something cannot be removed.
    pub async fn clear(&self) -> Result<()> {
        if let Some(owner) = self.owner {
            end(owner, "the owner").await?;
        }
        for host in self.hosts() {
            end_recorded(&host).await?;
            let name = host.file_name().unwrap_or_default().to_string_lossy();
            cgroup::remove(&format!("{PREFIX}{}-{name}", self.name))?;
        }
        fs::remove_dir_all(&self.dir).map_err(Error::files("remove", &self.dir))
    }

    fn hosts(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| path.join("pids").is_file())
            .collect()
    }
}

/// Ends what a host's owner had written down and did not get to end.
async fn end_recorded(host: &Path) -> Result<()> {
    let recorded = fs::read_to_string(host.join("pids")).unwrap_or_default();
    for role in ROLES {
        let of_role = |line: &str| Process::parse(line.strip_suffix(role)?);
        for process in recorded.lines().filter_map(of_role) {
            end(process, role).await?;
        }
    }
    Ok(())
}

/// Number and start time together are one process for good, so no stranger is ended.
async fn end(process: Process, what: &str) -> Result<()> {
    if !process.is_alive() {
        return Ok(());
    }
    if let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) {
        // It may have ended by itself by now.
        let _ = kill_process(pid, Signal::KILL);
    }
    if process.ended_within(END_LIMIT).await {
        return Ok(());
    }
    Err(Error::StillRunning {
        what: what.to_owned(),
        pid: process.pid,
        seconds: END_LIMIT.as_secs(),
    })
}
