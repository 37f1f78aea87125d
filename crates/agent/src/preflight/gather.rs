//! Gathers what the checks judge. What cannot be found out stays unknown.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use muster_link::{LinkError, ServerUrl, own_address, preflight};
use muster_model::view::{PreflightReply, PreflightRequest};
use muster_trust::tls::Anchor;
use rustix::fs::statvfs;
use tokio::process::Command;

use super::checks::Gathered;
use super::echo;
use crate::engine::Engine as _;
use crate::engine::docker::DockerEngine;
use crate::facts;

/// A tool that takes longer has not answered.
const TOOL_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of an IPv4 and a UDP header.
const HEADERS: u32 = 28;
/// Datagrams that are tried: packets of 1500, 1450, 1400 and 1280 bytes, and one that passes everywhere.
const SIZES: [u16; 5] = [1_472, 1_422, 1_372, 1_252, 64];

/// What is to be looked at, and whom to ask how it looks from there.
#[derive(Debug)]
pub struct Question {
    /// Where the agent keeps its data.
    pub data_dir: PathBuf,
    /// The engine's socket.
    pub engine_socket: PathBuf,
    /// The server.
    pub server: ServerUrl,
    /// The CA that it must be of.
    pub anchor: Anchor,
    /// The join token, before joining.
    pub token: Option<String>,
}

/// Looks at everything. A server that cannot be asked is an error, because joining would fail for the same reason.
pub async fn ask(question: Question) -> Result<Gathered, LinkError> {
    let mut gathered = own(&question.data_dir);
    let engine = DockerEngine::new(&question.engine_socket).facts().await;
    if let Ok(facts) = &engine {
        let root = free_near(Path::new(&facts.root));
        gathered.disk = gathered.disk.into_iter().chain(root).min();
    }
    gathered.engine = Some(engine.map_err(|failure| failure.to_string()));
    gathered.vxlan = tried("unshare -n ip link add muster0 type vxlan id 1 dstport 4789").await;
    gathered.packet_filter = match tried("unshare -n iptables -t nat -S").await {
        Some(true) => Some(true),
        other => tried("unshare -n nft list ruleset").await.or(other),
    };
    gathered.mtu = own_address(&question.server).await.and_then(mtu_of);
    from_there(question, gathered).await
}

/// What the kernel says without being asked for anything.
pub(super) fn own(data_dir: &Path) -> Gathered {
    Gathered {
        kernel: rustix::system::uname().release().to_string_lossy().into_owned(),
        memory: facts::memory(&facts::read("/proc/meminfo")),
        disk: free_near(data_dir),
        ip_forward: switch("/proc/sys/net/ipv4/ip_forward"),
        bridge_filter: switch("/proc/sys/net/bridge/bridge-nf-call-iptables").or(Some(false)),
        ..Gathered::default()
    }
}

/// How it looks from the server.
async fn from_there(question: Question, mut gathered: Gathered) -> Result<Gathered, LinkError> {
    let listening = echo::Listening::start().await;
    let asked = PreflightRequest {
        token: question.token,
        machine: facts::machine(),
        ports: listening.ports.clone(),
        sizes: SIZES.to_vec(),
        nonce: listening.nonce.clone(),
    };
    let before = seconds_now();
    let reply: PreflightReply = preflight(&question.server, question.anchor, &asked).await?;
    let after = seconds_now();
    gathered.clock_ahead = Some(ahead(before, after, reply.now.0 / 1_000));
    let through = |port: u16| reply.echoes.iter().any(|echo| echo.port == port);
    gathered.ports = listening
        .ports
        .iter()
        .map(|port| (*port, through(*port)))
        .collect();
    let largest = reply
        .echoes
        .iter()
        .map(|echo| u32::from(echo.bytes) + HEADERS)
        .max();
    gathered.path_mtu = largest;
    gathered.twins = reply.twins;
    Ok(gathered)
}

/// Seconds that this clock, at `before` and `after`, is ahead of one that was at `there` between the two.
fn ahead(before: u64, after: u64, there: u64) -> i64 {
    let difference = |one: u64, other: u64| i64::try_from(one.saturating_sub(other)).unwrap_or(i64::MAX);
    if there < before {
        difference(before, there)
    } else {
        -difference(there, after)
    }
}

fn seconds_now() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

/// Free bytes where this directory is, or will be.
fn free_near(directory: &Path) -> Option<u64> {
    let found = directory.ancestors().find_map(|above| statvfs(above).ok())?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

fn switch(path: &str) -> Option<bool> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim() != "0")
}

/// Whether a command does what it should, in a network of its own that ends with it; none if there is no such tool.
async fn tried(line: &str) -> Option<bool> {
    let mut words = line.split(' ');
    let child = Command::new(words.next()?)
        .args(words)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .status();
    let status = tokio::time::timeout(TOOL_WITHIN, child).await.ok()?.ok()?;
    match status.code() {
        // `unshare` ends so when the tool is not there.
        Some(127) => None,
        code => Some(code == Some(0)),
    }
}

/// The MTU of the interface that has this address.
fn mtu_of(address: IpAddr) -> Option<u32> {
    let routes = facts::read("/proc/net/route");
    let name = interface_of(&routes, address)?;
    facts::read(&format!("/sys/class/net/{name}/mtu"))
        .trim()
        .parse()
        .ok()
}

/// The interface whose network the address is in, by the kernel's routing table: longest mask first.
fn interface_of(routes: &str, address: IpAddr) -> Option<String> {
    let IpAddr::V4(address) = address else {
        return None;
    };
    let address = u32::from_le_bytes(address.octets());
    let hex = |text: Option<&&str>| u32::from_str_radix(text?, 16).ok();
    let rows = routes.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (network, mask) = (hex(fields.get(1))?, hex(fields.get(7))?);
        (address & mask == network && mask != 0).then(|| (mask.count_ones(), fields[0].to_owned()))
    });
    rows.max().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_clocks_are_compared() {
        assert_eq!(ahead(100, 103, 102), 0, "between the two: no difference is known");
        assert_eq!(ahead(100, 103, 40), 60);
        assert_eq!(ahead(100, 103, 3_703), -3_600);
    }

    #[test]
    fn the_interface_of_an_address_is_found() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n\
                     eth0\t00000000\t0100630A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n\
                     eth0\t0000630A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n\
                     br0\t00002A0A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n";
        let of = |text: &str| interface_of(table, text.parse().unwrap());
        assert_eq!(of("10.99.0.11").as_deref(), Some("eth0"));
        assert_eq!(of("10.42.3.1").as_deref(), Some("br0"));
        assert_eq!(of("192.0.2.1"), None);
    }

    #[tokio::test]
    async fn a_tool_that_is_not_there_says_nothing() {
        assert_eq!(tried("muster-no-such-tool x").await, None);
        assert_eq!(tried("true").await, Some(true));
        assert_eq!(tried("false").await, Some(false));
    }
}
