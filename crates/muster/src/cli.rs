//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use muster_model::Name;

use crate::print::Output;

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
    Agent(AgentArgs),
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
    /// A tiny web server that says who it is, for trying things out
    Whoami(WhoamiArgs),
    /// Write a completion script for a shell
    Completion {
        /// The shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub struct DevArgs {
    /// Where all state is kept
    #[arg(
        long,
        env = "MUSTER_DATA",
        value_name = "DIR",
        default_value = "/var/lib/muster"
    )]
    pub data: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: std::net::SocketAddr,
    /// The container engine's socket
    #[arg(
        long,
        env = "MUSTER_ENGINE",
        value_name = "PATH",
        default_value = "/var/run/docker.sock"
    )]
    pub engine: PathBuf,
    /// Address range of the environment's network, if 10.42.0.0/16 is in use here
    #[arg(long, value_name = "RANGE")]
    pub subnet: Option<muster_model::net::Subnet>,
}

#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Where all state is kept
    #[arg(
        long,
        env = "MUSTER_DATA",
        value_name = "DIR",
        default_value = "/var/lib/muster"
    )]
    pub data: PathBuf,
    /// Address to listen on; TLS and plain HTTP (from this machine) share the port
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    pub listen: std::net::SocketAddr,
    /// Further names or addresses under which the server is reached, for its certificate
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<String>,
    /// Balancers that may end TLS and say so in X-Forwarded-*: an address or a range
    #[arg(long = "trusted-proxy", value_name = "RANGE")]
    pub trusted_proxies: Vec<muster_server::config::IpRange>,
    /// Address range of the default environment's network; only read at the first start
    #[arg(long, value_name = "RANGE")]
    pub subnet: Option<muster_model::net::Subnet>,
}

#[derive(Debug, Args)]
pub struct AgentArgs {
    /// Server to join or rejoin
    #[arg(long = "to", env = "MUSTER_SERVER", value_name = "URL")]
    pub servers: Vec<String>,
    /// Token from `muster host token`, needed once
    #[arg(long, env = "MUSTER_JOIN_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Name of this host; its host name unless given
    #[arg(long, value_name = "NAME")]
    pub name: Option<Name>,
    /// Where the notebook and the key are kept
    #[arg(
        long,
        env = "MUSTER_AGENT_DATA",
        value_name = "DIR",
        default_value = "/var/lib/muster-agent"
    )]
    pub data: PathBuf,
    /// The container engine's socket
    #[arg(
        long,
        env = "MUSTER_ENGINE",
        value_name = "PATH",
        default_value = "/var/run/docker.sock"
    )]
    pub engine: PathBuf,
}

#[derive(Debug, Args)]
pub struct LoginArgs {
    /// The server, such as https://muster.example.com:8080
    pub url: String,
    /// Account name
    #[arg(long, short = 'u', value_name = "NAME")]
    pub user: Option<Name>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Make the first account, with the one-time token that the server printed
    #[arg(long, value_name = "TOKEN")]
    pub setup: Option<String>,
    /// Remember this API key instead of logging in
    #[arg(long, value_name = "KEY", conflicts_with_all = ["user", "setup", "password_stdin"])]
    pub key: Option<String>,
    /// SHA-256 fingerprint of the platform's CA, as the server prints it; asked for otherwise
    #[arg(long, value_name = "HEX")]
    pub ca_fingerprint: Option<String>,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Compose files, or directories to look through
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Show notes too
    #[arg(long, short = 'v')]
    pub verbose: bool,
}

/// A project to print, or the environment's configs.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct ConfigArgs {
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(subcommand)]
    pub command: Option<BlobCommand>,
}

#[derive(Debug, Subcommand)]
pub enum StackCommand {
    /// Show what deploying would change, and change nothing
    Plan(UpArgs),
    /// Deploy a stack and wait until it runs
    Up(UpArgs),
    /// List stacks
    Ls,
    /// Show one stack and its services
    Show {
        /// The stack
        stack: String,
    },
    /// List a stack's revisions
    History {
        /// The stack
        stack: String,
    },
    /// Go back to an earlier revision and wait until it runs
    Rollback(RollbackArgs),
    /// Remove a stack
    Rm(RmArgs),
}

/// A stack and the files that describe it.
#[derive(Debug, Clone, Args)]
pub struct UpArgs {
    /// The stack's name
    pub stack: Name,
    #[command(flatten)]
    pub project: ProjectArgs,
    #[command(flatten)]
    pub wait: WaitArgs,
}

/// Which files make a project.
#[derive(Debug, Clone, Args)]
pub struct ProjectArgs {
    /// Compose file; several are merged in order. Without it COMPOSE_FILE counts, also in `.env`, then compose.yaml or
    /// docker-compose.yml here, with its override
    #[arg(long = "file", short = 'f', value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// File with variables, instead of COMPOSE_ENV_FILES or `.env` beside the first compose file
    #[arg(long, value_name = "FILE")]
    pub env_file: Vec<PathBuf>,
    /// Profile to switch on, beside those of COMPOSE_PROFILES
    #[arg(long = "profile", value_name = "NAME")]
    pub profiles: Vec<String>,
    /// Read files outside the project's directory too, where the compose files name them
    #[arg(long)]
    pub allow_outside: bool,
}

/// How a change is confirmed and waited for.
#[derive(Debug, Clone, Args)]
pub struct WaitArgs {
    /// Go ahead without asking
    #[arg(long, short = 'y')]
    pub yes: bool,
    /// Do not wait until it runs
    #[arg(long, short = 'd')]
    pub detach: bool,
    /// Give up waiting after this many seconds; the platform goes on
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub timeout: u64,
}

#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// The stack
    pub stack: Name,
    /// The revision to go back to; the one before the current one unless given
    #[arg(long, value_name = "NUMBER")]
    pub to: Option<u64>,
    #[command(flatten)]
    pub wait: WaitArgs,
}

#[derive(Debug, Args)]
pub struct RmArgs {
    /// The stack
    pub stack: Name,
    /// Its volumes too, with their data
    #[arg(long)]
    pub volumes: bool,
    #[command(flatten)]
    pub wait: WaitArgs,
}

#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// List services
    Ls {
        /// Of this stack only
        stack: Option<String>,
    },
    /// Show one service, its units, and why it is as it is
    Show {
        /// STACK/SERVICE
        service: String,
    },
    /// Set how many units a service has
    Scale {
        /// STACK/SERVICE=COUNT
        service: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Make all units of a service anew, in batches
    Restart {
        /// STACK/SERVICE
        service: String,
        #[command(flatten)]
        wait: WaitArgs,
    },
    /// Hold a rollout
    Pause {
        /// STACK/SERVICE
        service: String,
    },
    /// Let a held rollout go on
    Resume {
        /// STACK/SERVICE
        service: String,
    },
}

#[derive(Debug, Args)]
pub struct PsArgs {
    /// Of this stack, or STACK/SERVICE, only
    pub of: Option<String>,
    /// On this host only
    #[arg(long, value_name = "HOST")]
    pub host: Option<String>,
}

#[derive(Debug, Args)]
pub struct LogsArgs {
    /// STACK, STACK/SERVICE, STACK/SERVICE-NUMBER or a unit's id
    pub of: String,
    /// Go on as more is written
    #[arg(long, short = 'f')]
    pub follow: bool,
    /// Lines from the end of each container
    #[arg(long, short = 'n', value_name = "LINES")]
    pub tail: Option<u64>,
    /// Not before: seconds, or 10m, 2h, 1d ago
    #[arg(long, value_name = "AGE")]
    pub since: Option<String>,
    /// Only lines that contain this
    #[arg(long, short = 's', value_name = "TEXT")]
    pub search: Option<String>,
    /// With the time of each line
    #[arg(long, short = 't')]
    pub timestamps: bool,
}

#[derive(Debug, Args)]
pub struct ExecArgs {
    /// STACK/SERVICE, STACK/SERVICE-NUMBER or a unit's id
    pub unit: String,
    /// Keep standard input open
    #[arg(long, short = 'i')]
    pub interactive: bool,
    /// With a terminal
    #[arg(long, short = 't')]
    pub tty: bool,
    /// In this sidekick instead of the primary container
    #[arg(long, value_name = "NAME")]
    pub sidekick: Option<Name>,
    /// As this user
    #[arg(long, short = 'u', value_name = "USER")]
    pub user: Option<String>,
    /// In this directory
    #[arg(long, short = 'w', value_name = "DIR")]
    pub workdir: Option<String>,
    /// With this variable, KEY=value
    #[arg(long = "env", value_name = "KEY=VALUE")]
    pub env: Vec<String>,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    pub command: Vec<String>,
}

#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Go on from this revision instead of from now
    #[arg(long, value_name = "REVISION")]
    pub from: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub enum HostCommand {
    /// List hosts
    Ls,
    /// Show one host
    Show {
        /// The host
        host: String,
    },
    /// Place nothing new on a host; what runs there goes on
    Cordon {
        /// The host
        host: String,
    },
    /// Place units on a host again
    Uncordon {
        /// The host
        host: String,
    },
    /// A host leaves the platform; its units are placed elsewhere
    Rm {
        /// The host
        host: String,
        /// Although volumes lie on it: their data is lost to the platform
        #[arg(long)]
        discard_data: bool,
    },
    /// Make a token with which machines join, and print the command to run there
    Token {
        /// How many machines may use it
        #[arg(long, default_value_t = 1)]
        uses: u32,
        /// Valid this long, seconds
        #[arg(long, default_value_t = 3600)]
        ttl: u64,
    },
}

#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Load images from a tar, as `docker save` writes it, into the engines
    Load {
        /// The tar; `-` is standard input
        file: PathBuf,
        /// Into this host's engine only
        #[arg(long, value_name = "HOST")]
        host: Option<String>,
    },
    /// List the images that the engines have
    Ls {
        /// Of this host's engine only
        #[arg(long, value_name = "HOST")]
        host: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum VolumeCommand {
    /// List volumes
    Ls,
    /// Make a volume for stacks to name as external
    Create {
        /// Its name
        name: Name,
        /// The engine's volume driver
        #[arg(long, default_value = "local")]
        driver: String,
        /// Option of the driver, KEY=value
        #[arg(long = "opt", value_name = "KEY=VALUE")]
        options: Vec<String>,
    },
    /// Remove a volume with its data
    Rm {
        /// Its name
        name: String,
        /// Go ahead without asking
        #[arg(long, short = 'y')]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum BlobCommand {
    /// List names
    Ls,
    /// Set the content from a file; `-` is standard input
    #[command(alias = "create")]
    Set {
        /// Its name
        name: Name,
        /// The file
        file: PathBuf,
    },
    /// Remove it
    Rm {
        /// Its name
        name: Name,
    },
}

#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// List registries
    Ls,
    /// Remember a login; the password is read from standard input
    Set {
        /// Host and port, such as registry.example.com:5000
        registry: String,
        /// User name
        #[arg(long, short = 'u')]
        user: String,
    },
    /// Forget a login
    Rm {
        /// Host and port
        registry: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum EnvironmentCommand {
    /// List environments
    Ls,
    /// Make an environment
    Create {
        /// Its name
        name: Name,
        /// Its address range
        #[arg(long, value_name = "RANGE")]
        subnet: Option<muster_model::net::Subnet>,
    },
}

#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// List your API keys
    Ls,
    /// Make an API key; it is shown once
    Create {
        /// What it is for
        note: String,
        /// Valid this many days
        #[arg(long)]
        days: Option<u32>,
    },
    /// Remove an API key
    Rm {
        /// Its id
        key: String,
    },
}

#[derive(Debug, Args)]
pub struct WhoamiArgs {
    /// Port to listen on
    #[arg(long, default_value_t = 80)]
    pub port: u16,
    /// Ask the server on this port of this machine instead, and end 0 if it answers 200
    #[arg(long, value_name = "PORT")]
    pub probe: Option<u16>,
    /// Write this binary as the image muster/whoami to standard output, for `muster image load -`
    #[arg(long)]
    pub image: bool,
}
