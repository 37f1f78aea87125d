//! What can be typed.

mod access;
mod agent;
mod host;
mod lab;
mod objects;
mod process;
mod project;
mod service;
mod stack;
mod time;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::print::Output;

pub use access::{EnvironmentCommand, KeyCommand, LoginArgs};
pub use agent::{AgentArgs, AgentCommand, AgentRunArgs, InstallArgs, SuperviseArgs, UninstallArgs};
pub use host::{HostCommand, TokenCommand, TokenCreateArgs};
pub use lab::{CHOSEN, LabArgs, LabCommand, LabUpArgs};
pub use objects::{BlobCommand, ImageCommand, RegistryCommand, VolumeCommand};
pub use process::{DevArgs, HollowArgs, ServerArgs, WhoamiArgs};
pub use project::{CheckArgs, ConfigArgs, ProjectArgs};
pub use service::{EventsArgs, ExecArgs, LogsArgs, PsArgs, ServiceCommand};
pub use stack::{RmArgs, RollbackArgs, StackCommand, UpArgs, WaitArgs};

/// Muster keeps compose stacks running on one to a thousand machines.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    infer_subcommands = true,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command that asks a server takes.
#[derive(Debug, Args)]
pub struct Global {
    /// Server to ask, such as https://muster.example.com:8080
    #[arg(long, global = true, env = "MUSTER_SERVER", value_name = "URL")]
    pub server: Option<String>,
    /// API key, instead of the one from `muster login`
    #[arg(
        long,
        global = true,
        env = "MUSTER_TOKEN",
        hide_env_values = true,
        value_name = "KEY"
    )]
    pub token: Option<String>,
    /// Environment to work in
    #[arg(
        long,
        short = 'e',
        global = true,
        env = "MUSTER_ENVIRONMENT",
        value_name = "NAME"
    )]
    pub environment: Option<String>,
    /// How listings are written
    #[arg(long, short = 'o', global = true, value_enum, default_value = "table")]
    pub output: Output,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run server and agent on this machine, for one machine
    Dev(DevArgs),
    /// Run a server
    Server(ServerArgs),
    /// Run an agent: this machine becomes a host
    Agent(Box<AgentArgs>),
    /// Run many agents over engines in memory, for tests of size
    #[command(hide = true)]
    Hollow(HollowArgs),
    /// Log in at a server and remember it
    Login(LoginArgs),
    /// Read compose files and say what is wrong with them, offline
    Check(CheckArgs),
    /// Print compose files of any age, or a pair with rancher-compose.yml, in today's format
    Convert {
        /// The compose file
        file: PathBuf,
    },
    /// Print a JSON Schema of compose files, for editors
    Schema,
    /// Deploy and look at stacks
    #[command(subcommand)]
    Stack(StackCommand),
    /// Look at services, scale and restart them
    #[command(subcommand)]
    Service(ServiceCommand),
    /// List units: the copies of services and where they run
    Ps(PsArgs),
    /// Show what a stack's containers used in the last hour
    Stats {
        /// STACK or STACK/SERVICE
        of: String,
    },
    /// Say why a service is as it is, what is done about it, and what you can do
    Why {
        /// STACK/SERVICE
        service: String,
    },
    /// Say whether a host would take a unit of a service, and if not, every reason
    WhyNot {
        /// STACK/SERVICE
        service: String,
        /// The host
        host: String,
    },
    /// Show the output of a stack, a service or a unit
    Logs(LogsArgs),
    /// Run a program in a unit's container
    Exec(ExecArgs),
    /// Show what happens, as it happens
    Events(EventsArgs),
    /// Look at hosts
    #[command(subcommand)]
    Host(HostCommand),
    /// Bring images in where no registry is
    #[command(subcommand)]
    Image(ImageCommand),
    /// Volumes
    #[command(subcommand)]
    Volume(VolumeCommand),
    /// Secrets: written, never shown
    #[command(subcommand)]
    Secret(BlobCommand),
    /// Print a project's files as one, merged and filled in; with a command: configs, files for containers
    Config(ConfigArgs),
    /// Logins at image registries
    #[command(subcommand)]
    Registry(RegistryCommand),
    /// Environments: the tenants
    #[command(subcommand)]
    Environment(EnvironmentCommand),
    /// API keys
    #[command(subcommand)]
    Key(KeyCommand),
    /// Real hosts on this machine, to try things out and pull plugs
    Lab(LabArgs),
    /// A tiny web server that says who it is, for trying things out
    Whoami(WhoamiArgs),
    /// Write a completion script for a shell
    Completion {
        /// The shell
        shell: Shell,
    },
}
