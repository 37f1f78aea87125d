//! Services, their units, and what they say.

use clap::{Args, Subcommand};
use muster_model::Name;

use super::WaitArgs;

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
