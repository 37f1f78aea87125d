//! Sees to it that a watchdog runs while the lease binds someone, and hears what it did.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use muster_model::WallTime;
use tokio::process::Command;
use tokio::sync::{mpsc, watch};

use super::work::chain;
use crate::logic::{Input, WatchdogNews};
use crate::watchdog;

/// One that died is missed for no longer than this.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A log of more than this begins anew.
const LOG_BYTES_MAX: u64 = 64 * 1024;

/// The watchdog's keeper.
pub(super) struct Keeper {
    /// The program and its arguments; the run directory comes after them.
    pub(super) program: Option<Vec<OsString>>,
    pub(super) run_dir: PathBuf,
    /// Whether the lease binds anyone.
    pub(super) needed: watch::Receiver<bool>,
    pub(super) send: mpsc::Sender<Input>,
}

impl Keeper {
    pub(super) async fn run(mut self) {
        let mut told = Ok(());
        loop {
            let ended = watchdog::take_ended(&self.run_dir);
            if !ended.is_empty() {
                self.tell_ended(ended).await;
            }
            let needed = *self.needed.borrow_and_update();
            let watching = if needed { self.ensure() } else { Ok(()) };
            if watching != told {
                told = watching.clone();
                if let Err(why) = &watching {
                    tracing::error!("{why}");
                }
                let news = WatchdogNews::Watching(watching);
                drop(self.send.send(Input::Watchdog(news)).await);
            }
            let changed = tokio::select! {
                changed = self.needed.changed() => changed,
                () = tokio::time::sleep(LOOK_EVERY), if needed => Ok(()),
            };
            if changed.is_err() {
                return;
            }
        }
    }

    async fn tell_ended(&self, containers: BTreeSet<String>) {
        for container in &containers {
            tracing::warn!(
                container,
                "the watchdog ended it: its lease was over and it still ran"
            );
        }
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let news = WatchdogNews::Ended {
            containers,
            at: WallTime(u64::try_from(at.as_millis()).unwrap_or(u64::MAX)),
        };
        drop(self.send.send(Input::Watchdog(news)).await);
    }

    /// Starts one unless one runs. What cannot be done well is said.
    fn ensure(&self) -> Result<(), String> {
        let Some(program) = &self.program else {
            return Ok(());
        };
        if !watchdog::is_watching(&self.run_dir) {
            let started = start(program, &self.run_dir);
            started.map_err(|error| {
                format!(
                    "no watchdog ends exclusive units if this agent cannot: it did not start: {}",
                    chain(&error)
                )
            })?;
        }
        watchdog::without_descriptors().map_or(Ok(()), Err)
    }
}

fn start(program: &[OsString], run_dir: &Path) -> std::io::Result<()> {
    let (program, arguments) = program.split_first().ok_or(std::io::ErrorKind::NotFound)?;
    let log = run_dir.join("watchdog.log");
    let long = std::fs::metadata(&log).is_ok_and(|log| log.len() > LOG_BYTES_MAX);
    let log = File::options()
        .create(true)
        .append(!long)
        .write(true)
        .truncate(long)
        .open(log)?;
    // It outlives us; the runtime waits for it while we are there.
    Command::new(program)
        .args(arguments)
        .arg(run_dir)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .map(drop)
}
