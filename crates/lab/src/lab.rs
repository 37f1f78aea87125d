//! The lab: a directory that hosts live below, named by its maker or after the process that owns it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::process::Process;
use crate::tools::{self, Tool};
use crate::{Error, Host, HostOptions, Result, Switch};

/// Below it, one directory per lab. On a disk, because engines keep their data here; short, because the path of a
/// socket may have 107 bytes.
const DEFAULT_ROOT: &str = "/var/lib/muster-lab";
/// Begins the name of every lab's directory.
pub(crate) const PREFIX: &str = "mlab-";
/// Says whose a lab is.
pub(crate) const OWNER: &str = "owner";
/// How many labs one process may have had, leftovers of an older process with its number included.
const MAX_LABS_PER_PROCESS: u32 = 10_000;
/// Counts the directories that this process began to make.
static MADE: AtomicU32 = AtomicU32::new(0);

/// Makes hosts. Several labs, in one process or in many, do not meet.
#[derive(Debug, Clone)]
pub struct Lab {
    dir: Arc<LabDir>,
}

impl Lab {
    /// A lab without hosts, below `$MUSTER_LAB_DIR` (default `/var/lib/muster-lab`).
    ///
    /// # Errors
    /// When not root, when a needed program is missing, when the directory cannot be made.
    pub fn new() -> Result<Self> {
        tools::ready(&[])?;
        LabDir::numbered(&root()).map(Self::of)
    }

    /// The same under a name by which other processes find it, see [`crate::Trace`]. `name`: 1 to 20 of `a-z`, `0-9`,
    /// `-`, a letter first. `needed`: programs that its owner wants in hosts.
    ///
    /// # Errors
    /// As [`Lab::new`]; when the name does not fit; when there is a lab of that name, or what a dead one left.
    pub fn named(name: &str, needed: &[Tool]) -> Result<Self> {
        if !is_lab_name(name) {
            return Err(Error::BadLabName {
                name: name.to_owned(),
            });
        }
        tools::ready(needed)?;
        LabDir::named(&root(), name).map(Self::of)
    }

    fn of(dir: LabDir) -> Self {
        Self { dir: Arc::new(dir) }
    }

    /// A new host with a running engine. `name`: 1 to 20 of `a-z`, `0-9`, `-`, once per lab.
    ///
    /// # Errors
    /// When the name does not fit or is taken, when the namespaces cannot be made, when the engine does not come up.
    pub async fn host(&self, name: &str) -> Result<Host> {
        self.host_with(name, HostOptions::default()).await
    }

    /// A new host made to order.
    ///
    /// # Errors
    /// As [`Lab::host`].
    pub async fn host_with(&self, name: &str, options: HostOptions) -> Result<Host> {
        if !is_host_name(name) {
            return Err(Error::BadName {
                name: name.to_owned(),
            });
        }
        Host::start(Arc::clone(&self.dir), name, options).await
    }

    /// A switch that hosts of this lab can be plugged into. `name`: as of a host, and not the name of one.
    ///
    /// # Errors
    /// As [`Lab::host`].
    pub fn switch(&self, name: &str) -> Result<Switch> {
        if !is_host_name(name) {
            return Err(Error::BadName {
                name: name.to_owned(),
            });
        }
        Switch::make(Arc::clone(&self.dir), name)
    }

    /// `mlab-<pid>-<n>` or `mlab-<its name>`: begins the names of all its hosts.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.dir.name
    }

    /// Its directory, which goes with it; a place for files of its owner.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir.path
    }
}

/// Where labs are: `$MUSTER_LAB_DIR`, else `/var/lib/muster-lab`.
#[must_use]
pub fn root() -> PathBuf {
    std::env::var_os("MUSTER_LAB_DIR").map_or_else(|| DEFAULT_ROOT.into(), PathBuf::from)
}

pub(crate) fn is_host_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=20).contains(&name.len()) && name.chars().all(fits)
}

/// A number first would be the name of a lab that a process made without one.
pub(crate) fn is_lab_name(name: &str) -> bool {
    is_host_name(name) && name.starts_with(|c: char| c.is_ascii_lowercase())
}

/// The lab's directory; goes when the lab and its last host are gone.
#[derive(Debug)]
pub(crate) struct LabDir {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Its owner may have put files there, which go with it.
    has_name: bool,
}

impl LabDir {
    /// Making the directory is what reserves the name.
    fn numbered(root: &Path) -> Result<Self> {
        for n in 0..MAX_LABS_PER_PROCESS {
            let name = format!("{PREFIX}{}-{n}", std::process::id());
            if let Some(made) = Self::create(root, name, false)? {
                return Ok(made);
            }
        }
        Err(Error::files("make one more lab in", root)(
            ErrorKind::QuotaExceeded.into(),
        ))
    }

    fn named(root: &Path, name: &str) -> Result<Self> {
        let made = Self::create(root, format!("{PREFIX}{name}"), true)?;
        made.ok_or_else(|| Error::LabExists {
            name: name.to_owned(),
        })
    }

    /// None if the name is taken. The directory gets its name when it says already whose it is, so that a clean-up
    /// never finds one that seems to be nobody's.
    fn create(root: &Path, name: String, has_name: bool) -> Result<Option<Self>> {
        fs::create_dir_all(root).map_err(Error::files("make", root))?;
        let path = root.join(&name);
        let turn = MADE.fetch_add(1, Ordering::Relaxed);
        let beside = root.join(format!("new-{}-{turn}", std::process::id()));
        let made = fs::create_dir_all(&beside)
            .and_then(|()| Process::of(std::process::id()))
            .and_then(|owner| fs::write(beside.join(OWNER), format!("{owner}\n")));
        made.map_err(Error::files("make", &beside))?;
        match fs::rename(&beside, &path) {
            Ok(()) => Ok(Some(Self { name, path, has_name })),
            Err(e) => {
                let _ = fs::remove_dir_all(&beside);
                let taken = matches!(e.kind(), ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty);
                if taken {
                    Ok(None)
                } else {
                    Err(Error::files("make", path)(e))
                }
            }
        }
    }
}

impl Drop for LabDir {
    fn drop(&mut self) {
        let is_dir = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        // A directory with hosts kept for inspection stays, and its owner file with it.
        let hosts_left = fs::read_dir(&self.path).is_ok_and(|entries| {
            entries
                .flatten()
                .filter(is_dir)
                .any(|dir| dir.path().join("pids").exists())
        });
        if hosts_left {
            return;
        }
        if self.has_name {
            let _ = fs::remove_dir_all(&self.path);
        } else {
            let _ = fs::remove_file(self.path.join(OWNER));
            let _ = fs::remove_dir(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_host_name, is_lab_name};

    #[test]
    fn host_names_fit_into_paths_and_hostnames() {
        for good in ["a", "host-1", "0123456789abcdefghij"] {
            assert!(is_host_name(good), "{good}");
        }
        for bad in ["", "0123456789abcdefghijk", "A", "../x", "a b", "a.b", "ü"] {
            assert!(!is_host_name(bad), "{bad}");
        }
    }

    #[test]
    fn names_of_labs_are_none_that_processes_give() {
        assert!(is_lab_name("lab") && is_lab_name("a1-2"));
        assert!(!is_lab_name("12-0") && !is_lab_name(""));
    }
}
