//! A lab that runs: its machines and the switch between them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use muster_lab::Switch;
use tokio::sync::mpsc::UnboundedSender;

use super::faults;
use super::machine::Machine;
use super::protocol::{Fault, Status};

/// Engines that start, or take an image, at the same time.
pub const AT_ONCE: usize = 4;

/// Takes lines for people to read.
pub type Progress = UnboundedSender<String>;

/// A lab and what it is made of.
#[derive(Debug)]
pub struct Site {
    pub(super) dir: PathBuf,
    pub(super) machines: Vec<Arc<Machine>>,
    pub(super) switch: Switch,
}

impl Site {
    /// Every machine, as it is now.
    pub async fn status(&self) -> Status {
        let mut machines = Vec::new();
        for machine in &self.machines {
            let link = faults::link(&self.switch, machine).await;
            machines.push(machine.status(link).await);
        }
        Status { machines }
    }

    /// Does something to one machine.
    pub async fn fault(&self, name: &str, fault: Fault) -> anyhow::Result<()> {
        let machine = self.find(name)?;
        match fault {
            Fault::Cut { from, one_way } => {
                let from = from.map(|from| self.find(&from)).transpose()?;
                faults::cut(&self.switch, machine, from, one_way).await
            }
            Fault::PowerOff => faults::power_off(&self.switch, machine).await,
            Fault::PowerOn => {
                faults::power_on(&self.switch, machine).await?;
                machine.start_ssh(&self.dir).await?;
                self.start(machine).await
            }
            Fault::Start => self.start(machine).await,
            Fault::Kill { part } => machine.kill(part).await,
            Fault::Freeze => Ok(machine.host().await.freeze().await?),
            Fault::Thaw => Ok(machine.host().await.thaw()?),
            Fault::Heal => Ok(self.switch.heal(&*machine.host().await)?),
            Fault::Loss { .. } | Fault::Rate { .. } | Fault::Delay { .. } => {
                faults::shape(&self.switch, machine, &fault).await
            }
        }
    }

    pub async fn heal_all(&self) -> anyhow::Result<()> {
        for machine in &self.machines {
            self.switch.heal(&*machine.host().await)?;
        }
        Ok(())
    }

    /// By its name, or that of its server.
    fn find(&self, name: &str) -> anyhow::Result<&Arc<Machine>> {
        let is_meant = |machine: &&Arc<Machine>| {
            machine.plan.name == name || machine.plan.server.as_deref() == Some(name)
        };
        let names = || {
            let names: Vec<&str> = self
                .machines
                .iter()
                .map(|machine| machine.plan.name.as_str())
                .collect();
            format!(
                "there is no machine {name} in this lab; it has {}",
                names.join(", ")
            )
        };
        self.machines.iter().find(is_meant).with_context(names)
    }

    /// What should run on a machine and does not, as its supervisor would after a boot.
    async fn start(&self, machine: &Machine) -> anyhow::Result<()> {
        let server = self.machines.iter().find(|machine| machine.plan.server.is_some());
        if machine.plan.server.is_some() && !machine.server_runs().await {
            machine.start_server().await?;
        }
        if let Some(server) = server.filter(|_| machine.plan.agent)
            && !machine.agent_runs().await
        {
            machine.start_agent(server.plan.address, None).await?;
        }
        Ok(())
    }

    pub fn hosts(&self) -> impl Iterator<Item = &Arc<Machine>> {
        self.machines.iter().filter(|machine| machine.plan.is_host)
    }

    /// Gives an image to every host whose power is on.
    pub async fn load(&self, file: &Path, progress: &Progress) -> anyhow::Result<()> {
        let hosts: Vec<Arc<Machine>> = self.hosts().cloned().collect();
        let load = |machine: Arc<Machine>| async move {
            let docker = machine.docker().await?;
            muster_lab::load_file(&docker, file).await?;
            say(progress, format!("{} has it", machine.plan.name));
            anyhow::Ok(())
        };
        let loads = stream::iter(hosts).map(load).buffer_unordered(AT_ONCE);
        loads.try_collect().await
    }
}

/// Says something to whoever waits; nobody need.
pub fn say(progress: &Progress, text: impl Into<String>) {
    let _ = progress.send(text.into());
}
