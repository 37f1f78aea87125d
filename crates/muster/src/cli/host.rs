//! Hosts.

use std::time::Duration;

use clap::Subcommand;

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
