//! Why something is as it is: plain data that a person, a plan and a test can read.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::Name;
use crate::desired::{Condition, ServiceKind};
use crate::net::Protocol;

/// One reason for a decision, with names rather than ids, as it was when it was made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// More units are wanted.
    ScaleUp {
        /// Units wanted.
        wanted: u32,
    },
    /// Fewer units are wanted.
    ScaleDown {
        /// Units wanted.
        wanted: u32,
    },
    /// The spec changed.
    SpecChanged {
        /// The keys that differ, such as `image` or `environment.DEBUG`; secret values are never shown.
        keys: Vec<String>,
    },
    /// A restart was asked for.
    RestartWished,
    /// The service is no longer in the stack's files.
    ServiceGone,
    /// The stack is to go.
    StackRemoved,
    /// Its host was lost.
    HostLost {
        /// The host.
        host: Name,
    },
    /// Its host is being evacuated.
    HostEvacuated {
        /// The host.
        host: Name,
    },
    /// Its data lies on a host that is being evacuated.
    DataStays {
        /// The host.
        host: Name,
    },
    /// Every host has one of its own, so it stays on one that is being evacuated.
    BelongsToHost {
        /// The host.
        host: Name,
    },
    /// It has run to its end on a host that is being evacuated.
    HasEnded {
        /// The host.
        host: Name,
    },
    /// No other host fits, so it stays on one that is being evacuated.
    CannotLeave {
        /// The host.
        host: Name,
        /// Why not, host by host.
        refusals: Vec<HostRefusal>,
    },
    /// Its host left the platform.
    HostGone,
    /// Two units held one number; this one was the younger or the sicker.
    Surplus,
    /// Chosen over the others.
    Placed {
        /// The host.
        host: Name,
        /// What spoke for it, such as `fewest units of this service`.
        because: String,
    },
    /// No host fits.
    NoHost {
        /// Why not, host by host.
        refusals: Vec<HostRefusal>,
    },
    /// Another service must come first.
    WaitsForService {
        /// The other service.
        service: Name,
        /// How far it must have come.
        condition: Condition,
    },
    /// The unit being replaced must be gone first.
    WaitsForOld {
        /// Its number.
        number: u32,
    },
    /// A unit that was made is not up yet.
    WaitsForUnit {
        /// Its number.
        number: u32,
        /// What its agent says.
        message: Option<String>,
    },
    /// A new unit did not come up, so the rollout does not go on.
    NewUnitFailed {
        /// Its number.
        number: u32,
        /// What its agent says.
        message: Option<String>,
    },
    /// The pause between two batches.
    WaitsForInterval,
    /// Someone paused it.
    PausedByHand,
    /// The unit's data lies on a host that does not answer.
    WaitsForHost {
        /// The host.
        host: Name,
    },
    /// A unit that may run only once may still run on a host that does not answer.
    WaitsForFence {
        /// The host.
        host: Name,
    },
    /// Its host fell silent together with most others.
    HeldByBrake {
        /// The host.
        host: Name,
    },
    /// The external volume does not exist.
    VolumeMissing {
        /// Its name.
        volume: Name,
    },
    /// Start-first was asked for; with this fixed port it has to stop first.
    StopsFirst {
        /// The port.
        port: u16,
    },
    /// Start-first was asked for; where no host may have one more it has to stop first.
    StopsFirstForRoom {
        /// How many a host may have.
        most: u32,
    },
    /// The service is one that hosts run nothing for.
    NoUnits {
        /// What it is.
        kind: ServiceKind,
    },
    /// The files say not to start it.
    WaitsForScale,
    /// Control met a state it should not have; the subject is left alone until it changes.
    Quarantined {
        /// What was found.
        message: String,
    },
}

/// Why one host cannot take a unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
pub struct HostRefusal {
    /// The host.
    pub host: Name,
    /// Why not.
    pub why: Misfit,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "misfit", rename_all = "snake_case")]
pub enum Misfit {
    /// It takes nothing new.
    Cordoned,
    /// It has not been heard of, or not for a while.
    NotActive,
    /// Its engine cannot be used.
    EngineDown {
        /// Why.
        message: String,
    },
    /// A port is taken.
    PortTaken {
        /// The port.
        port: u16,
        /// Its protocol.
        protocol: Protocol,
        /// Who holds it, as `stack/service`.
        by: String,
    },
    /// No port of the pool is left.
    PortsExhausted,
    /// No address of the network is left.
    AddressesExhausted,
    /// Less memory than asked for.
    Memory {
        /// Bytes asked for.
        wanted: u64,
        /// Bytes not yet set aside.
        free: u64,
    },
    /// Fewer processors than asked for.
    Cpu {
        /// Thousandths of a core asked for.
        wanted: u64,
        /// Thousandths not yet set aside.
        free: u64,
    },
    /// A scheduling rule says no.
    Rule {
        /// The rule in words.
        rule: String,
        /// What the host has instead, such as `zone=a`; none if it has nothing of the kind.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<String>,
    },
    /// A volume lies elsewhere.
    VolumeElsewhere {
        /// The volume.
        volume: Name,
        /// Where it lies.
        host: Name,
    },
    /// It has as many units of this service as the files allow on one host.
    HasMost {
        /// How many that is.
        most: u32,
    },
    /// An address asked for is taken.
    AddressTaken {
        /// The address.
        address: Ipv4Addr,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ScaleUp { wanted } => write!(f, "{wanted} wanted"),
            Self::ScaleDown { wanted } => write!(f, "only {wanted} wanted"),
            Self::SpecChanged { keys } if keys.is_empty() => f.write_str("its spec changed"),
            Self::SpecChanged { keys } => write!(f, "changed: {}", keys.join(", ")),
            Self::RestartWished => f.write_str("a restart was asked for"),
            Self::ServiceGone => f.write_str("the service is no longer in the files"),
            Self::StackRemoved => f.write_str("the stack is being removed"),
            Self::HostLost { host } => write!(f, "{host} was lost"),
            Self::HostEvacuated { host } => write!(f, "{host} is being evacuated"),
            Self::DataStays { host } => write!(
                f,
                "stays on {host}, which is being evacuated: its data lies there and cannot follow"
            ),
            Self::BelongsToHost { host } => write!(f, "stays on {host}: every host has one of its own"),
            Self::HasEnded { host } => write!(f, "stays on {host}: it has run to its end"),
            Self::CannotLeave { host, refusals } => {
                write_all(f, &format!("cannot leave {host}: no other host fits: "), refusals)
            }
            Self::HostGone => f.write_str("its host left the platform"),
            Self::Surplus => f.write_str("one more than wanted"),
            Self::Placed { host, because } => write!(f, "on {host}: {because}"),
            Self::NoHost { refusals } if refusals.is_empty() => {
                f.write_str("there is no host; join one with `muster agent`")
            }
            Self::NoHost { refusals } => write_all(f, "no host fits: ", refusals),
            Self::WaitsForService { service, condition } => {
                write!(f, "waits until {service} {}", condition_words(*condition))
            }
            Self::WaitsForOld { number } => write!(f, "waits until the old {number} is gone"),
            Self::WaitsForUnit { number, message } => write_unit(f, "waits for", *number, message.as_deref()),
            Self::NewUnitFailed { number, message } => {
                write_unit(f, "did not come up:", *number, message.as_deref())
            }
            Self::WaitsForInterval => f.write_str("pauses before the next batch"),
            Self::PausedByHand => f.write_str("paused by hand"),
            Self::WaitsForHost { host } => {
                write!(
                    f,
                    "its data lies on {host}, which does not answer; bring {host} back"
                )
            }
            Self::WaitsForFence { host } => {
                write!(
                    f,
                    "may run only once, and perhaps still does on {host}, which does not answer; moves once it surely has \
                     ended there"
                )
            }
            Self::HeldByBrake { host } => write!(
                f,
                "{host} fell silent together with most hosts, which is more likely a broken way than so many deaths: nothing \
                 of theirs is moved until they return, or until `muster environment release-brake` says so"
            ),
            Self::VolumeMissing { volume } => {
                write!(
                    f,
                    "there is no volume {volume}; make it with `muster volume create {volume}`"
                )
            }
            Self::StopsFirst { port } => {
                write!(
                    f,
                    "port {port} is fixed and no other host has it free, so the old one stops first"
                )
            }
            Self::StopsFirstForRoom { most } => {
                write!(
                    f,
                    "the files allow {most} of it on one host and no other host has room, so the old one stops first"
                )
            }
            Self::NoUnits { kind } => write!(f, "{}; nothing runs for it", kind_words(*kind)),
            Self::WaitsForScale => f.write_str("the files say not to start it; `muster service scale` does"),
            Self::Quarantined { message } => {
                write!(
                    f,
                    "left alone after an inconsistency ({message}); please report this as a bug"
                )
            }
        }
    }
}

impl fmt::Display for HostRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.host, self.why)
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cordoned => f.write_str("cordoned"),
            Self::NotActive => f.write_str("not in touch"),
            Self::EngineDown { message } => write!(f, "its engine cannot be used ({message})"),
            Self::PortTaken { port, protocol, by } => write!(f, "port {port}/{protocol} is taken by {by}"),
            Self::PortsExhausted => f.write_str("no free port is left"),
            Self::AddressesExhausted => f.write_str("no free address is left in the network"),
            Self::Memory { wanted, free } => {
                write!(f, "{} MB of memory wanted, {} MB free", mb(*wanted), mb(*free))
            }
            Self::Cpu { wanted, free } => {
                write!(
                    f,
                    "{}.{:03} cores wanted, {}.{:03} free",
                    wanted / 1000,
                    wanted % 1000,
                    free / 1000,
                    free % 1000
                )
            }
            Self::Rule { rule, found: None } => write!(f, "{rule}"),
            Self::Rule {
                rule,
                found: Some(found),
            } => write!(f, "{rule}, and has {found}"),
            Self::VolumeElsewhere { volume, host } => write!(f, "volume {volume} lies on {host}"),
            Self::HasMost { most } => write!(
                f,
                "has {most} of this service, and the files allow no more on one host"
            ),
            Self::AddressTaken { address } => write!(f, "address {address} is taken"),
        }
    }
}

const fn mb(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

const fn kind_words(kind: ServiceKind) -> &'static str {
    match kind {
        ServiceKind::Containers | ServiceKind::Global => "a service of containers",
        ServiceKind::External => "a name for what lies outside, which is not given yet",
        ServiceKind::Alias => "another name for services, which is not given yet",
        ServiceKind::LoadBalancer => "a balancer, which is not run yet",
    }
}

const fn condition_words(condition: Condition) -> &'static str {
    match condition {
        Condition::Started => "runs",
        Condition::Healthy => "is healthy",
        Condition::CompletedSuccessfully => "has ended well",
    }
}

fn write_all(f: &mut fmt::Formatter<'_>, before: &str, items: &[HostRefusal]) -> fmt::Result {
    f.write_str(before)?;
    items
        .iter()
        .enumerate()
        .try_for_each(|(i, item)| write!(f, "{}{item}", if i == 0 { "" } else { "; " }))
}

fn write_unit(f: &mut fmt::Formatter<'_>, verb: &str, number: u32, message: Option<&str>) -> fmt::Result {
    write!(f, "{verb} unit {number}")?;
    message.iter().try_for_each(|message| write!(f, " ({message})"))
}
