//! Stacks and how a change is waited for.

use clap::{Args, Subcommand};
use muster_model::Name;

use super::ProjectArgs;

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
