//! Who may do what, and where.

use std::time::Duration;

use clap::{Args, Subcommand};
use muster_model::Name;

use super::time::duration;

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
    /// Remove an environment in which nothing is left
    Rm {
        /// Its name
        name: Name,
        /// Do not ask
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Say how soon an environment's hosts count as lost; what is not given becomes as usual
    Set {
        /// The environment
        name: Name,
        /// Silence after which nothing new is placed on a host, such as 6s
        #[arg(long, value_name = "TIME", value_parser = duration)]
        suspect_after: Option<Duration>,
        /// Silence after which a host's units are made elsewhere, such as 20s
        #[arg(long, value_name = "TIME", value_parser = duration)]
        lost_after: Option<Duration>,
        /// Within what time a host that nobody hears ends what may run only once, such as 30s
        #[arg(long, value_name = "TIME", value_parser = duration)]
        lease: Option<Duration>,
    },
    /// Give up the hosts that are silent now, although most fell silent together
    ReleaseBrake {
        /// The environment
        name: Name,
        /// Go ahead without asking
        #[arg(long, short = 'y')]
        yes: bool,
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
