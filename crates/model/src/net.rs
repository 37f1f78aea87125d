//! Addresses: subnets and ports.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An IPv4 range such as `10.42.0.0/16`, with no bits set after the prefix.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct Subnet {
    base: u32,
    prefix: u8,
}

/// The text is not an IPv4 range a network can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an IPv4 range; write one like `10.42.0.0/16`, with a prefix of 8 to 28")]
pub struct SubnetError(String);

impl Subnet {
    /// How many addresses lie in the range, first and last included.
    pub const fn size(self) -> u32 {
        1 << (32 - self.prefix)
    }

    /// The address at `offset` from the first, if it lies inside.
    pub fn address(self, offset: u32) -> Option<Ipv4Addr> {
        (offset < self.size()).then(|| Ipv4Addr::from(self.base + offset))
    }

    /// Where in the range `address` lies.
    pub fn offset_of(self, address: Ipv4Addr) -> Option<u32> {
        let offset = u32::from(address).checked_sub(self.base)?;
        (offset < self.size()).then_some(offset)
    }

    /// Bits of the prefix, 8 to 28.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }
}

impl FromStr for Subnet {
    type Err = SubnetError;

    fn from_str(text: &str) -> Result<Self, SubnetError> {
        let parse = || {
            let (base, prefix) = text.split_once('/')?;
            let (base, prefix) = (base.parse::<Ipv4Addr>().ok()?, prefix.parse::<u8>().ok()?);
            let subnet = Self {
                base: base.into(),
                prefix,
            };
            ((8..=28).contains(&prefix) && u32::from(base) & (subnet.size() - 1) == 0).then_some(subnet)
        };
        parse().ok_or_else(|| SubnetError(text.chars().take(40).collect()))
    }
}

impl TryFrom<String> for Subnet {
    type Error = SubnetError;

    fn try_from(text: String) -> Result<Self, SubnetError> {
        text.parse()
    }
}

impl From<Subnet> for String {
    fn from(subnet: Subnet) -> Self {
        subnet.to_string()
    }
}

impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Ipv4Addr::from(self.base), self.prefix)
    }
}

/// Transport protocol of a port.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
    /// SCTP.
    Sctp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        })
    }
}

/// A port taken on a host.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct PublishedPort {
    /// The host's address it is bound to; none means all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_ip: Option<Ipv4Addr>,
    /// Port on the host.
    pub host_port: u16,
    /// Port in the container.
    pub container_port: u16,
    /// Transport protocol.
    #[serde(default)]
    pub protocol: Protocol,
}

impl PublishedPort {
    /// Whether both cannot stand on one host: same port and protocol, and addresses that overlap.
    pub fn collides(&self, other: &Self) -> bool {
        let overlap = match (self.host_ip, other.host_ip) {
            (Some(a), Some(b)) => a == b || a.is_unspecified() || b.is_unspecified(),
            _ => true,
        };
        overlap && self.host_port == other.host_port && self.protocol == other.protocol
    }
}

impl fmt::Display for PublishedPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(ip) = self.host_ip {
            write!(f, "{ip}:")?;
        }
        write!(f, "{}->{}/{}", self.host_port, self.container_port, self.protocol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subnets_are_exact() {
        let subnet: Subnet = "10.42.0.0/16".parse().unwrap();
        assert_eq!(subnet.address(258), Some(Ipv4Addr::new(10, 42, 1, 2)));
        assert_eq!(subnet.address(65_536), None);
        assert_eq!(subnet.offset_of(Ipv4Addr::new(10, 42, 1, 2)), Some(258));
        assert_eq!(subnet.offset_of(Ipv4Addr::new(10, 43, 0, 0)), None);
        for bad in [
            "10.42.0.1/16",
            "10.0.0.0/7",
            "10.0.0.0/29",
            "x",
            "10.0.0.0",
            "::/16",
        ] {
            assert!(bad.parse::<Subnet>().is_err(), "{bad}");
        }
    }

    #[test]
    fn ports_collide_where_addresses_overlap() {
        let port = |ip: Option<[u8; 4]>, p| PublishedPort {
            host_ip: ip.map(Ipv4Addr::from),
            host_port: p,
            container_port: 80,
            protocol: Protocol::Tcp,
        };
        assert!(port(None, 80).collides(&port(Some([127, 0, 0, 1]), 80)));
        assert!(!port(Some([127, 0, 0, 1]), 80).collides(&port(Some([127, 0, 0, 2]), 80)));
        assert!(!port(None, 80).collides(&port(None, 81)));
    }
}
