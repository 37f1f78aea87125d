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

/// What holds now.
pub fn said(machine: &str, fault: &Fault) -> String {
    match fault {
        Fault::Cut {
            from: None,
            one_way: false,
        } => format!("{machine} is cut off."),
        Fault::Cut {
            from: None,
            one_way: true,
        } => format!("What {machine} sends is lost."),
        Fault::Cut {
            from: Some(from),
            one_way: false,
        } => format!("{machine} and {from} are cut off from one another."),
        Fault::Cut {
            from: Some(from),
            one_way: true,
        } => format!("What {from} sends to {machine} is lost."),
        Fault::Heal => format!("{machine} has a good cable."),
        Fault::Loss { .. } | Fault::Rate { .. } | Fault::Delay { .. } => {
            format!("The cable of {machine} is changed; `ls` shows how it is.")
        }
        Fault::Freeze => format!("Every process of {machine} stands still."),
        Fault::Thaw => format!("{machine} goes on."),
        Fault::Kill { .. } => format!("Killed on {machine}; `start` starts it again."),
        Fault::Start => format!("What should run on {machine} runs."),
        Fault::PowerOff => format!("{machine} has no power; `power-on` boots it."),
        Fault::PowerOn => format!("{machine} has booted."),
    }
}
