//! The watchdog: a small process that ends exclusive units when their lease is over and nobody else did.
//!
//! It holds when the agent or the engine is wedged, frozen or gone, and asks neither. All it knows it reads from the
//! agent's record of the lease: until when, and which containers (`lease` in the run directory; the agent replaces it
//! whole with each acknowledged heartbeat, and before a container that is bound is first started). So there is nothing to
//! agree on: an agent that begins again, or another version of it, goes on with the same file, and so does a watchdog.
//!
//! ```text
//!   agent ──lease──► watchdog ──pidfd, freezer, cgroup.kill──► processes
//!   agent ◄─ended/── watchdog
//! ```
//!
//! It finds processes by the engine's id of their container in the names of control groups, so that one is found too that
//! a wedged engine starts later. What it ended it leaves word of in `ended/`. One runs per run directory; the file
//! `watchdog.lock` is locked while it does. It runs only while a lease binds someone, and has one thread and no runtime.

mod ending;
mod groups;
mod home;
mod plan;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use muster_model::Timestamp;
use rustix::fs::{FlockOperation, flock};
use rustix::thread::{ClockId, clock_nanosleep_absolute};

use crate::durable::private_directory;
use crate::error::AgentError;
use crate::facts::boot_id;
use crate::logic::LeaseRecord;
use crate::shell::now;
pub(crate) use ending::without_descriptors;
use plan::{Known, Next, next};

/// The record of the lease, in the run directory.
pub(crate) const LEASE: &str = "lease";
/// Locked while a watchdog runs.
const LOCK: &str = "watchdog.lock";
/// Holds an empty file for each container that was ended, named by the engine's id of it.
const ENDED: &str = "ended";
/// An agent that asks whether one runs holds the lock for a moment.
const LOCK_TRIES: u32 = 50;
const LOCK_AGAIN: Duration = Duration::from_millis(10);

/// Watches until no lease binds anyone. If another one watches already, this one has nothing to do.
pub fn run(run_dir: &Path) -> Result<(), AgentError> {
    let Some(_lock) = claim(run_dir)? else {
        return Ok(());
    };
    home::leave_the_agents();
    let mut watchdog = Watchdog {
        run_dir: run_dir.to_owned(),
        boot: boot_id(),
        known: None,
        bound_last: now(),
    };
    watchdog.watch();
    Ok(())
}

/// Whether one runs.
pub(crate) fn is_watching(run_dir: &Path) -> bool {
    let Ok(file) = File::open(run_dir.join(LOCK)) else {
        return false;
    };
    flock(&file, FlockOperation::NonBlockingLockShared) == Err(rustix::io::Errno::WOULDBLOCK)
}

/// The containers that were ended since this was last asked.
pub(crate) fn take_ended(run_dir: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(run_dir.join(ENDED)).into_iter().flatten();
    let mut ended = BTreeSet::new();
    for entry in entries.flatten() {
        if std::fs::remove_file(entry.path()).is_ok() {
            ended.insert(entry.file_name().to_string_lossy().into_owned());
        }
    }
    ended
}

struct Watchdog {
    run_dir: PathBuf,
    boot: String,
    /// The last record that could be read.
    known: Option<LeaseRecord>,
    /// When a lease last bound someone.
    bound_last: Timestamp,
}

impl Watchdog {
    fn watch(&mut self) {
        loop {
            let is_there = self.read();
            let now = now();
            let known = Known {
                record: self.known.as_ref(),
                is_there,
                boot: &self.boot,
                bound_last: self.bound_last,
            };
            if known.binding().is_some() {
                self.bound_last = now;
            }
            match next(&known, now) {
                Next::Leave => return,
                Next::Sleep(until) => sleep_until(until),
                Next::End { containers, again } => {
                    self.end(&containers);
                    sleep_until(again);
                }
            }
        }
    }

    /// What cannot be read changes nothing: the deadline that was known stands.
    fn read(&mut self) -> bool {
        let Ok(text) = std::fs::read(self.run_dir.join(LEASE)) else {
            return false;
        };
        if let Ok(record) = serde_json::from_slice(&text) {
            self.known = Some(record);
        }
        true
    }

    fn end(&self, containers: &BTreeSet<String>) {
        for container in ending::end(containers) {
            tracing::warn!(container, "ended: its lease is over and it still ran");
            let ended = self.run_dir.join(ENDED);
            let left = private_directory(&ended).and_then(|()| File::create(ended.join(&container)));
            if let Err(error) = left {
                tracing::warn!(%error, "the agent is not told");
            }
        }
    }
}

/// The lock goes with the returned file; none if another one has it.
fn claim(run_dir: &Path) -> Result<Option<File>, AgentError> {
    let path = run_dir.join(LOCK);
    let failed = |source: std::io::Error| AgentError::Lock {
        path: path.clone(),
        source,
    };
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(false);
    let file = options.open(&path).map_err(failed)?;
    for _ in 0..LOCK_TRIES {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                // For people who look for it.
                let _ = std::fs::write(&path, format!("{}\n", std::process::id()));
                return Ok(Some(file));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_AGAIN),
            Err(error) => return Err(failed(error.into())),
        }
    }
    Ok(None)
}

/// By the clock that the lease counts on: a machine that was suspended is late for nothing.
fn sleep_until(at: Timestamp) {
    let part = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let time = rustix::thread::Timespec {
        tv_sec: part(at.0 / 1_000),
        tv_nsec: part(at.0 % 1_000 * 1_000_000),
    };
    // A signal wakes it early: then it looks again, and sleeps again.
    if clock_nanosleep_absolute(ClockId::Boottime, &time) == Err(rustix::io::Errno::INVAL) {
        std::thread::sleep(at.since(now()));
    }
}
