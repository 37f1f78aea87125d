//! `muster dev`: server and agent in one process, for one machine.
//!
//! It does what a person would do with `muster server`, `muster login --setup` and `muster agent`, and the agent speaks over
//! the same link. Only the agent's certificate comes without a token, for whoever has the data directory has the CA: so a
//! machine that slept until its certificate ended is still the host that it was. The key that is made for the user stands
//! in the data directory, and becomes the user's unless the user works with another server.

mod first;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use anyhow::Context as _;
use muster_agent::AgentConfig;
use muster_server::{Server, ServerConfig};
use tokio::sync::watch;

use super::running;
use crate::cli::DevArgs;
use crate::context::wall_now;
use crate::print;

/// Starts both, says where, and keeps both until told to stop.
pub async fn run(args: DevArgs) -> anyhow::Result<ExitCode> {
    running::log();
    let told = running::told_to_stop()?;
    let mut config = ServerConfig::local(args.data.join("server"));
    config.listen = args.listen;
    config.subnet = args.subnet;
    let server = muster_server::build(config)
        .await
        .context("the server did not start")?;
    let url = format!("http://{}", local(server.address()));
    let setup_token = server.setup_token().map(str::to_owned);
    let config = agent_config(&args, &url, &server).await?;

    let (stop, stopped) = watch::channel(false);
    let serving = tokio::spawn(server.run(until(stopped.clone())));
    first::context(&args.data, &url, setup_token).await?;
    let keeping = tokio::spawn(muster_agent::run(config, until(stopped)));
    print::data(&format!("Listening on {url}\n"))?;

    tokio::pin!(serving, keeping);
    let ended = tokio::select! {
        () = told => Ok(()),
        ended = &mut serving => flat(ended).context("the server ended"),
        ended = &mut keeping => flat(ended).context("the agent ended"),
    };
    stop.send_replace(true);
    if ended.is_ok() {
        // Both end by themselves now; how they do is in the log.
        let _ = (serving.await, keeping.await);
    }
    ended.map(|()| ExitCode::SUCCESS)
}

fn flat<E: std::error::Error + Send + Sync + 'static>(
    ended: Result<Result<(), E>, tokio::task::JoinError>,
) -> anyhow::Result<()> {
    Ok(ended??)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // Whoever could say so being gone means the same.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// An address of this machine, also when it listens on all.
fn local(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

/// The agent's settings. If it has no certificate that holds, it gets one.
async fn agent_config(args: &DevArgs, url: &str, server: &Server) -> anyhow::Result<AgentConfig> {
    let address = url.parse().context("the server's address cannot be used")?;
    let mut config = AgentConfig::new(vec![address], args.data.join("agent"));
    config.engine_socket.clone_from(&args.engine);
    config.watchdog = super::watchdog::program();
    let membership = muster_agent::membership(&config.data_dir)?;
    if membership.is_none_or(|(_, ends)| ends <= wall_now()) {
        let former = membership.map(|(host, _)| host);
        let joined = server.local_join(&config.name, former).await?;
        muster_agent::become_member(&config.data_dir, joined)?;
    }
    Ok(config)
}
