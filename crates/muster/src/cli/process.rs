//! What runs for long: server, agent, both in one.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct DevArgs {
    /// Where all state is kept
    #[arg(
        long,
        env = "MUSTER_DATA",
        value_name = "DIR",
        default_value = "/var/lib/muster"
    )]
    pub data: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: std::net::SocketAddr,
    /// The container engine's socket
    #[arg(
        long,
        env = "MUSTER_ENGINE",
        value_name = "PATH",
        default_value = "/var/run/docker.sock"
    )]
    pub engine: PathBuf,
    /// Address range of the environment's network, if 10.42.0.0/16 is in use here
    #[arg(long, value_name = "RANGE")]
    pub subnet: Option<muster_model::net::Subnet>,
}

#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Where all state is kept
    #[arg(
        long,
        env = "MUSTER_DATA",
        value_name = "DIR",
        default_value = "/var/lib/muster"
    )]
    pub data: PathBuf,
    /// Address to listen on; TLS and plain HTTP (from this machine) share the port
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0:8080")]
    pub listen: std::net::SocketAddr,
    /// Further names or addresses under which the server is reached, for its certificate
    #[arg(long = "name", value_name = "NAME")]
    pub names: Vec<String>,
    /// Balancers that may end TLS and say so in X-Forwarded-*: an address or a range
    #[arg(long = "trusted-proxy", value_name = "RANGE")]
    pub trusted_proxies: Vec<muster_server::config::IpRange>,
    /// Address range of the default environment's network; only read at the first start
    #[arg(long, value_name = "RANGE")]
    pub subnet: Option<muster_model::net::Subnet>,
}

#[derive(Debug, Args)]
pub struct HollowArgs {
    /// Server to join
    #[arg(long = "to", env = "MUSTER_SERVER", value_name = "URL")]
    pub servers: Vec<String>,
    /// Token from `muster host token` that as many may use
    #[arg(long, env = "MUSTER_JOIN_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// How many
    #[arg(long, default_value_t = 10)]
    pub count: u32,
    /// Their names are this and a number from 1
    #[arg(long, value_name = "TEXT", default_value = "hollow-")]
    pub prefix: String,
    /// Where their notebooks and keys are kept
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
}

#[derive(Debug, Args)]
pub struct WhoamiArgs {
    /// Port to listen on
    #[arg(long, default_value_t = 80)]
    pub port: u16,
    /// Ask the server on this port of this machine instead, and end 0 if it answers 200
    #[arg(long, value_name = "PORT")]
    pub probe: Option<u16>,
    /// Write this binary as the image muster/whoami to standard output, for `muster image load -`
    #[arg(long)]
    pub image: bool,
}
