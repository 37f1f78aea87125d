//! A server and hosts that joined it, each on a machine of its own.

use std::net::Ipv4Addr;
use std::process::Stdio;

use anyhow::Context as _;
use bollard::Docker;
use muster_lab::{Host, Lab, Switch};
use tokio::process::Child;

use crate::machine::{Machine, binary};

const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

/// Ours.
pub struct Fleet {
    /// Runs the server; commands are typed there.
    pub server: Machine,
    /// The hosts, `h1` and so on.
    pub hosts: Vec<Member>,
    switch: Switch,
}

/// A host with its agent.
pub struct Member {
    /// The machine.
    pub host: Host,
    agent: Child,
}

impl Fleet {
    /// A server and so many hosts, all active, with the sample image on each.
    pub async fn start(hosts: u8) -> anyhow::Result<Self> {
        let lab = Lab::new()?;
        let switch = lab.switch("switch")?;
        let mut server = Machine::in_lab(&lab, "s1").await?;
        switch.plug(&server.host, SERVER, 24)?;
        server.start_server(&SERVER.to_string()).await?;
        let mut fleet = Self {
            server,
            hosts: Vec::new(),
            switch,
        };
        for number in 1..=hosts {
            fleet.join(&lab, number).await?;
        }
        fleet.server.wait_for_hosts(usize::from(hosts)).await?;
        fleet.server.load_sample().await?;
        Ok(fleet)
    }

    async fn join(&mut self, lab: &Lab, number: u8) -> anyhow::Result<()> {
        let name = format!("h{number}");
        let host = lab.host(&name).await?;
        self.switch
            .plug(&host, Ipv4Addr::new(10, 99, 0, 10 + number), 24)?;
        let token = self.server.join_token(1).await?;
        let log = std::fs::File::create(host.dir().join("agent.log"))?;
        let agent = host
            .command(binary()?)
            .args([
                "agent",
                "--to",
                &format!("https://{SERVER}:8080"),
                "--name",
                &name,
            ])
            .args(["--engine", "/run/docker.sock", "--data"])
            .arg(host.dir().join("agent"))
            .env("MUSTER_JOIN_TOKEN", &token)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()?;
        self.hosts.push(Member { host, agent });
        Ok(())
    }

    /// The hosts' engines.
    pub fn engines(&self) -> Vec<Docker> {
        self.hosts.iter().map(|member| member.host.docker()).collect()
    }

    /// Takes a host's power: its cable first, so that it says nothing to anybody.
    pub fn power_off(&mut self, host: usize) -> anyhow::Result<()> {
        let member = self.hosts.remove(host);
        self.switch.cut(&member.host)?;
        drop(member);
        Ok(())
    }
}

impl Member {
    /// The agent's process.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.agent.id().context("the agent has ended")
    }
}
