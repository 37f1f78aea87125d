//! Which machines a lab has, what they are called, and what runs on each.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

/// Addresses `10.99.0.11` and up are hosts', those below are machines with a server alone.
const NETWORK: [u8; 3] = [10, 99, 0];
const FIRST_HOST: u8 = 11;
/// Bits of the network that the switch connects.
pub const PREFIX: u8 = 24;
/// One network's worth of addresses; memory ends far sooner.
const HOSTS_MAX: u8 = 200;

/// What `muster lab up` asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpSpec {
    /// How many hosts, `h1` and so on.
    pub hosts: u8,
    /// How many hosts without an engine of their own, `hollow-1` and so on, all on one machine.
    #[serde(default)]
    pub hollow: u32,
    /// How many servers, `s1` and so on.
    pub servers: u8,
    /// Servers run on the first hosts, not on machines of their own.
    pub combined: bool,
    /// Machines alone: no server, no agents.
    pub bare: bool,
    /// Keys of the engines' settings, `key=value`.
    pub engine_options: Vec<String>,
    /// The lab ends when the process of this number has.
    #[serde(default)]
    pub until_end_of: Option<u32>,
}

/// One machine to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub name: String,
    pub address: Ipv4Addr,
    /// The name of the server that runs there.
    pub server: Option<String>,
    /// It has an engine, and an agent unless the lab is bare.
    pub is_host: bool,
    pub agent: bool,
    /// Its agents are so many, over engines in memory.
    pub hollow: u32,
}

/// What names of hollow hosts begin with.
pub const HOLLOW_PREFIX: &str = "hollow-";
/// Above servers, below hosts.
const HOLLOW: u8 = 10;
/// So many were measured on one server.
const HOLLOW_MAX: u32 = 1_000;

/// The machines, or in words why there cannot be such a lab.
pub fn machines(spec: &UpSpec) -> anyhow::Result<Vec<Planned>> {
    let fewest = u8::from(spec.hollow == 0);
    anyhow::ensure!(
        (fewest..=HOSTS_MAX).contains(&spec.hosts),
        "a lab has 1 to {HOSTS_MAX} hosts"
    );
    anyhow::ensure!(
        spec.hollow <= HOLLOW_MAX,
        "a lab has at most {HOLLOW_MAX} hollow hosts"
    );
    anyhow::ensure!(
        spec.hosts > 0 || !spec.combined,
        "with --combined the server runs on a host; give --hosts 1 or more"
    );
    anyhow::ensure!(
        spec.servers >= 1,
        "a lab has a server; for hosts alone give --bare"
    );
    anyhow::ensure!(
        spec.servers == 1,
        "a platform has one server yet; leave --servers at 1"
    );
    let host = |n: u8| Planned {
        name: format!("h{n}"),
        address: address(FIRST_HOST + n - 1),
        server: (spec.combined && !spec.bare && n <= spec.servers).then(|| format!("s{n}")),
        is_host: true,
        agent: !spec.bare,
        hollow: 0,
    };
    let server = |n: u8| Planned {
        name: format!("s{n}"),
        address: address(n),
        server: Some(format!("s{n}")),
        is_host: false,
        agent: false,
        hollow: 0,
    };
    let hollow = Planned {
        name: HOLLOW_PREFIX.trim_end_matches('-').to_owned(),
        address: address(HOLLOW),
        server: None,
        is_host: false,
        agent: true,
        hollow: spec.hollow,
    };
    let apart = if spec.combined || spec.bare {
        0
    } else {
        spec.servers
    };
    Ok((1..=apart)
        .map(server)
        .chain((spec.hollow > 0).then_some(hollow))
        .chain((1..=spec.hosts).map(host))
        .collect())
}

fn address(last: u8) -> Ipv4Addr {
    let [a, b, c] = NETWORK;
    Ipv4Addr::new(a, b, c, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(hosts: u8) -> UpSpec {
        UpSpec {
            hosts,
            hollow: 0,
            servers: 1,
            combined: false,
            bare: false,
            engine_options: Vec::new(),
            until_end_of: None,
        }
    }

    fn told(spec: &UpSpec) -> Vec<String> {
        let line = |machine: Planned| {
            let server = machine.server.unwrap_or_default();
            format!(
                "{} {} [{server}] {}",
                machine.name, machine.address, machine.agent
            )
        };
        machines(spec).unwrap().into_iter().map(line).collect()
    }

    #[test]
    fn servers_are_apart_or_on_the_first_hosts_or_absent() {
        let apart = [
            "s1 10.99.0.1 [s1] false",
            "h1 10.99.0.11 [] true",
            "h2 10.99.0.12 [] true",
        ];
        assert_eq!(told(&spec(2)), apart);
        let combined = UpSpec {
            combined: true,
            ..spec(2)
        };
        assert_eq!(
            told(&combined),
            ["h1 10.99.0.11 [s1] true", "h2 10.99.0.12 [] true"]
        );
        let bare = UpSpec {
            bare: true,
            ..spec(1)
        };
        assert_eq!(told(&bare), ["h1 10.99.0.11 [] false"]);
        let hollow = UpSpec {
            hollow: 200,
            ..spec(0)
        };
        assert_eq!(
            told(&hollow),
            ["s1 10.99.0.1 [s1] false", "hollow 10.99.0.10 [] true"]
        );
    }

    #[test]
    fn what_cannot_be_is_refused_in_words() {
        for wrong in [
            spec(0),
            spec(201),
            UpSpec {
                servers: 0,
                ..spec(1)
            },
            UpSpec {
                servers: 3,
                ..spec(1)
            },
            UpSpec {
                hollow: HOLLOW_MAX + 1,
                ..spec(1)
            },
            UpSpec {
                hollow: 1,
                combined: true,
                ..spec(0)
            },
        ] {
            assert!(machines(&wrong).is_err(), "{wrong:?}");
        }
        assert_eq!(
            machines(&spec(200)).unwrap().last().unwrap().address,
            Ipv4Addr::new(10, 99, 0, 210)
        );
    }
}
