//! Hosts.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::time::duration;

#[derive(Debug, Subcommand)]
pub enum HostCommand {
    /// List hosts
    Ls,
    /// Show one host
    Show {
        /// The host
        host: String,
    },
    /// Show what a host used in the last hour
    Stats {
        /// The host
        host: String,
    },
    /// Place nothing new on a host; what runs there goes on
    #[command(visible_alias = "deactivate")]
    Cordon {
        /// The host
        host: String,
    },
    /// Place units on a host again; this also ends its evacuation
    #[command(visible_alias = "activate")]
    Uncordon {
        /// The host
        host: String,
    },
    /// Have all that may move leave a host: each unit gets its replacement before it ends; exclusive ones end first
    ///
    /// Ends with 0 when all that may move has left, with 1 when units stay that cannot, with 2 when the deadline has passed.
    /// After a deadline the host stays as it is, cordoned and being evacuated; nothing is ended by force.
    Evacuate {
        /// The host
        host: String,
        /// Stop waiting after so long, such as 90s, 10m or 2h; without it, wait until it is done
        #[arg(long, value_name = "TIME", value_parser = duration)]
        deadline: Option<Duration>,
        /// Do not wait until it is done
        #[arg(long, short = 'd')]
        detach: bool,
    },
    /// Set and remove a host's labels, which scheduling rules speak of
    Label {
        /// The host
        host: String,
        /// `key=value` sets one, `key-` removes it
        #[arg(required = true, value_name = "KEY=VALUE|KEY-")]
        changes: Vec<String>,
    },
    /// A host leaves the platform; its units are placed elsewhere
    Rm {
        /// The host
        host: String,
        /// Although volumes lie on it: their data is lost to the platform; its name has to be typed
        #[arg(long)]
        discard_data: bool,
        /// Go ahead without asking
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Say that a silent host is dead: what it ran moves at once, also what may run only once
    ///
    /// Without this the platform waits until such a unit has surely ended there. Its name has to be typed.
    ConfirmDead {
        /// The host
        host: String,
        /// Go ahead without asking
        #[arg(long, short = 'y')]
        yes: bool,
    },
    /// Tokens with which machines join; without a word more it makes one
    #[command(args_conflicts_with_subcommands = true)]
    Token {
        #[command(subcommand)]
        command: Option<TokenCommand>,
        #[command(flatten)]
        create: TokenCreateArgs,
    },
}

#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token and print the command to paste on each machine that is to join
    Create(TokenCreateArgs),
    /// List tokens; their texts are shown once only, when they are made
    Ls,
    /// Take a token back; hosts that joined with it stay
    Rm {
        /// Its id
        id: String,
    },
}

#[derive(Debug, Args)]
pub struct TokenCreateArgs {
    /// How many machines may use it
    #[arg(long, default_value_t = 1)]
    pub uses: u32,
    /// Valid this long: `10m`, `1h`, `7d`; a number alone is seconds
    #[arg(long, default_value = "1h", value_name = "TIME", value_parser = duration)]
    pub ttl: Duration,
    /// Label that hosts get with it
    #[arg(long = "label", value_name = "KEY=VALUE")]
    pub labels: Vec<String>,
    /// Address under which the machines reach a server, if it is another one than yours
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Know the server by its CA rather than by its key: also good after the servers' key was replaced
    #[arg(long)]
    pub by_ca: bool,
}
