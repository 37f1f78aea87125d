//! Entering a host of a lab that another process owns.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::process::Process;
use crate::{Error, HostCommand, Result};

/// A host that another process made: its directory, and the way in.
#[derive(Debug, Clone)]
pub struct Visit {
    name: String,
    dir: PathBuf,
    holder: Process,
}

impl Visit {
    /// By the host's directory.
    ///
    /// # Errors
    /// When there is no such host, or its power is off.
    pub(crate) fn to(name: &str, dir: &Path) -> Result<Self> {
        let pids = dir.join("pids");
        let recorded = fs::read_to_string(&pids).map_err(|_| Error::NoHost {
            name: name.to_owned(),
        })?;
        let holders = recorded.lines().filter_map(|line| line.strip_suffix(" holder"));
        let alive = holders
            .filter_map(Process::parse)
            .find(|holder| holder.is_alive() && has_network(*holder));
        let holder = alive.ok_or_else(|| Error::Power {
            host: name.to_owned(),
            state: "off",
        })?;
        Ok(Self {
            name: name.to_owned(),
            dir: dir.to_owned(),
            holder,
        })
    }

    /// A program to run inside, as a child of this process: what it reads and writes is this process's own unless
    /// said otherwise.
    pub fn command(&self, program: impl AsRef<OsStr>) -> HostCommand {
        HostCommand::new(&self.name, self.holder.pid, program.as_ref())
    }

    /// The host's directory.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}

/// A holder that was ended and is not waited for yet is a process without namespaces.
fn has_network(holder: Process) -> bool {
    fs::read_link(format!("/proc/{}/ns/net", holder.pid)).is_ok()
}
