//! The table of checks: each a judgement of gathered facts, with what mends it.

use muster_model::observed::Finding;

use crate::engine::EngineFacts;

/// Major and minor: `pidfd`, on which exclusive units depend, and a `vxlan` without old faults.
pub const OLDEST_KERNEL: (u32, u32) = (5, 4);
/// Of Docker Engine.
pub const OLDEST_ENGINE: (u32, u32) = (20, 10);

const GIB: u64 = 1 << 30;
/// Of memory; what `free` calls 1 GB is a little less.
const MEMORY_MIN: u64 = 900 << 20;
const DISK_FAILING: u64 = GIB;
const DISK_MIN: u64 = 5 * GIB;
/// Seconds. Certificates are good from an hour before they were made.
const CLOCK_WARNING: i64 = 5;
const CLOCK_FAILING: i64 = 300;
const MTU_MIN: u32 = 1_280;

/// All that is known of a machine; what was not looked at is none.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// Kernel release.
    pub kernel: String,
    /// Bytes of memory.
    pub memory: u64,
    /// Free bytes where the agent and the engine keep their data.
    pub disk: Option<u64>,
    /// The engine, or why it cannot be used.
    pub engine: Option<Result<EngineFacts, String>>,
    /// Whether packets are passed on between interfaces.
    pub ip_forward: Option<bool>,
    /// Whether bridged packets pass the packet filter.
    pub bridge_filter: Option<bool>,
    /// Whether a VXLAN interface can be made.
    pub vxlan: Option<bool>,
    /// Whether there is a packet filter: nftables or iptables.
    pub packet_filter: Option<bool>,
    /// Seconds that this clock is ahead of the server's.
    pub clock_ahead: Option<i64>,
    /// MTU of the interface towards the server.
    pub mtu: Option<u32>,
    /// The largest packet that came through in both directions.
    pub path_mtu: Option<u32>,
    /// UDP ports that were tried, and whether the server's datagrams came and got back.
    pub ports: Vec<(u16, bool)>,
    /// Hosts that say they are the same machine.
    pub twins: Vec<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Ok,
    /// The host works, but not everything on it will.
    Warning,
    /// The host would be of little use.
    Failing,
}

/// What one check says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its name.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// The rule or command that mends it; empty if nothing is to be mended.
    pub mend: String,
}

impl Verdict {
    /// As a fact of the host; none if all is well.
    pub fn finding(self) -> Option<Finding> {
        (self.level != Level::Ok).then(|| Finding {
            check: self.check.to_owned(),
            failing: self.level == Level::Failing,
            found: self.found,
            mend: self.mend,
        })
    }
}

pub(super) struct Judged {
    pub(super) level: Level,
    pub(super) found: String,
    pub(super) mend: String,
}

fn ok(found: impl Into<String>) -> Option<Judged> {
    judged(Level::Ok, found, "")
}

fn judged(level: Level, found: impl Into<String>, mend: impl Into<String>) -> Option<Judged> {
    let (found, mend) = (found.into(), mend.into());
    Some(Judged { level, found, mend })
}

type Check = fn(&Gathered) -> Option<Judged>;

/// Every check; none where nothing is known.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("kernel", kernel),
    ("engine", engine),
    ("storage driver", storage),
    ("memory", memory),
    ("disk", disk),
    ("clock", clock),
    ("packet filter", packet_filter),
    ("bridge filter", bridge_filter),
    ("ip forwarding", ip_forward),
    ("vxlan", vxlan),
    ("udp ports", ports),
    ("mtu", mtu),
    ("machine id", twins),
];

fn kernel(g: &Gathered) -> Option<Judged> {
    let (major, minor) = OLDEST_KERNEL;
    match version(&g.kernel) {
        Some(found) if found < OLDEST_KERNEL => judged(
            Level::Failing,
            format!("Linux {} is too old", g.kernel),
            format!("Linux {major}.{minor} or newer is needed: upgrade the distribution or its kernel"),
        ),
        _ => ok(format!("Linux {}", g.kernel)),
    }
}

fn engine(g: &Gathered) -> Option<Judged> {
    let (major, minor) = OLDEST_ENGINE;
    let upgrade = format!(
        "Docker Engine {major}.{minor} or newer must run here: https://docs.docker.com/engine/install/, then \
         `systemctl enable --now docker`"
    );
    match g.engine.as_ref()? {
        Err(why) => judged(Level::Failing, why.clone(), upgrade),
        Ok(facts) => {
            // Podman counts otherwise; its API version is judged when it is connected to.
            let docker = Some(&facts.engine).filter(|name| name.starts_with("Docker"));
            let number = docker.and_then(|name| name.rsplit(' ').next()).and_then(version);
            match number {
                Some(found) if found < OLDEST_ENGINE => {
                    judged(Level::Failing, format!("{} is too old", facts.engine), upgrade)
                }
                _ if !facts.live_restore => judged(
                    Level::Warning,
                    format!("{} stops its containers when it restarts", facts.engine),
                    "put \"live-restore\": true into /etc/docker/daemon.json, then `systemctl reload docker`",
                ),
                _ => ok(facts.engine.clone()),
            }
        }
    }
}

fn storage(g: &Gathered) -> Option<Judged> {
    let facts = g.engine.as_ref()?.as_ref().ok()?;
    match facts.storage_driver.as_str() {
        "" => None,
        slow @ ("vfs" | "devicemapper" | "aufs") => judged(
            Level::Warning,
            format!("`{slow}` is slow, or no longer maintained"),
            "put \"storage-driver\": \"overlay2\" into /etc/docker/daemon.json and restart the engine (images and \
             containers are made anew)",
        ),
        good => ok(good),
    }
}

fn memory(g: &Gathered) -> Option<Judged> {
    let mib = g.memory >> 20;
    match g.memory {
        0 => None,
        little if little < MEMORY_MIN => judged(
            Level::Warning,
            format!("{mib} MiB"),
            "give the machine at least 1 GB; below that, containers are killed for want of memory",
        ),
        _ => ok(format!("{mib} MiB")),
    }
}

fn disk(g: &Gathered) -> Option<Judged> {
    let free = g.disk?;
    let found = format!("{} MiB are free", free >> 20);
    let mend = "free some space (`docker system df` says what images take) or give the engine a larger disk";
    match free {
        ..DISK_FAILING => judged(Level::Failing, found, mend),
        DISK_FAILING..DISK_MIN => judged(Level::Warning, found, mend),
        DISK_MIN.. => ok(found),
    }
}

fn clock(g: &Gathered) -> Option<Judged> {
    let ahead = g.clock_ahead?;
    let side = if ahead > 0 { "ahead of" } else { "behind" };
    let found = format!("{} s {side} the server's", ahead.abs());
    let mend =
        "set it and keep it set: `timedatectl set-ntp true` (or run chronyd); compare with the server's";
    match ahead.abs() {
        CLOCK_FAILING.. => judged(Level::Failing, found, mend),
        CLOCK_WARNING..CLOCK_FAILING => judged(Level::Warning, found, mend),
        _ => ok(found),
    }
}

fn packet_filter(g: &Gathered) -> Option<Judged> {
    if g.packet_filter? {
        return ok("nftables or iptables is there");
    }
    judged(
        Level::Failing,
        "neither nftables nor iptables works",
        "`modprobe nf_tables` (or `modprobe ip_tables`) and install iptables or nftables: the engine publishes no port \
         without",
    )
}

fn bridge_filter(g: &Gathered) -> Option<Judged> {
    if g.bridge_filter? {
        return ok("bridged packets pass the packet filter");
    }
    judged(
        Level::Warning,
        "bridged packets do not pass the packet filter",
        "`modprobe br_netfilter && sysctl -w net.bridge.bridge-nf-call-iptables=1`, and both in /etc/modules-load.d and \
         /etc/sysctl.d to stay",
    )
}

fn ip_forward(g: &Gathered) -> Option<Judged> {
    if g.ip_forward? {
        return ok("on");
    }
    judged(
        Level::Failing,
        "off: containers reach nothing, and published ports are dead",
        "`sysctl -w net.ipv4.ip_forward=1`, and `net.ipv4.ip_forward = 1` in /etc/sysctl.d/90-muster.conf to stay",
    )
}

fn vxlan(g: &Gathered) -> Option<Judged> {
    if g.vxlan? {
        return ok("the kernel has it");
    }
    judged(
        Level::Warning,
        "the kernel cannot make VXLAN interfaces: containers on different hosts will not reach one another",
        "`modprobe vxlan`; where there is no such module, install the distribution's full kernel \
         (linux-modules-extra, kernel-modules)",
    )
}

fn ports(g: &Gathered) -> Option<Judged> {
    if g.ports.is_empty() {
        return None;
    }
    let numbers = |got: bool| {
        let of = g.ports.iter().filter(|(_, through)| *through == got);
        of.map(|(port, _)| port.to_string()).collect::<Vec<_>>().join(",")
    };
    let (good, bad) = (numbers(true), numbers(false));
    if bad.is_empty() {
        return ok(format!("UDP {good} both ways"));
    }
    judged(
        Level::Warning,
        format!("UDP {bad}: datagrams of the server do not come, or do not get back"),
        format!(
            "open it in the firewalls between hosts, both ways; here: `iptables -I INPUT -p udp -m multiport --dports {bad} \
             -j ACCEPT`"
        ),
    )
}

fn mtu(g: &Gathered) -> Option<Judged> {
    let (own, through) = (g.mtu, g.path_mtu?);
    let expected = own.unwrap_or(1_500).min(1_500);
    let found = format!("packets of {through} bytes come through");
    if through < MTU_MIN || through < expected {
        return judged(
            Level::Warning,
            format!("{found}, and the interface says {expected}"),
            format!("`ip link set dev <interface> mtu {through}`, or let the network carry {expected} bytes"),
        );
    }
    ok(found)
}

fn twins(g: &Gathered) -> Option<Judged> {
    let first = g.twins.first()?;
    let (found, mend) = first.split_once(". ").unwrap_or((first, ""));
    judged(Level::Warning, found, mend)
}

/// `5.10.0-28-amd64`, `20.10.24+dfsg1`: the first two numbers.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::judge;

    fn good() -> Gathered {
        let engine = EngineFacts {
            engine: "Docker Engine 20.10.24+dfsg1".to_owned(),
            storage_driver: "overlay2".to_owned(),
            live_restore: true,
            ..EngineFacts::default()
        };
        Gathered {
            kernel: "6.1.0-28-amd64".to_owned(),
            memory: 2 * GIB,
            disk: Some(20 * GIB),
            engine: Some(Ok(engine)),
            ip_forward: Some(true),
            bridge_filter: Some(true),
            vxlan: Some(true),
            packet_filter: Some(true),
            clock_ahead: Some(-1),
            mtu: Some(1_500),
            path_mtu: Some(1_500),
            ports: vec![(4_789, true), (4_242, true)],
            twins: Vec::new(),
        }
    }

    /// The one check that finds something in a good machine that was changed so.
    fn spoilt(change: impl FnOnce(&mut Gathered)) -> (&'static str, Level) {
        let mut gathered = good();
        change(&mut gathered);
        let found = judge(&gathered).into_iter();
        let found: Vec<_> = found.filter(|verdict| verdict.level != Level::Ok).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].mend.len() > 20, "it says what mends it: {found:?}");
        (found[0].check, found[0].level)
    }

    fn engine(change: impl FnOnce(&mut EngineFacts)) -> (&'static str, Level) {
        spoilt(|gathered| {
            let mut facts = gathered.engine.clone().unwrap().unwrap();
            change(&mut facts);
            gathered.engine = Some(Ok(facts));
        })
    }

    #[test]
    fn a_good_machine_has_nothing_to_mend() {
        let verdicts = judge(&good());
        assert!(
            verdicts.iter().all(|verdict| verdict.level == Level::Ok),
            "{verdicts:?}"
        );
        assert_eq!(verdicts.len(), CHECKS.len() - 1, "all but the twins it has not");
        assert!(
            judge(&Gathered::default()).len() <= 1,
            "what is not known is not judged"
        );
    }

    #[test]
    fn each_fault_is_found_by_its_check() {
        use Level::{Failing, Warning};
        assert_eq!(spoilt(|g| g.kernel = "4.19.0".to_owned()), ("kernel", Failing));
        assert_eq!(
            spoilt(|g| g.kernel = "5.3.18-lp152".to_owned()),
            ("kernel", Failing)
        );
        assert_eq!(
            spoilt(|g| g.engine = Some(Err("no socket".to_owned()))),
            ("engine", Failing)
        );
        assert_eq!(
            engine(|e| e.engine = "Docker Engine 19.03.15".to_owned()),
            ("engine", Failing)
        );
        assert_eq!(engine(|e| e.live_restore = false), ("engine", Warning));
        assert_eq!(
            engine(|e| e.storage_driver = "vfs".to_owned()),
            ("storage driver", Warning)
        );
        assert_eq!(spoilt(|g| g.memory = 512 << 20), ("memory", Warning));
        assert_eq!(spoilt(|g| g.disk = Some(GIB - 1)), ("disk", Failing));
        assert_eq!(spoilt(|g| g.disk = Some(2 * GIB)), ("disk", Warning));
        assert_eq!(spoilt(|g| g.clock_ahead = Some(3_600)), ("clock", Failing));
        assert_eq!(spoilt(|g| g.clock_ahead = Some(-20)), ("clock", Warning));
        assert_eq!(
            spoilt(|g| g.packet_filter = Some(false)),
            ("packet filter", Failing)
        );
        assert_eq!(
            spoilt(|g| g.bridge_filter = Some(false)),
            ("bridge filter", Warning)
        );
        assert_eq!(spoilt(|g| g.ip_forward = Some(false)), ("ip forwarding", Failing));
        assert_eq!(spoilt(|g| g.vxlan = Some(false)), ("vxlan", Warning));
        assert_eq!(spoilt(|g| g.ports[0].1 = false), ("udp ports", Warning));
        assert_eq!(spoilt(|g| g.path_mtu = Some(1_400)), ("mtu", Warning));
        let twin = "host h1 has the same machine id. If it is this machine, remove it".to_owned();
        assert_eq!(spoilt(|g| g.twins = vec![twin]), ("machine id", Warning));
    }

    #[test]
    fn versions_are_read_from_what_distributions_write() {
        assert_eq!(version("20.10.24+dfsg1"), Some((20, 10)));
        assert_eq!(version("5.10.0-28-amd64"), Some((5, 10)));
        assert_eq!([version("dev"), version(""), version("28")], [None; 3]);
    }
}
