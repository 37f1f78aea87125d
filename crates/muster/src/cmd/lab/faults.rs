//! The commands that pull plugs and mend things, as the keeper is asked.

use crate::cli::{CHOSEN, LabCommand};
use crate::lab::{Fault, Part};

/// The machine and what is to be done to it.
pub fn of(command: LabCommand) -> anyhow::Result<(String, Fault)> {
    Ok(match command {
        LabCommand::Cut { host, from, one_way } => (host, Fault::Cut { from, one_way }),
        LabCommand::Heal { host: Some(host) } => (host, Fault::Heal),
        LabCommand::Loss { host, share } => (host, Fault::Loss { ppm: share }),
        LabCommand::Rate { host, rate } => (host, Fault::Rate { bits: rate }),
        LabCommand::Delay { host, delay } => (host, Fault::Delay { delay }),
        LabCommand::Freeze { host } => (host, Fault::Freeze),
        LabCommand::Thaw { host } => (host, Fault::Thaw),
        LabCommand::Kill { host, server, agent } => {
            let agent = agent.then_some(Part::Agent);
            let server = server.filter(|server| server == CHOSEN).map(|_| Part::Server);
            let part = server.or(agent);
            (host, Fault::Kill { part })
        }
        LabCommand::Start { host } => (host, Fault::Start),
        LabCommand::PowerOff { host } => (host, Fault::PowerOff),
        LabCommand::PowerOn { host } => (host, Fault::PowerOn),
        LabCommand::Up(_)
        | LabCommand::Ls
        | LabCommand::Env
        | LabCommand::Exec { .. }
        | LabCommand::Shell { .. }
        | LabCommand::Load { .. }
        | LabCommand::Heal { host: None }
        | LabCommand::Down
        | LabCommand::Keep { .. } => anyhow::bail!("this command is about no single machine"),
    })
}
