//! What a person can do about a reason, and what the platform does about it by itself.

use crate::reason::Misfit;
use crate::{Name, Reason};

/// The leader looks at everything this often even if nothing happened.
const SCAN: &str = "at everything every five minutes";

impl Misfit {
    /// What a person can do so that `host` fits.
    pub fn next_step(&self, host: &Name) -> String {
        match self {
            Self::Cordoned => format!("let it take units again: `muster host uncordon {host}`"),
            Self::NotActive => format!(
                "see that {host} is switched on, that its agent runs there, and that it reaches the server"
            ),
            Self::EngineDown { .. } => format!("start or mend the engine on {host}"),
            Self::PortTaken { by, .. } => {
                format!("give {by} or this service another port, or let the platform pick one")
            }
            Self::PortsExhausted | Self::AddressesExhausted | Self::AddressTaken { .. } => {
                "remove services that are not needed".to_owned()
            }
            Self::Memory { .. } => "reserve less memory, or remove what reserves it there".to_owned(),
            Self::Cpu { .. } => "reserve fewer cores, or remove what reserves them there".to_owned(),
            Self::Rule { .. } => {
                format!(
                    "change the rule in the files, or the labels of {host}: `muster host label {host} KEY=VALUE`"
                )
            }
            Self::VolumeElsewhere { volume, host } => {
                format!("bring {host} back to health, or give the service another volume than {volume}")
            }
            Self::HasMost { .. } => "join another host, or allow more on one host in the files".to_owned(),
        }
    }
}

impl Reason {
    /// What the platform does about it, and when it looks again.
    pub fn platform_does(&self) -> String {
        match self {
            Self::NoHost { .. } => format!(
                "places it by itself; looks again at once when a host joins, returns, changes or gets room, and {SCAN}"
            ),
            Self::WaitsForService { service, .. } => {
                format!("begins by itself as soon as {service} has come that far")
            }
            Self::WaitsForOld { .. } => "goes on at once when the old one is gone".to_owned(),
            Self::WaitsForUnit { .. } => {
                "the host's agent goes on trying, with growing pauses up to some minutes; looks again at each report"
                    .to_owned()
            }
            Self::NewUnitFailed { .. } => {
                "keeps the old units and replaces no more of them; looks again at each report of the new unit".to_owned()
            }
            Self::WaitsForInterval => "goes on by itself when the pause in the files is over".to_owned(),
            Self::PausedByHand => "leaves the old units running until somebody resumes".to_owned(),
            Self::WaitsForHost { host } => {
                format!("moves nothing, since the data cannot follow; goes on at once when {host} is heard again")
            }
            Self::WaitsForFence { .. } => {
                "starts it elsewhere the moment it has surely ended there, or keeps it if the host is heard before"
                    .to_owned()
            }
            Self::VolumeMissing { .. } => "goes on at once when the volume exists".to_owned(),
            Self::StopsFirst { .. } | Self::StopsFirstForRoom { .. } => {
                "stops the old one, then starts the new one".to_owned()
            }
            Self::NoUnits { .. } | Self::WaitsForScale => "nothing; that is as the files say".to_owned(),
            Self::Quarantined { .. } => {
                format!("keeps what runs as it is; looks again when the service changes, and {SCAN}")
            }
            _ => format!("looks again at each change, and {SCAN}"),
        }
    }

    /// What a person can do about it, if anything.
    pub fn next_step(&self) -> Option<String> {
        let text = match self {
            Self::NoHost { refusals } if refusals.is_empty() => {
                "join a host: `muster host token` prints the command"
            }
            Self::NoHost { .. } => "mend one of the hosts as written beside it, or join one that fits",
            Self::WaitsForService { service, .. } => {
                return Some(format!("see what holds up {service}: `muster why` with its name"));
            }
            Self::WaitsForUnit { .. } => "see what it says: `muster logs` with the unit's name",
            Self::NewUnitFailed { .. } => {
                "see what the new unit says with `muster logs`, then mend the files and deploy, or `muster stack rollback`"
            }
            Self::PausedByHand => "`muster service resume`",
            Self::WaitsForHost { host } => {
                return Some(format!(
                    "switch {host} on, or see why it does not reach the server"
                ));
            }
            Self::WaitsForFence { host } => {
                return Some(format!("wait, or bring {host} back"));
            }
            Self::VolumeMissing { volume } => return Some(format!("`muster volume create {volume}`")),
            Self::WaitsForScale => "`muster service scale`",
            Self::Quarantined { .. } => "report it as a bug; a changed service is looked at anew",
            _ => return None,
        };
        Some(text.to_owned())
    }
}
