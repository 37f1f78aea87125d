//! A switch: hosts that are plugged into it reach one another, and nothing else.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::home::Home;
use crate::lab::LabDir;
use crate::process::search_path;
use crate::{Error, Host, HostOptions, Result};

/// The bridge inside, in a network namespace of its own: no host's network is one hop from the machine's.
const BRIDGE: &str = "br0";
/// The interface that a host gets.
const INTERFACE: &str = "eth0";

/// Connects hosts of one lab. Its cables go with it.
#[derive(Debug)]
pub struct Switch {
    home: Home,
    /// The cable's end in here, by the host's name.
    ports: Mutex<BTreeMap<String, Port>>,
}

/// One cable's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Port(usize);

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port{}", self.0)
    }
}

impl Switch {
    pub(crate) fn make(lab: Arc<LabDir>, name: &str) -> Result<Self> {
        let switch = Self {
            home: Home::make(lab, name, &HostOptions::default())?,
            ports: Mutex::default(),
        };
        switch.ip(&["link", "add", BRIDGE, "type", "bridge"])?;
        switch.ip(&["link", "set", BRIDGE, "up"])?;
        Ok(switch)
    }

    /// Gives a host the interface `eth0` with this address, in a network of `prefix` bits, and plugs it in. One that
    /// was unplugged gets its old place.
    ///
    /// # Errors
    /// When the host is plugged in already, or is gone.
    pub fn plug(&self, host: &Host, address: Ipv4Addr, prefix: u8) -> Result<()> {
        let mut ports = self.ports();
        let port = ports.get(host.name()).copied().unwrap_or(Port(ports.len()));
        let holder = host.pid().to_string();
        let cable = [
            "link",
            "add",
            &port.to_string(),
            "type",
            "veth",
            "peer",
            "name",
            INTERFACE,
        ];
        self.ip(&[&cable[..], &["netns", &holder]].concat())?;
        self.ip(&["link", "set", &port.to_string(), "master", BRIDGE, "up"])?;
        let address = format!("{address}/{prefix}");
        in_network(
            host.name(),
            host.pid(),
            &["address", "add", &address, "dev", INTERFACE],
        )?;
        in_network(host.name(), host.pid(), &["link", "set", INTERFACE, "up"])?;
        ports.insert(host.name().to_owned(), port);
        Ok(())
    }

    /// Cuts a host off without a sign: its interface stays up, and what it sends comes nowhere.
    ///
    /// # Errors
    /// When it is not plugged in.
    pub fn cut(&self, host: &Host) -> Result<()> {
        let port = self.port_of(host)?.to_string();
        self.ip(&["link", "set", &port, "nomaster"])
    }

    /// Takes the cable of a host away whose power is off; cut it before it loses power, or others see it go.
    ///
    /// # Errors
    /// When it is not plugged in.
    pub fn unplug(&self, host: &Host) -> Result<()> {
        let port = self.port_of(host)?.to_string();
        // With the host's network the kernel takes it away by itself, sooner or later.
        let _ = self.ip(&["link", "delete", &port]);
        Ok(())
    }

    /// Ends a cut. Doing it again changes nothing.
    ///
    /// # Errors
    /// When it is not plugged in.
    pub fn heal(&self, host: &Host) -> Result<()> {
        let port = self.port_of(host)?.to_string();
        self.ip(&["link", "set", &port, "master", BRIDGE])
    }

    fn port_of(&self, host: &Host) -> Result<Port> {
        let port = self.ports().get(host.name()).copied();
        port.ok_or_else(|| Error::Run {
            host: host.name().to_owned(),
            what: "a cable".to_owned(),
            source: io::Error::new(io::ErrorKind::NotFound, "it is not plugged into this switch"),
        })
    }

    fn ports(&self) -> MutexGuard<'_, BTreeMap<String, Port>> {
        self.ports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ip(&self, words: &[&str]) -> Result<()> {
        in_network(&self.home.name, self.home.pid(), words)
    }
}

/// Runs the machine's `ip` in the network of a holder, and in nothing else of it: other holders are seen by the
/// numbers that the machine gives them.
fn in_network(host: &str, holder: u32, words: &[&str]) -> Result<()> {
    let failed = |source| Error::Run {
        host: host.to_owned(),
        what: format!("ip {}", words.join(" ")),
        source,
    };
    let output = Command::new("nsenter")
        .arg(format!("--net=/proc/{holder}/ns/net"))
        .args(["--", "ip"])
        .args(words)
        .env("PATH", search_path())
        .stdin(Stdio::null())
        .output()
        .map_err(failed)?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(failed(io::Error::other(said)))
}
