//! Who keeps the agent running: systemd where it runs, else a supervisor of our own.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::boot::{self, Hook};
use super::supervise;

const UNIT: &str = "/etc/systemd/system/muster-agent.service";

/// Who keeps the agent of a data directory running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// systemd.
    Systemd,
    /// `muster agent supervise`.
    Supervisor,
    /// Nobody.
    Nobody,
}

impl Keeper {
    /// Looks who does.
    pub fn of(data: &Path) -> Self {
        if has_systemd() && Path::new(UNIT).exists() {
            Self::Systemd
        } else if supervise::running(data).is_some() {
            Self::Supervisor
        } else {
            Self::Nobody
        }
    }
}

impl fmt::Display for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Systemd => "systemd (muster-agent.service)",
            Self::Supervisor => "its supervisor",
            Self::Nobody => "nobody; `muster agent install` sees to that",
        })
    }
}

/// Whether systemd runs this machine, rather than only being installed.
fn has_systemd() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// Starts the agent now and at every boot. What people should know of how.
pub fn install(program: &Path, data: &Path) -> anyhow::Result<String> {
    if has_systemd() {
        fs::write(UNIT, unit(program, data)).with_context(|| format!("could not write {UNIT}"))?;
        systemctl(&["daemon-reload"])?;
        systemctl(&["enable", "muster-agent"])?;
        systemctl(&["restart", "muster-agent"])?;
        return Ok("systemd keeps it running: `journalctl -u muster-agent` shows its log".to_owned());
    }
    let hook = boot::install(program, data)?;
    supervise::background(program, data)?;
    let log = data.join("agent.log");
    let at_boot = match hook {
        Hook::Nothing => format!(
            "BUT NOTHING ON THIS MACHINE STARTS IT AT BOOT: neither systemd, OpenRC, an init that reads /etc/inittab, \
             /etc/rc.local nor cron is there; let something run `{} start`",
            boot::INIT_SCRIPT
        ),
        Hook::RcLocal => "/etc/rc.local starts it at boot".to_owned(),
        Hook::Cron => "cron starts it at boot".to_owned(),
        Hook::LocalD | Hook::UpdateRcD | Hook::Chkconfig => "the machine's init starts it at boot".to_owned(),
    };
    Ok(format!(
        "a supervisor keeps it running (its log: {}); {at_boot}",
        log.display()
    ))
}

/// Stops it for now.
pub fn stop(data: &Path) -> anyhow::Result<()> {
    match Keeper::of(data) {
        Keeper::Systemd => systemctl(&["stop", "muster-agent"]),
        Keeper::Supervisor => supervise::stop(data),
        Keeper::Nobody => Ok(()),
    }
}

/// Starts one that was stopped for now.
pub fn start(program: &Path, data: &Path, keeper: Keeper) -> anyhow::Result<()> {
    match keeper {
        Keeper::Systemd => systemctl(&["start", "muster-agent"]),
        Keeper::Supervisor => supervise::background(program, data),
        Keeper::Nobody => Ok(()),
    }
}

/// Stops it for good.
pub fn remove(data: &Path) -> anyhow::Result<()> {
    stop(data)?;
    if Path::new(UNIT).exists() {
        if has_systemd() {
            systemctl(&["disable", "muster-agent"])?;
        }
        fs::remove_file(UNIT).with_context(|| format!("could not remove {UNIT}"))?;
    }
    boot::remove()
}

/// The agent's death stops no container: only the agent itself is ended.
fn unit(program: &Path, data: &Path) -> String {
    format!(
        "# Written by `muster agent install`.\n\
         [Unit]\n\
         Description=Muster agent\n\
         Wants=network-online.target\n\
         After=network-online.target docker.service\n\
         StartLimitIntervalSec=0\n\
         \n\
         [Service]\n\
         ExecStart=\"{}\" agent --data \"{}\"\n\
         Restart=always\n\
         RestartSec=2\n\
         KillMode=process\n\
         OOMScoreAdjust=-900\n\
         LimitNOFILE=65536\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n",
        program.display(),
        data.display()
    )
}

fn systemctl(words: &[&str]) -> anyhow::Result<()> {
    let done = Command::new("systemctl")
        .args(words)
        .stdin(Stdio::null())
        .output();
    let done = done.context("could not run systemctl")?;
    anyhow::ensure!(
        done.status.success(),
        "`systemctl {}` failed: {}",
        words.join(" "),
        String::from_utf8_lossy(&done.stderr).trim()
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_restarts_the_agent_and_leaves_all_else_alone() {
        let unit = unit(
            Path::new("/usr/local/bin/muster"),
            Path::new("/var/lib/muster-agent"),
        );
        for line in [
            "ExecStart=\"/usr/local/bin/muster\" agent --data \"/var/lib/muster-agent\"",
            "Restart=always",
            "KillMode=process",
            "StartLimitIntervalSec=0",
            "WantedBy=multi-user.target",
        ] {
            assert!(unit.lines().any(|found| found == line), "{line}\n{unit}");
        }
    }
}
