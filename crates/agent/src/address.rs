//! Under which address other hosts reach this machine.

use std::net::{IpAddr, SocketAddr};

use muster_link::{ServerUrl, own_address, own_address_towards};

/// An address of the documentation range: it has a way wherever there is a default one, and nothing is sent there.
const FAR_AWAY: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 9);

/// How it is found.
#[derive(Debug, Clone)]
pub struct Addressing {
    /// What the operator said; it is taken as it is.
    pub given: Option<IpAddr>,
    /// Servers, whose ways are looked at else.
    pub servers: Vec<ServerUrl>,
}

impl Addressing {
    /// The one given; else that of the way to a server; else, where the server is this very machine, that of the default way.
    pub async fn find(&self) -> Option<IpAddr> {
        if self.given.is_some() {
            return self.given;
        }
        for server in &self.servers {
            let own = own_address(server).await;
            if let Some(own) = own.filter(reaches_others) {
                return Some(own);
            }
        }
        own_address_towards(FAR_AWAY).await.filter(reaches_others)
    }
}

fn reaches_others(address: &IpAddr) -> bool {
    !address.is_loopback() && !address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_the_operator_says_is_taken() {
        let given = "198.51.100.7".parse().ok();
        let servers = vec!["http://127.0.0.1:8080".parse().unwrap()];
        let told = Addressing {
            given,
            servers: servers.clone(),
        };
        assert_eq!(told.find().await, given);
        let found = Addressing { given: None, servers };
        let found = found.find().await;
        assert!(found.is_none_or(|own| reaches_others(&own)), "{found:?}");
    }
}
