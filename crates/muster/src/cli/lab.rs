//! Labs: real hosts on this machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};

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

#[derive(Debug, Args)]
pub struct LabUpArgs {
    /// How many hosts
    #[arg(long, default_value_t = 3)]
    pub hosts: u8,
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
}
