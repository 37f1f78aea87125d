//! This machine as a host.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use muster_model::Name;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct AgentArgs {
    #[command(subcommand)]
    pub command: Option<AgentCommand>,
    #[command(flatten)]
    pub run: AgentRunArgs,
}

#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Make this machine a host for good: join, and start the agent now and at every boot; again, it repairs
    Install(InstallArgs),
    /// Stop the agent and start it no more; containers go on
    Uninstall(UninstallArgs),
    /// Say how this machine's agent is
    Status(AgentDataArgs),
    /// Check whether this machine is fit to be a host
    Check(AgentRunArgs),
    /// Keep an agent running, where systemd does not
    Supervise(SuperviseArgs),
    /// End exclusive units when this host's lease is over; the agent starts it
    #[command(hide = true)]
    Watchdog {
        /// The agent's run directory
        directory: PathBuf,
    },
}

/// Where an agent keeps what it knows.
#[derive(Debug, Args)]
pub struct AgentDataArgs {
    /// Where the notebook and the key are kept
    #[arg(
        long,
        env = "MUSTER_AGENT_DATA",
        value_name = "DIR",
        default_value = "/var/lib/muster-agent"
    )]
    pub data: PathBuf,
}

#[derive(Debug, Args)]
pub struct AgentRunArgs {
    /// Server to join or rejoin; those of `muster agent install` unless given
    #[arg(long = "to", env = "MUSTER_SERVER", value_name = "URL")]
    pub servers: Vec<String>,
    /// Token from `muster host token create`, needed once
    #[arg(long, env = "MUSTER_JOIN_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Name of this host; its host name unless given
    #[arg(long, value_name = "NAME")]
    pub name: Option<Name>,
    #[command(flatten)]
    pub place: AgentDataArgs,
    /// The container engine's socket; /var/run/docker.sock unless given
    #[arg(long, env = "MUSTER_ENGINE", value_name = "PATH")]
    pub engine: Option<PathBuf>,
    /// Address under which other hosts reach this one; that of its way to the server unless given
    #[arg(long, env = "CATTLE_AGENT_IP", value_name = "ADDRESS")]
    pub address: Option<IpAddr>,
    /// Where a server's name leads, if no name server knows it
    #[arg(long = "add-host", value_name = "NAME=ADDRESS")]
    pub add_hosts: Vec<String>,
    /// Label that this host has when it joins
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
    /// The same as `a=b&c=d`
    #[arg(long, env = "CATTLE_HOST_LABELS", hide = true)]
    pub host_labels: Option<String>,
}

#[derive(Debug, Args)]
pub struct InstallArgs {
    #[command(flatten)]
    pub run: AgentRunArgs,
    /// Read the token from standard input, so that no list of processes shows it
    #[arg(long, conflicts_with = "token")]
    pub token_stdin: bool,
    /// Join although a check says that the host would be of little use
    #[arg(long)]
    pub ignore_checks: bool,
}

#[derive(Debug, Args)]
pub struct UninstallArgs {
    #[command(flatten)]
    pub place: AgentDataArgs,
    /// Forget too which host this machine was; it can join again only with a new token
    #[arg(long)]
    pub forget: bool,
}

#[derive(Debug, Args)]
pub struct SuperviseArgs {
    #[command(flatten)]
    pub place: AgentDataArgs,
    /// Leave it running and return
    #[arg(long)]
    pub background: bool,
    /// End one that runs, and its agent; containers go on
    #[arg(long, conflicts_with = "background")]
    pub stop: bool,
}
