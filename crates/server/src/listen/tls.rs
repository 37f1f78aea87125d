//! The server's certificate, and both TLS configurations that show it.

use std::sync::Arc;

use muster_model::{ServerId, WallTime};
use muster_trust::tls::{api_server_config, link_server_config};
use muster_trust::{
    Ca, Error, OsRandom, ServerKey, ServerNames, Validity, certificate_validity, read_certificates,
};
use rustls::ServerConfig;

/// Made anew at every start and before it runs out, over the same key.
pub(crate) struct ServerTls {
    /// For the port.
    pub(crate) api: Arc<ServerConfig>,
    /// For the server's end of the links.
    pub(crate) link: Arc<ServerConfig>,
    /// From when to when the certificate holds.
    pub(crate) validity: Validity,
}

impl ServerTls {
    pub(crate) fn issue(
        ca: &Ca,
        server: ServerId,
        names: &ServerNames,
        key: &ServerKey,
        now: WallTime,
    ) -> Result<Self, Error> {
        let own = ca.issue_server_over(key, &server.to_string(), names, now, &mut OsRandom)?;
        let certificate = read_certificates(&own.chain_pem)?.swap_remove(0);
        Ok(Self {
            api: api_server_config(&own)?,
            link: link_server_config(ca.certificate(), &own)?,
            validity: certificate_validity(&certificate)?,
        })
    }
}
