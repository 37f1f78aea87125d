//! The holder: the first process of a host. It keeps the namespaces while the host lives; its end is everything's end.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::has_time_namespaces;
use crate::process::{self, POLL, Process, search_path};
use crate::{Error, Result};

const SCRIPT: &str = include_str!("holder.sh");
/// For the kernel to end every process of a host and to take its namespaces down.
const END_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Holder {
    /// `unshare`, which waits for the holder itself.
    parent: Child,
    /// Closing it ends the host. Also closed by the kernel when this process is killed.
    lifeline: Option<ChildStdin>,
    /// The holder's number, by which its namespaces are found in `/proc/<pid>/ns`.
    pub(crate) pid: u32,
    /// As `/proc/<pid>/ns/pid` shows it.
    process_namespace: PathBuf,
}

impl Holder {
    /// Blocks for some 30 ms. `dir` is the host's directory.
    pub(crate) fn start(host: &str, dir: &Path) -> Result<Self> {
        let said = dir.join("holder.log");
        Self::try_start(host, dir, &said).map_err(|source| Error::Namespaces {
            host: host.to_owned(),
            said: fs::read_to_string(&said).unwrap_or_default().trim().to_owned(),
            source,
        })
    }

    fn try_start(host: &str, dir: &Path, said: &Path) -> io::Result<Self> {
        let mut parent = Command::new("unshare")
            .args(["--mount", "--net", "--uts", "--ipc", "--pid", "--fork"])
            .args(clocks_from_zero()?)
            .args(["--", "sh", "-c", SCRIPT, "holder"])
            .args([host.as_ref(), dir.as_os_str()])
            .env("PATH", search_path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(said)?)
            .spawn()?;
        let lifeline = parent.stdin.take();
        let stdout = parent.stdout.take();
        let mut holder = Self {
            parent,
            lifeline,
            pid: 0,
            process_namespace: PathBuf::new(),
        };
        let mut lines = stdout.map(BufReader::new).into_iter().flat_map(BufRead::lines);
        let mut next = || {
            lines
                .next()
                .unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
        };

        holder.pid = next()?.parse().map_err(io::Error::other)?;
        holder.process_namespace = fs::read_link(format!("/proc/{}/ns/pid", holder.pid))?;
        holder.record(&dir.join("pids"))?;
        if let Some(lifeline) = &mut holder.lifeline {
            lifeline.write_all(b"go on\n")?;
        }
        next()?;
        Ok(holder)
    }

    fn record(&self, file: &Path) -> io::Result<()> {
        Process::of(self.parent.id())?.record(file, "unshare")?;
        Process::of(self.pid)?.record(file, "holder")
    }

    /// Ends every process of the host and waits until all are dead. Blocks for some 0.1 s.
    ///
    /// Children of this process that nobody has waited for yet stay as zombies, and the holder with them: that is
    /// fine, for its network and mounts are gone by then.
    pub(crate) fn end(&mut self) -> Result<()> {
        drop(self.lifeline.take());
        let deadline = Instant::now() + END_LIMIT;
        while !matches!(self.parent.try_wait(), Ok(Some(_))) && !self.only_zombies_left() {
            if Instant::now() > deadline {
                let what = "a lab host".to_owned();
                return Err(Error::StillRunning {
                    what,
                    pid: self.pid,
                    seconds: END_LIMIT.as_secs(),
                });
            }
            std::thread::sleep(POLL);
        }
        // It shares the network and the mounts, and would keep them as long as it waits for the holder.
        let _ = self.parent.kill();
        let _ = self.parent.wait();
        Ok(())
    }

    fn only_zombies_left(&self) -> bool {
        let network_gone = fs::read_link(format!("/proc/{}/ns/net", self.pid)).is_err();
        network_gone && !process::any_in_process_namespace(&self.process_namespace, self.pid)
    }
}

/// The clocks that count from a machine's boot count from this host's, where the kernel can do that.
fn clocks_from_zero() -> io::Result<Vec<String>> {
    if !has_time_namespaces() {
        return Ok(Vec::new());
    }
    let uptime = fs::read_to_string("/proc/uptime")?;
    let seconds = uptime.split(['.', ' ']).next().unwrap_or_default();
    let seconds: u64 = seconds.parse().map_err(io::Error::other)?;
    let clock = |name: &str| [format!("--{name}"), format!("-{seconds}")];
    let clocks = [clock("monotonic"), clock("boottime")].into_iter().flatten();
    Ok(["--time".to_owned()].into_iter().chain(clocks).collect())
}

impl Drop for Holder {
    fn drop(&mut self) {
        if self.lifeline.is_some() {
            let _ = self.end();
        }
    }
}
