//! Labs: real hosts on this machine.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::lab::units;

#[derive(Debug, Args)]
pub struct LabArgs {
    /// Which lab
    #[arg(long, global = true, env = "MUSTER_LAB", default_value = "lab")]
    pub name: String,
    #[command(subcommand)]
    pub command: LabCommand,
}

#[derive(Debug, Subcommand)]
pub enum LabCommand {
    /// Make a lab: hosts with an engine each, a server, and agents that joined it
    Up(LabUpArgs),
    /// List labs and their machines
    Ls,
    /// Print the exports that point the command line at this lab: eval "$(muster lab env)"
    Env,
    /// Run a program in a machine; `docker` there is that host's own engine
    Exec {
        /// The machine, such as h1
        host: String,
        /// The program and its arguments, after --
        #[arg(required = true, last = true)]
        command: Vec<String>,
    },
    /// Open a shell in a machine
    Shell {
        /// The machine, such as h1
        host: String,
    },
    /// Bring an image onto every host
    Load {
        /// A file that `docker save` wrote
        file: PathBuf,
    },
    /// Cut a machine off; nobody gets a sign of it
    Cut {
        /// The machine
        host: String,
        /// Only from this one
        #[arg(long, value_name = "MACHINE")]
        from: Option<String>,
        /// Only what it sends is lost (with --from: what that one sends to it)
        #[arg(long)]
        one_way: bool,
    },
    /// End cuts and bad cables, of one machine or of all
    Heal {
        /// The machine
        host: Option<String>,
    },
    /// Lose a share of the frames of a machine, each way
    Loss {
        /// The machine
        host: String,
        /// Such as 20%
        #[arg(value_parser = units::loss)]
        share: u32,
    },
    /// Let no more bits a second pass to and from a machine, each way
    Rate {
        /// The machine
        host: String,
        /// Such as 10mbit; 0 for as many as go
        #[arg(value_parser = units::rate)]
        rate: u64,
    },
    /// Let every frame take longer, each way
    Delay {
        /// The machine
        host: String,
        /// Such as 50ms
        #[arg(value_parser = units::delay)]
        delay: Duration,
    },
    /// Stop every process of a machine: engine, agent and containers
    Freeze {
        /// The machine
        host: String,
    },
    /// Let a frozen machine go on
    Thaw {
        /// The machine
        host: String,
    },
    /// Kill the server of a machine with SIGKILL; its agent if no server runs there
    Kill {
        /// The machine or the server
        host: String,
        /// The server, also where none runs
        #[arg(long, num_args = 0, default_missing_value = CHOSEN, conflicts_with = "agent")]
        server: Option<String>,
        /// The agent
        #[arg(long)]
        agent: bool,
    },
    /// Start what should run on a machine and does not
    Start {
        /// The machine or the server
        host: String,
    },
    /// Take a machine's power: it is gone without a sign, its disk stays
    PowerOff {
        /// The machine
        host: String,
    },
    /// Boot a machine that has no power
    PowerOn {
        /// The machine
        host: String,
    },
    /// End a lab; nothing of it stays
    Down,
    /// What `up` starts
    #[command(hide = true)]
    Keep {
        /// Where errors go until the lab has a directory
        #[arg(long)]
        log: PathBuf,
    },
}

/// What `kill --server` reads as. Every command has a `--server` of that type, which says where the platform's server
/// is, and which the environment may give.
pub const CHOSEN: &str = "chosen";

#[derive(Debug, Args)]
pub struct LabUpArgs {
    /// How many hosts; 3 unless given, none with --hollow
    #[arg(long)]
    pub hosts: Option<u8>,
    /// How many hollow hosts too: real agents over engines in memory, all on one machine, for tests of size
    #[arg(long, value_name = "COUNT", default_value_t = 0, conflicts_with = "bare")]
    pub hollow: u32,
    /// How many servers
    #[arg(long, default_value_t = 1)]
    pub servers: u8,
    /// Servers run on the first hosts, not on machines of their own
    #[arg(long)]
    pub combined: bool,
    /// Hosts with engines only: no server, no agents
    #[arg(long)]
    pub bare: bool,
    /// A key of the engines' daemon.json, such as live-restore=false; may be given again
    #[arg(long = "engine-opt", value_name = "KEY=VALUE")]
    pub engine_options: Vec<String>,
    /// End the lab when the process of this number ends, such as a test's
    #[arg(long, value_name = "PID")]
    pub until_end_of: Option<u32>,
}
