//! `muster server`: a server, until it is told to stop.

use std::process::ExitCode;

use anyhow::Context as _;
use muster_server::{Server, ServerConfig};
use muster_trust::{Fingerprint, read_certificates};

use super::running;
use crate::cli::ServerArgs;
use crate::print;

/// Parses, binds, says where and how to come in, serves.
pub async fn run(args: ServerArgs) -> anyhow::Result<ExitCode> {
    running::log();
    let mut config = ServerConfig::new(args.data);
    config.listen = args.listen;
    config.names = args.names;
    config.trusted_proxies = args.trusted_proxies;
    config.subnet = args.subnet;
    let server = muster_server::build(config)
        .await
        .context("the server did not start")?;
    greet(&server)?;
    server.run(running::told_to_stop()?).await?;
    Ok(ExitCode::SUCCESS)
}

fn greet(server: &Server) -> anyhow::Result<()> {
    let fingerprint = fingerprint(server)?;
    print::data(&format!("CA fingerprint: {fingerprint}\n"))?;
    if let Some(token) = server.setup_token() {
        print::data(&format!("Setup token: {token}\n"))?;
        let port = server.address().port();
        print::say(format!(
            "Make the first account: muster login https://THIS-MACHINE:{port} --setup {token} --ca-fingerprint {fingerprint}"
        ));
    }
    print::data(&format!("Listening on {}\n", server.address()))
}

/// What clients pin.
pub fn fingerprint(server: &Server) -> anyhow::Result<Fingerprint> {
    let certificates = read_certificates(server.ca_pem()).context("the platform's CA cannot be read")?;
    certificates
        .first()
        .map(Fingerprint::of)
        .context("the platform has no CA")
}
