//! What a host leaves on the machine and how it goes: its directory, its namespaces, its control groups.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use crate::holder::Holder;
use crate::lab::LabDir;
use crate::{Error, HostOptions, Result, cgroup};

#[derive(Debug)]
pub(crate) struct Home {
    /// `mlab-<pid>-<n>-<name>`, or with the lab's name: its control group.
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
    hostname: String,
    /// None while its power is off.
    holder: Option<Holder>,
    removed: bool,
    _lab: Arc<LabDir>,
}

impl Home {
    pub(crate) fn make(lab: Arc<LabDir>, name: &str, options: &HostOptions) -> Result<Self> {
        let dir = lab.path.join(name);
        let name = format!("{}-{name}", lab.name);
        fs::create_dir(&dir).map_err(Error::files("make", &dir))?;
        let mut home = Self {
            hostname: options.hostname.clone().unwrap_or_else(|| name.clone()),
            name,
            dir,
            holder: None,
            removed: false,
            _lab: lab,
        };
        home.write_neighbours(&options.neighbours)?;
        home.power_on()?;
        Ok(home)
    }

    fn write_neighbours(&self, neighbours: &[(String, Ipv4Addr)]) -> Result<()> {
        let line = |(name, address): &(String, Ipv4Addr)| format!("{address} {name}\n");
        let lines: String = neighbours.iter().map(line).collect();
        let file = self.dir.join("neighbours");
        fs::write(&file, lines).map_err(Error::files("write", &file))
    }

    /// New namespaces, as after a boot.
    pub(crate) fn power_on(&mut self) -> Result<()> {
        if self.holder.is_some() {
            return Err(self.power("on already"));
        }
        self.holder = Some(Holder::start(&self.hostname, &self.dir)?);
        Ok(())
    }

    /// Every process ends at once; all that was only in memory is gone.
    pub(crate) fn power_off(&mut self) -> Result<()> {
        let Some(mut holder) = self.holder.take() else {
            return Err(self.power("off already"));
        };
        holder.end()?;
        cgroup::remove(&self.name)?;
        let runtime = self.dir.join("exec");
        if !runtime.exists() {
            return Ok(());
        }
        fs::remove_dir_all(&runtime).map_err(Error::files("remove", &runtime))
    }

    /// The holder's number; 0 when it is gone.
    pub(crate) fn pid(&self) -> u32 {
        self.holder.as_ref().map_or(0, |holder| holder.pid)
    }

    pub(crate) fn power(&self, state: &'static str) -> Error {
        Error::Power {
            host: self.name.clone(),
            state,
        }
    }

    /// Ends all processes, then removes what they leave. The second call does nothing.
    pub(crate) fn remove(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.removed, true) {
            return Ok(());
        }
        if let Some(mut holder) = self.holder.take() {
            holder.end()?;
        }
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
