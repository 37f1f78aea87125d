//! What a server is told at its start. Only the binary knows flags, files and environment variables.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use muster_model::net::Subnet;
use muster_trust::AGENT_CERTIFICATE_LIFE;

/// The platform's port, for people, agents and machines alike.
pub const PORT: u16 = 8080;

/// Far above a thousand hosts with two links each, and below the usual limit of open files of a service.
const CONNECTIONS_MAX: usize = 8_000;

/// All that can be set on a server.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where the store, the keys and the CA lie; made with mode 0700 if it is missing. One server per directory.
    pub data_dir: PathBuf,
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Names and addresses under which the server is reached, for its certificate. `localhost` and loopback need not be named.
    pub names: Vec<String>,
    /// Balancers before the server that end TLS and say so in `X-Forwarded-*`.
    pub trusted_proxies: Vec<IpRange>,
    /// The range of the first environment's managed network, used at the first start only; none is the usual one.
    pub subnet: Option<Subnet>,
    /// Connections open at one time; more wait.
    pub connections_max: usize,
    /// How long agents' certificates last; agents renew them in their last third.
    pub agent_certificate_life: Duration,
}

impl ServerConfig {
    /// A server on all addresses, for a machine of its own.
    pub fn new(data_dir: PathBuf) -> Self {
        let listen = SocketAddr::from(([0, 0, 0, 0], PORT));
        Self {
            data_dir,
            listen,
            names: Vec::new(),
            trusted_proxies: Vec::new(),
            subnet: None,
            connections_max: CONNECTIONS_MAX,
            agent_certificate_life: AGENT_CERTIFICATE_LIFE,
        }
    }

    /// A server for this machine alone, as `muster dev` runs it.
    pub fn local(data_dir: PathBuf) -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], PORT));
        Self {
            listen,
            ..Self::new(data_dir)
        }
    }

    /// Whether `address` is one of the trusted balancers.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted_proxies.iter().any(|range| range.contains(address))
    }
}

/// An address, or a range of them such as `10.0.0.0/8` or `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IpRange {
    base: IpAddr,
    prefix: u32,
}

/// The text is no address and no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address range; write one like `10.0.0.7` or `10.0.0.0/8`")]
pub struct IpRangeError(String);

impl IpRange {
    /// Whether `address` lies inside. An IPv4 address in IPv6 clothes counts as what it is.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(ip)) => {
                let shift = 32 - self.prefix;
                u32::from(base).checked_shr(shift) == u32::from(ip).checked_shr(shift)
            }
            (IpAddr::V6(base), IpAddr::V6(ip)) => {
                let shift = 128 - self.prefix;
                u128::from(base).checked_shr(shift) == u128::from(ip).checked_shr(shift)
            }
            _ => false,
        }
    }
}

impl FromStr for IpRange {
    type Err = IpRangeError;

    fn from_str(text: &str) -> Result<Self, IpRangeError> {
        let parse = || {
            let (base, prefix) = text
                .split_once('/')
                .map_or((text, None), |(base, prefix)| (base, Some(prefix)));
            let base = base.parse::<IpAddr>().ok()?.to_canonical();
            let bits = if base.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Some(bits), |prefix| prefix.parse().ok())?;
            (prefix <= bits).then_some(Self { base, prefix })
        };
        parse().ok_or_else(|| IpRangeError(text.chars().take(60).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_hold_what_lies_inside() {
        let has = |range: &str, ip: &str| range.parse::<IpRange>().unwrap().contains(ip.parse().unwrap());
        assert!(has("10.0.0.0/8", "10.200.3.4"));
        assert!(!has("10.0.0.0/8", "11.0.0.1"));
        assert!(has("10.0.0.7", "::ffff:10.0.0.7"));
        assert!(!has("10.0.0.7", "10.0.0.8"));
        assert!(has("0.0.0.0/0", "203.0.113.9") && !has("0.0.0.0/0", "::1"));
        assert!(has("fd00::/8", "fd12::1") && !has("fd00::/8", "fe80::1"));
        for bad in ["", "10.0.0.0/33", "10.0.0/8", "x", "10.0.0.0/-1"] {
            assert!(bad.parse::<IpRange>().is_err(), "{bad}");
        }
    }
}
