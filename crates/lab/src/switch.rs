//! A switch: hosts that are plugged into it reach one another, and nothing else.
//!
//! It is a bridge in a network namespace of its own, so no host's network is one hop from the machine's. Ways are cut
//! by rules of the bridge, which give nobody a sign; a bad cable has a [`relay::Relay`] in it, between the host's end
//! and the bridge.

mod conditions;
mod cuts;
mod network;
mod relay;

use std::collections::BTreeMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use conditions::Conditions;
use cuts::{Cuts, Way};
use network::{await_carrier, in_host, in_network};
use relay::Relay;

use crate::home::Home;
use crate::lab::LabDir;
use crate::{Error, Host, HostOptions, Result};

const BRIDGE: &str = "br0";
/// The interface that a host gets.
const INTERFACE: &str = "eth0";

/// Connects hosts of one lab. Its cables go with it.
#[derive(Debug)]
pub struct Switch {
    home: Home,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By the host's name.
    cables: BTreeMap<String, Cable>,
    cuts: Cuts,
}

#[derive(Debug)]
struct Cable {
    port: Port,
    /// The host's name in the lab.
    host: String,
    /// Which boot of the host it is plugged into.
    holder: u32,
    relay: Option<Relay>,
}

/// A place in the switch, which a host has for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Port(usize);

impl Port {
    /// The cable's end in here.
    fn cable(self) -> String {
        format!("p{}-a", self.0)
    }

    /// The relay's ends, at the host's side and at the bridge.
    fn relay(self) -> [String; 2] {
        [format!("p{}-c", self.0), format!("p{}-b", self.0)]
    }

    /// Connects the cable and the relay.
    fn coupling(self) -> String {
        format!("c{}", self.0)
    }

    /// Any of its interfaces.
    fn pattern(self) -> String {
        format!("p{}-+", self.0)
    }
}

impl Switch {
    pub(crate) fn make(lab: Arc<LabDir>, name: &str) -> Result<Self> {
        let switch = Self {
            home: Home::make(lab, name, &HostOptions::default())?,
            state: Mutex::default(),
        };
        switch.bridge(BRIDGE)?;
        Ok(switch)
    }

    /// Gives a host the interface `eth0` with this address, in a network of `prefix` bits, and plugs it in. One that
    /// was plugged in before it lost its power gets its old place.
    ///
    /// # Errors
    /// When the host is plugged in already, or is gone.
    pub fn plug(&self, host: &Host, address: Ipv4Addr, prefix: u8) -> Result<()> {
        let mut state = self.state();
        let next = Port(state.cables.len());
        let known = state.cables.get(host.name());
        if known.is_some_and(|cable| cable.holder == host.pid()) {
            return Err(self.failed("a second cable", io::ErrorKind::AlreadyExists.into()));
        }
        let port = known.map_or(next, |cable| cable.port);
        let master = known.map_or(BRIDGE.to_owned(), Cable::master);
        self.lay(host, port, &master)?;
        let address = format!("{address}/{prefix}");
        in_host(host, &["address", "add", &address, "dev", INTERFACE])?;
        in_host(host, &["link", "set", INTERFACE, "up"])?;
        await_carrier(host)?;
        let cable = state
            .cables
            .entry(host.name().to_owned())
            .or_insert_with(|| Cable {
                port,
                host: host.short_name().to_owned(),
                holder: 0,
                relay: None,
            });
        cable.holder = host.pid();
        Ok(())
    }

    fn lay(&self, host: &Host, port: Port, master: &str) -> Result<()> {
        let (end, holder) = (port.cable(), host.pid().to_string());
        // The end of a cable whose host has lost its power may still be there.
        let _ = self.ip(&["link", "delete", &end]);
        let peer = ["peer", "name", INTERFACE, "netns", &holder];
        self.ip(&[&["link", "add", &end, "type", "veth"], &peer[..]].concat())?;
        self.ip(&["link", "set", &end, "master", master, "up"])
    }

    /// Pulls the cable of a host that is about to lose its power: nobody gets a sign of its end.
    ///
    /// # Errors
    /// When it is not plugged in.
    pub fn unplug(&self, host: &Host) -> Result<()> {
        let port = self.port_of(&self.state(), host)?;
        self.ip(&["link", "set", &port.cable(), "nomaster"])
    }

    /// Cuts a host off without a sign: its interface stays up, and what it sends comes nowhere.
    ///
    /// # Errors
    /// When it is not plugged in.
    pub fn cut(&self, host: &Host) -> Result<()> {
        self.cut_way(Some(host), None)?;
        self.cut_way(None, Some(host))
    }

    /// Cuts one way: what `from` sends does not reach `to`. A side that is not said is everybody.
    ///
    /// # Errors
    /// When one is not plugged in.
    pub fn cut_way(&self, from: Option<&Host>, to: Option<&Host>) -> Result<()> {
        let mut state = self.state();
        let port = |host: Option<&Host>| host.map(|host| self.port_of(&state, host)).transpose();
        let way = Way {
            from: port(from)?,
            to: port(to)?,
        };
        if state.cuts.contains(&way) {
            return Ok(());
        }
        self.ebtables("-A", &way)?;
        state.cuts.insert(way);
        Ok(())
    }

    /// Makes a host's cable bad, or good again.
    ///
    /// # Errors
    /// When it is not plugged in, or the kernel has no TAP devices.
    pub fn set_conditions(&self, host: &Host, conditions: Conditions) -> Result<()> {
        let mut state = self.state();
        let port = self.port_of(&state, host)?;
        let Some(cable) = state.cables.get_mut(host.name()) else {
            return Ok(());
        };
        match (&cable.relay, conditions.is_perfect()) {
            (Some(relay), false) => relay.set(conditions),
            (None, false) => cable.relay = Some(self.insert_relay(port, conditions)?),
            (Some(_), true) => {
                self.remove_relay(port)?;
                cable.relay = None;
            }
            (None, true) => {}
        }
        Ok(())
    }

    /// How good a host's cable is.
    #[must_use]
    pub fn conditions(&self, host: &Host) -> Conditions {
        let state = self.state();
        let relay = state
            .cables
            .get(host.name())
            .and_then(|cable| cable.relay.as_ref());
        relay.map(Relay::conditions).unwrap_or_default()
    }

    /// Which ways of a host are cut, as (from, to) in names of the lab; none is everybody.
    #[must_use]
    pub fn cuts(&self, host: &Host) -> Vec<(Option<String>, Option<String>)> {
        let state = self.state();
        let Ok(port) = self.port_of(&state, host) else {
            return Vec::new();
        };
        let name = |port: Port| {
            state
                .cables
                .values()
                .find(|cable| cable.port == port)
                .map(|cable| cable.host.clone())
        };
        let touching = state.cuts.iter().filter(|way| way.touches(port));
        touching
            .map(|way| (way.from.and_then(name), way.to.and_then(name)))
            .collect()
    }

    /// Ends every cut of a host and makes its cable good. Doing it again changes nothing.
    ///
    /// # Errors
    /// When it is not plugged in.
    pub fn heal(&self, host: &Host) -> Result<()> {
        self.set_conditions(host, Conditions::default())?;
        let mut state = self.state();
        let port = self.port_of(&state, host)?;
        let ended: Vec<Way> = state
            .cuts
            .iter()
            .copied()
            .filter(|way| way.touches(port))
            .collect();
        for way in ended {
            self.ebtables("-D", &way)?;
            state.cuts.remove(&way);
        }
        Ok(())
    }

    /// The cable gets a second part; a frame that is on its way may be lost, no connection is.
    fn insert_relay(&self, port: Port, conditions: Conditions) -> Result<Relay> {
        let failed = |e| self.failed("a relay (is there a /dev/net/tun?)", e);
        self.bridge(&port.coupling())?;
        let relay = Relay::start(self.home.pid(), port.relay(), conditions).map_err(failed)?;
        let [near, far] = port.relay();
        self.ip(&["link", "set", &near, "master", &port.coupling()])?;
        self.ip(&["link", "set", &far, "master", BRIDGE])?;
        self.move_cable(port, &port.coupling())?;
        Ok(relay)
    }

    fn remove_relay(&self, port: Port) -> Result<()> {
        self.move_cable(port, BRIDGE)?;
        self.ip(&["link", "delete", &port.coupling()])
    }

    /// The cable of a host without power has no end here.
    fn move_cable(&self, port: Port, master: &str) -> Result<()> {
        if self.ip(&["link", "show", &port.cable()]).is_err() {
            return Ok(());
        }
        self.ip(&["link", "set", &port.cable(), "master", master])
    }

    fn bridge(&self, name: &str) -> Result<()> {
        self.ip(&["link", "add", name, "type", "bridge"])?;
        self.ip(&["link", "set", name, "up"])
    }

    fn port_of(&self, state: &State, host: &Host) -> Result<Port> {
        let port = state.cables.get(host.name()).map(|cable| cable.port);
        let absent = || io::Error::new(io::ErrorKind::NotFound, "it is not plugged into this switch");
        port.ok_or_else(|| Error::Run {
            host: host.name().to_owned(),
            what: "a cable".to_owned(),
            source: absent(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ip(&self, words: &[&str]) -> Result<()> {
        in_network(&self.home.name, self.home.pid(), "ip", words).map(drop)
    }

    fn ebtables(&self, action: &str, way: &Way) -> Result<()> {
        let rule = way.rule();
        let words: Vec<&str> = std::iter::once(action)
            .chain(rule.iter().map(String::as_str))
            .collect();
        in_network(&self.home.name, self.home.pid(), "ebtables", &words).map(drop)
    }

    fn failed(&self, what: &str, source: io::Error) -> Error {
        Error::Run {
            host: self.home.name.clone(),
            what: what.to_owned(),
            source,
        }
    }
}

impl Cable {
    /// What its end in the switch belongs to.
    fn master(&self) -> String {
        self.relay
            .as_ref()
            .map_or(BRIDGE.to_owned(), |_| self.port.coupling())
    }
}
