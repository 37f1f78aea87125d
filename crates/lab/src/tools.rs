//! The programs that a lab runs, and the packages that bring them.

use std::fmt;

use crate::process::is_installed;
use crate::{Error, Result};

/// A program and Debian's package of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tool {
    /// What is run.
    pub program: &'static str,
    /// What to install.
    pub package: &'static str,
}

const fn tool(program: &'static str, package: &'static str) -> Tool {
    Tool { program, package }
}

/// What making a host runs.
const NEEDED: [Tool; 10] = [
    tool("dockerd", "docker.io"),
    tool("containerd", "docker.io"),
    tool("runc", "docker.io"),
    tool("iptables", "iptables"),
    tool("ebtables", "iptables"),
    tool("ip", "iproute2"),
    tool("unshare", "util-linux"),
    tool("nsenter", "util-linux"),
    tool("mount", "mount"),
    tool("env", "coreutils"),
];

/// Programs that are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(Vec<Tool>);

impl Missing {
    /// Packages, each once, in the order in which they were asked for.
    fn packages(&self) -> Vec<&'static str> {
        let mut packages = Vec::new();
        for tool in &self.0 {
            if !packages.contains(&tool.package) {
                packages.push(tool.package);
            }
        }
        packages
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let programs: Vec<_> = self.0.iter().map(|tool| tool.program).collect();
        write!(
            f,
            "not installed: {}. Run: apt-get install -y --no-install-recommends {}",
            programs.join(", "),
            self.packages().join(" ")
        )
    }
}

/// Whether a lab can be made here: root, and all programs, `more` included.
pub(crate) fn ready(more: &[Tool]) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        return Err(Error::NotRoot);
    }
    let absent = |tool: &&Tool| !is_installed(tool.program);
    let missing: Vec<Tool> = NEEDED.iter().chain(more).filter(absent).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Error::MissingTools {
        missing: Missing(missing),
    })
}

#[cfg(test)]
mod tests {
    use super::{Missing, tool};

    #[test]
    fn one_command_installs_all_that_is_missing() {
        let missing = Missing(vec![
            tool("dockerd", "docker.io"),
            tool("runc", "docker.io"),
            tool("ip", "iproute2"),
        ]);
        assert_eq!(
            missing.to_string(),
            "not installed: dockerd, runc, ip. Run: apt-get install -y --no-install-recommends docker.io iproute2"
        );
    }
}
