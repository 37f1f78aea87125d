//! The lab: a directory that hosts live below, named after the process that owns it.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::process::{self, Identity};
use crate::{Error, Host, Result, Switch};

/// Below it, one directory per lab. On a disk, because engines keep their data here; short, because the path of a
/// socket may have 107 bytes.
const DEFAULT_ROOT: &str = "/var/lib/muster-lab";
/// Programs that making a host runs.
const TOOLS: [&str; 9] = [
    "dockerd",
    "containerd",
    "runc",
    "iptables",
    "ip",
    "unshare",
    "nsenter",
    "mount",
    "env",
];
/// How many labs one process may have had, leftovers of an older process with its number included.
const MAX_LABS_PER_PROCESS: u32 = 10_000;

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
        if !rustix::process::geteuid().is_root() {
            return Err(Error::NotRoot);
        }
        if let Some(tool) = TOOLS.into_iter().find(|tool| !process::is_installed(tool)) {
            return Err(Error::MissingTool { tool });
        }
        let root = std::env::var_os("MUSTER_LAB_DIR").map_or_else(|| DEFAULT_ROOT.into(), PathBuf::from);
        Ok(Self {
            dir: Arc::new(LabDir::create(&root)?),
        })
    }

    /// A new host with a running engine. `name`: 1 to 20 of `a-z`, `0-9`, `-`, once per lab.
    ///
    /// # Errors
    /// When the name does not fit or is taken, when the namespaces cannot be made, when the engine does not come up.
    pub async fn host(&self, name: &str) -> Result<Host> {
        if !is_host_name(name) {
            return Err(Error::BadName {
                name: name.to_owned(),
            });
        }
        Host::start(Arc::clone(&self.dir), name).await
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

    /// `mlab-<pid>-<n>`: begins the names of all its hosts.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.dir.name
    }
}

fn is_host_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=20).contains(&name.len()) && name.chars().all(fits)
}

/// The lab's directory; goes when the lab and its last host are gone.
#[derive(Debug)]
pub(crate) struct LabDir {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

impl LabDir {
    /// Making the directory is what reserves the name.
    fn create(root: &Path) -> Result<Self> {
        fs::create_dir_all(root).map_err(Error::files("make", root))?;
        for n in 0..MAX_LABS_PER_PROCESS {
            let name = format!("mlab-{}-{n}", std::process::id());
            let path = root.join(&name);
            match fs::create_dir(&path) {
                Ok(()) => return Self { name, path }.owned(),
                Err(e) if e.kind() == ErrorKind::AlreadyExists => {}
                Err(e) => return Err(Error::files("make", path)(e)),
            }
        }
        Err(Error::files("make one more lab in", root)(
            ErrorKind::QuotaExceeded.into(),
        ))
    }

    /// Says who uses this lab, so that cleaning up leaves it alone as long as that process lives.
    fn owned(self) -> Result<Self> {
        let file = self.path.join("owner");
        Identity::of(std::process::id())
            .and_then(|owner| fs::write(&file, format!("{owner}\n")))
            .map_err(Error::files("write", &file))?;
        Ok(self)
    }
}

impl Drop for LabDir {
    fn drop(&mut self) {
        // A directory with hosts kept for inspection stays, and its owner file with it.
        let hosts_left = fs::read_dir(&self.path).is_ok_and(|entries| entries.count() > 1);
        if !hosts_left {
            let _ = fs::remove_file(self.path.join("owner"));
            let _ = fs::remove_dir(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_host_name;

    #[test]
    fn host_names_fit_into_paths_and_hostnames() {
        for good in ["a", "host-1", "0123456789abcdefghij"] {
            assert!(is_host_name(good), "{good}");
        }
        for bad in ["", "0123456789abcdefghijk", "A", "../x", "a b", "a.b", "ü"] {
            assert!(!is_host_name(bad), "{bad}");
        }
    }
}
