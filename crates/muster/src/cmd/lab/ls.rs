//! `muster lab ls`: labs and their machines.

use std::process::ExitCode;

use muster_lab::Trace;
use serde::Serialize;

use crate::lab::{Keeper, MachineStatus, Request};
use crate::print::{self, Output, Paint, Table};

/// A lab and what its keeper says.
#[derive(Serialize)]
struct LabView {
    name: String,
    state: LabState,
    directory: String,
    machines: Vec<MachineStatus>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum LabState {
    Up,
    /// Its keeper lives and does not answer: the lab is coming up or going.
    Silent,
    Dead,
}

/// Lists all of them.
pub async fn run(output: Output) -> anyhow::Result<ExitCode> {
    let mut labs = Vec::new();
    for trace in Trace::all() {
        labs.push(view(trace).await);
    }
    print::listing(output, &labs, |wide| table(&labs, wide))?;
    for lab in labs.iter().filter(|lab| lab.state == LabState::Dead) {
        print::say(format!(
            "The keeper of lab {name} has died, and the lab with it; `muster lab down --name {name}` clears up.",
            name = lab.name
        ));
    }
    Ok(ExitCode::SUCCESS)
}

async fn view(trace: Trace) -> LabView {
    let (name, directory) = (trace.name().to_owned(), trace.dir().display().to_string());
    let is_alive = trace.is_alive();
    let asked = Keeper { trace }.ask(&Request::Status).await;
    let (state, status) = match asked {
        Ok(status) => (LabState::Up, status),
        Err(_) if is_alive => (LabState::Silent, None),
        Err(_) => (LabState::Dead, None),
    };
    let machines = status.map(|status| status.machines).unwrap_or_default();
    LabView {
        name,
        state,
        directory,
        machines,
    }
}

fn table(labs: &[LabView], wide: bool) -> Table {
    let mut headings = vec!["LAB", "MACHINE", "ADDRESS", "POWER", "SERVER", "AGENT", "LINK"];
    if wide {
        headings.push("DIRECTORY");
    }
    let mut table = Table::new(&headings);
    let paint = Paint::for_stdout();
    for lab in labs {
        for machine in &lab.machines {
            table.row(vec![
                lab.name.clone(),
                machine.name.clone(),
                machine.address.to_string(),
                machine.power.clone(),
                machine.server.clone().unwrap_or_else(|| "-".to_owned()),
                machine.agent.clone().unwrap_or_else(|| "-".to_owned()),
                if machine.link.is_empty() {
                    "-".to_owned()
                } else {
                    machine.link.clone()
                },
                lab.directory.clone(),
            ]);
        }
        match lab.state {
            LabState::Up => {}
            LabState::Silent => table.row(vec![lab.name.clone(), paint.yellow("comes up or goes")]),
            LabState::Dead => table.row(vec![lab.name.clone(), paint.red("dead")]),
        }
    }
    table
}
