//! Hosts.

use clap::Subcommand;

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
