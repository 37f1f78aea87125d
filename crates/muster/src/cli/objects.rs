//! Images, volumes, secrets, configs and registries.

use std::path::PathBuf;

use clap::Subcommand;
use muster_model::Name;

#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Load images from a tar, as `docker save` writes it, into the engines
    Load {
        /// The tar; `-` is standard input
        file: PathBuf,
        /// Into this host's engine only
        #[arg(long, value_name = "HOST")]
        host: Option<String>,
    },
    /// List the images that the engines have
    Ls {
        /// Of this host's engine only
        #[arg(long, value_name = "HOST")]
        host: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub enum VolumeCommand {
    /// List volumes
    Ls,
    /// Make a volume for stacks to name as external
    Create {
        /// Its name
        name: Name,
        /// The engine's volume driver
        #[arg(long, default_value = "local")]
        driver: String,
        /// Option of the driver, KEY=value
        #[arg(long = "opt", value_name = "KEY=VALUE")]
        options: Vec<String>,
    },
    /// Remove a volume with its data
    Rm {
        /// Its name
        name: String,
        /// Go ahead without asking
        #[arg(long, short = 'y')]
        yes: bool,
    },
}

#[derive(Debug, Subcommand)]
pub enum BlobCommand {
    /// List names
    Ls,
    /// Set the content from a file; `-` is standard input
    #[command(alias = "create")]
    Set {
        /// Its name
        name: Name,
        /// The file
        file: PathBuf,
    },
    /// Remove it
    Rm {
        /// Its name
        name: Name,
    },
}

#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// List registries
    Ls,
    /// Remember a login; the password is read from standard input
    Set {
        /// Host and port, such as registry.example.com:5000
        registry: String,
        /// User name
        #[arg(long, short = 'u')]
        user: String,
    },
    /// Forget a login
    Rm {
        /// Host and port
        registry: String,
    },
}
