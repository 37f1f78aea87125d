//! Files that describe a project, read and printed offline.

use std::path::PathBuf;

use clap::Args;

use super::BlobCommand;

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
