//! Processes by number and start time: together they name one process for as long as the machine runs.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often a condition is looked at while we wait for it.
pub(crate) const POLL: Duration = Duration::from_millis(5);

/// One process, for good: a number may be used again, number and start time not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    pub(crate) pid: u32,
    /// Clock ticks after boot, field 22 of `/proc/<pid>/stat`.
    started: u64,
}

impl Process {
    /// The process that has this number now.
    ///
    /// # Errors
    /// When there is none.
    pub fn of(pid: u32) -> io::Result<Self> {
        let stat = Seen::read(pid)?;
        Ok(Self {
            pid,
            started: stat.started,
        })
    }

    /// As it is recorded: number and start time.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (pid, started) = text.trim().split_once(' ')?;
        Some(Self {
            pid: pid.parse().ok()?,
            started: started.parse().ok()?,
        })
    }

    /// Whether it still runs; a process that only waits to be reaped does not.
    #[must_use]
    pub fn is_alive(self) -> bool {
        Seen::read(self.pid).is_ok_and(|stat| stat.started == self.started && stat.state != 'Z')
    }

    /// Waits until it is gone. Answers whether that was in time.
    pub(crate) async fn ended_within(self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        while self.is_alive() {
            if Instant::now() > deadline {
                return false;
            }
            tokio::time::sleep(POLL).await;
        }
        true
    }

    /// Appends `<pid> <start time> <role>` to the file of what a clean-up may have to end.
    pub(crate) fn record(self, file: &Path, role: &str) -> io::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(file)?;
        file.write_all(format!("{self} {role}\n").as_bytes())
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pid, self.started)
    }
}

/// The child of `parent` whose command name is `comm`.
pub(crate) fn child_named(parent: u32, comm: &str) -> io::Result<Option<Process>> {
    let mut children = all()?.into_iter();
    let found = children.find(|(_, stat)| stat.parent == parent && stat.comm == comm);
    Ok(found.map(|(pid, stat)| Process {
        pid,
        started: stat.started,
    }))
}

/// Waits until a stop signal has reached every thread. Answers whether that was in time.
pub(crate) async fn stopped_within(pid: u32, limit: Duration) -> bool {
    let deadline = Instant::now() + limit;
    while !all_threads_stopped(pid) {
        if Instant::now() > deadline {
            return false;
        }
        tokio::time::sleep(POLL).await;
    }
    true
}

fn all_threads_stopped(pid: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
        return false;
    };
    let stats = threads
        .flatten()
        .map(|thread| Seen::read_file(&thread.path().join("stat")));
    stats.filter_map(io::Result::ok).all(|stat| stat.state == 'T')
}

/// Whether a living process other than `except` is in this process namespace; zombies do not count.
pub(crate) fn any_in_process_namespace(namespace: &Path, except: u32) -> bool {
    let inside = |pid: u32| fs::read_link(format!("/proc/{pid}/ns/pid")).is_ok_and(|seen| seen == namespace);
    let is_zombie = |pid| Seen::read(pid).is_ok_and(|stat| stat.state == 'Z');
    numbers().is_ok_and(|mut all| all.any(|pid| pid != except && inside(pid) && !is_zombie(pid)))
}

/// Every process there is, by number.
pub(crate) fn all() -> io::Result<Vec<(u32, Seen)>> {
    Ok(numbers()?
        .filter_map(|pid| Some((pid, Seen::read(pid).ok()?)))
        .collect())
}

/// The numbers of all; some end while we look.
fn numbers() -> io::Result<impl Iterator<Item = u32>> {
    let entries = fs::read_dir("/proc")?;
    Ok(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

/// Whether `tool` is in one of the directories that programs are looked up in.
pub(crate) fn is_installed(tool: &str) -> bool {
    search_path()
        .split(':')
        .any(|dir| Path::new(dir).join(tool).is_file())
}

/// `$PATH`, and the system directories that some users' lacks.
pub(crate) fn search_path() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    format!("{path}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin")
}

/// What the kernel says of a process, or of a thread.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    comm: String,
    /// `T` is stopped, `Z` a zombie.
    pub(crate) state: char,
    pub(crate) parent: u32,
    started: u64,
}

impl Seen {
    fn read(pid: u32) -> io::Result<Self> {
        Self::read_file(Path::new(&format!("/proc/{pid}/stat")))
    }

    pub(crate) fn read_file(file: &Path) -> io::Result<Self> {
        let text = fs::read_to_string(file)?;
        Self::parse(&text).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, text))
    }

    /// The name may hold spaces and brackets; what follows the last bracket does not.
    fn parse(text: &str) -> Option<Self> {
        let (head, tail) = text.rsplit_once(") ")?;
        let (_, comm) = head.split_once('(')?;
        let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
        Some(Self {
            comm: comm.to_owned(),
            state: fields.first()?.chars().next()?,
            parent: fields.get(1)?.parse().ok()?,
            started: fields.get(19)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Process, Seen};

    #[test]
    fn stat_is_read_past_odd_names() {
        let numbers = "0 ".repeat(17);
        let text = format!("12 (a) b (c)) S 7 {numbers}4711 0 0\n");
        let stat = Seen::parse(&text).unwrap();
        assert_eq!(
            stat,
            Seen {
                comm: "a) b (c)".into(),
                state: 'S',
                parent: 7,
                started: 4711
            }
        );
    }

    #[test]
    fn a_process_is_alive_until_its_number_means_another() {
        let me = Process::of(std::process::id()).unwrap();
        assert!(me.is_alive());
        assert!(
            !Process {
                started: me.started + 1,
                ..me
            }
            .is_alive()
        );
    }
}
