//! How a lab comes up: machines, then the sample image beside server, account and agents.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use hyper::Method;
use muster_lab::{EngineOptions, HostOptions, Lab, Switch};
use muster_model::view::{HostState, HostView, JoinTokenCreate, JoinTokenCreated};

use super::machine::{Greeting, Machine, SERVER_PORT};
use super::plan::{self, HOLLOW_PREFIX, PREFIX, Planned, UpSpec};
use super::site::{AT_ONCE, Progress, Site, say};
use super::{CONTEXT, CONTEXT_INSIDE, door, ssh};
use crate::client::Client;
use crate::cmd::whoami;
use crate::context::Context;
use crate::first_account;

/// For all hosts to join: seconds here, more where hundreds share a few processors.
const JOIN_LIMIT: Duration = Duration::from_secs(180);
/// And so much for each hollow one.
const JOIN_EACH: Duration = Duration::from_millis(300);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// A list of many costs the server much.
const LOOK_AGAIN_AT_MANY: Duration = Duration::from_secs(2);

impl Site {
    /// Makes it as it is asked for. What was made is gone again if that fails.
    pub async fn up(lab: &Lab, spec: &UpSpec, progress: &Progress) -> anyhow::Result<Self> {
        let planned = plan::machines(spec)?;
        let binary = own_copy(lab.dir())?;
        ssh::make_keys(lab.dir(), &planned).await?;
        let switch = lab.switch("switch")?;
        let machines = machines(lab, &planned, &binary, spec, &switch, progress).await?;
        let dir = lab.dir().to_owned();
        let site = Self {
            dir,
            machines,
            switch,
        };
        tokio::try_join!(site.load_sample(&binary, progress), site.platform(progress))?;
        Ok(site)
    }

    async fn load_sample(&self, binary: &Path, progress: &Progress) -> anyhow::Result<()> {
        let archive = Bytes::from(whoami::image(binary)?.archive()?);
        let hosts: Vec<Arc<Machine>> = self.hosts().cloned().collect();
        let load = |machine: Arc<Machine>| {
            let archive = archive.clone();
            async move {
                let docker = machine.docker().await?;
                muster_lab::load_archive(&docker, archive, whoami::IMAGE).await?;
                anyhow::Ok(())
            }
        };
        let loads = stream::iter(hosts).map(load).buffer_unordered(AT_ONCE);
        loads.try_collect::<()>().await?;
        say(progress, format!("every host has the image {}", whoami::IMAGE));
        Ok(())
    }

    /// Starts the server, if there is to be one, and lets the hosts join.
    async fn platform(&self, progress: &Progress) -> anyhow::Result<()> {
        let Some(first) = self.machines.iter().find(|machine| machine.plan.server.is_some()) else {
            return Ok(());
        };
        let greeting = first.start_server().await?;
        let context = log_in(first, greeting, &self.dir).await?;
        say(
            progress,
            format!("server {} listens", first.plan.server.clone().unwrap_or_default()),
        );
        let client = Client::from_context(&context)?;
        let with_agents = self.machines.iter().filter(|machine| machine.plan.agent);
        let count = |machine: &Arc<Machine>| machine.plan.hollow.max(1);
        let token = join_token(&client, with_agents.clone().map(count).sum()).await?;
        for machine in with_agents {
            machine.start_agent(first.plan.address, Some(&token)).await?;
        }
        self.all_active(&client, progress).await
    }

    async fn all_active(&self, client: &Client, progress: &Progress) -> anyhow::Result<()> {
        let hollow: u32 = self.machines.iter().map(|machine| machine.plan.hollow).sum();
        let deadline = Instant::now() + JOIN_LIMIT + JOIN_EACH * hollow;
        let names = (1..=hollow).map(|n| format!("{HOLLOW_PREFIX}{n}"));
        let mut waiting: Vec<String> = self
            .hosts()
            .map(|host| host.plan.name.clone())
            .chain(names)
            .collect();
        while !waiting.is_empty() {
            let hosts: Vec<HostView> = client.all(&client.env("/hosts")).await?;
            let active: BTreeSet<&str> = hosts
                .iter()
                .filter(|host| host.state == HostState::Active)
                .map(|host| host.name.as_str())
                .collect();
            let joined: Vec<String> = waiting
                .extract_if(.., |name| active.contains(name.as_str()))
                .collect();
            for name in joined.iter().filter(|name| !name.starts_with(HOLLOW_PREFIX)) {
                say(progress, format!("{name} is active"));
            }
            if hollow > 0 && !joined.is_empty() {
                let left = waiting.len();
                say(
                    progress,
                    format!("{} hosts are active, {left} join", active.len()),
                );
            }
            anyhow::ensure!(
                Instant::now() < deadline,
                "{} did not become active in time; their agent.log says why",
                waiting.join(", ")
            );
            tokio::time::sleep(if hollow > 0 {
                LOOK_AGAIN_AT_MANY
            } else {
                LOOK_AGAIN
            })
            .await;
        }
        Ok(())
    }
}

/// This binary as it is now: another build in its place does not change a lab that stands.
fn own_copy(dir: &Path) -> anyhow::Result<PathBuf> {
    let copy = dir.join("bin/muster");
    let made = std::env::current_exe().and_then(|own| {
        std::fs::create_dir_all(dir.join("bin"))?;
        std::fs::copy(own, &copy)
    });
    made.with_context(|| format!("could not copy this binary to {}", copy.display()))?;
    Ok(copy)
}

async fn machines(
    lab: &Lab,
    planned: &[Planned],
    binary: &Path,
    spec: &UpSpec,
    switch: &Switch,
    progress: &Progress,
) -> anyhow::Result<Vec<Arc<Machine>>> {
    let engine = EngineOptions::read(&spec.engine_options)?;
    let neighbours: Vec<_> = planned
        .iter()
        .map(|other| (other.name.clone(), other.address))
        .collect();
    let one = |plan: Planned| {
        let options = HostOptions {
            hostname: Some(plan.name.clone()),
            neighbours: neighbours.clone(),
            engine: engine.clone(),
            without_engine: !plan.is_host,
        };
        async move {
            let host = lab.host_with(&plan.name, options).await?;
            switch.plug(&host, plan.address, PREFIX)?;
            say(progress, format!("{} is up at {}", plan.name, plan.address));
            let machine = Machine::new(plan, host, binary.to_owned());
            machine.start_ssh(lab.dir()).await?;
            anyhow::Ok(Arc::new(machine))
        }
    };
    let made = stream::iter(planned.to_vec()).map(one).buffered(AT_ONCE);
    made.try_collect().await
}

/// Makes the first account, and files with which the command line reaches the server from the machine and from hosts.
async fn log_in(server: &Arc<Machine>, greeting: Greeting, dir: &Path) -> anyhow::Result<Context> {
    let url = format!("http://{}", door::open(Arc::clone(server)).await?);
    let token = greeting
        .setup_token
        .context("the new server has an account already")?;
    let context = first_account::make(&url, token, "muster lab").await?;
    context.save_to(&dir.join(CONTEXT))?;
    let inside = Context {
        server: format!("https://{}:{SERVER_PORT}", server.plan.address),
        ca_fingerprint: greeting.ca_fingerprint,
        ..context.clone()
    };
    inside.save_to(&dir.join(CONTEXT_INSIDE))?;
    Ok(context)
}

async fn join_token(client: &Client, hosts: u32) -> anyhow::Result<String> {
    let request = JoinTokenCreate {
        uses: Some(hosts),
        ttl_seconds: None,
        ..JoinTokenCreate::default()
    };
    let path = client.env("/join-tokens");
    let made: JoinTokenCreated = client.send(Method::POST, &path, &request).await?;
    Ok(made.token)
}
