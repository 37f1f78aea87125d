//! The control groups of a host's containers: made by its engine, left empty when the host ends.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::process::POLL;
use crate::{Error, Result};

const ROOT: &str = "/sys/fs/cgroup";
/// The kernel empties a group shortly after its last process is gone.
const EMPTY_LIMIT: Duration = Duration::from_secs(5);

/// Removes the groups of that name in every hierarchy, v1 and v2.
pub(crate) fn remove(name: &str) -> Result<()> {
    let deadline = Instant::now() + EMPTY_LIMIT;
    for group in groups(name) {
        while let Err(source) = remove_tree(&group) {
            if source.kind() != ErrorKind::ResourceBusy || Instant::now() > deadline {
                return Err(Error::Files {
                    action: "remove the control group",
                    path: group,
                    source,
                });
            }
            std::thread::sleep(POLL);
        }
    }
    Ok(())
}

fn groups(name: &str) -> Vec<PathBuf> {
    let hierarchies = fs::read_dir(ROOT)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    hierarchies
        .chain([ROOT.into()])
        .map(|dir| dir.join(name))
        .filter(|dir| dir.is_dir())
        .collect()
}

/// A control group's files cannot be removed and go with it; only the groups inside must go first.
fn remove_tree(group: &Path) -> io::Result<()> {
    for entry in fs::read_dir(group)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        }
    }
    fs::remove_dir(group)
}
