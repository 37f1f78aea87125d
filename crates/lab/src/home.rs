//! What a host leaves on the machine and how it goes: its directory, its namespaces, its control groups.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use crate::holder::Holder;
use crate::lab::LabDir;
use crate::{Error, Result, cgroup};

#[derive(Debug)]
pub(crate) struct Home {
    /// `mlab-<pid>-<n>-<name>`: hostname and control group.
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    holder: Option<Holder>,
    _lab: Arc<LabDir>,
}

impl Home {
    pub(crate) fn make(lab: Arc<LabDir>, name: &str) -> Result<Self> {
        let dir = lab.path.join(name);
        let name = format!("{}-{name}", lab.name);
        fs::create_dir(&dir).map_err(Error::files("make", &dir))?;
        match Holder::start(&name, &dir) {
            Ok(holder) => Ok(Self {
                name,
                dir,
                holder: Some(holder),
                _lab: lab,
            }),
            Err(e) => {
                let _ = fs::remove_dir_all(&dir);
                Err(e)
            }
        }
    }

    /// The holder's number; 0 when it is gone.
    pub(crate) fn pid(&self) -> u32 {
        self.holder.as_ref().map_or(0, |holder| holder.pid)
    }

    /// Ends all processes, then removes what they leave. The second call does nothing.
    pub(crate) fn remove(&mut self) -> Result<()> {
        let Some(mut holder) = self.holder.take() else {
            return Ok(());
        };
        holder.end()?;
        cgroup::remove(&self.name)?;
        if std::env::var_os("MUSTER_LAB_KEEP").is_some_and(|keep| keep == "1") {
            return Ok(());
        }
        fs::remove_dir_all(&self.dir).map_err(Error::files("remove", &self.dir))
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Err(e) = self.remove() {
            eprintln!(
                "{} was not removed: {e}; then run scripts/clean-lab.sh",
                self.name
            );
        }
    }
}
