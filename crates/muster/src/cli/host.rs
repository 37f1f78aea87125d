//! Hosts.

use clap::{Args, Subcommand};

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
    /// Place units on a host again
    #[command(visible_alias = "activate")]
    Uncordon {
        /// The host
        host: String,
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
        /// Although volumes lie on it: their data is lost to the platform
        #[arg(long)]
        discard_data: bool,
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
    #[arg(long, default_value = "1h", value_name = "TIME", value_parser = super::span::seconds)]
    pub ttl: u64,
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
