use std::process::ExitCode;

use muster_model::view::{StackState, StackView};

use crate::client::Client;
use crate::print::{self, Output, Paint, Table};

/// Lists stacks.
pub async fn run(client: &Client, output: Output) -> anyhow::Result<ExitCode> {
    let stacks: Vec<StackView> = client.all(&client.env("/stacks")).await?;
    print::listing(output, &stacks, |wide| table(&stacks, wide))?;
    Ok(ExitCode::SUCCESS)
}

/// The stacks as columns.
pub fn table(stacks: &[StackView], wide: bool) -> Table {
    let mut headings = vec![
        "STACK", "STATE", "REVISION", "SERVICES", "RUNNING", "HEALTHY", "AGE",
    ];
    if wide {
        headings.push("ID");
    }
    let mut table = Table::new(&headings);
    let paint = Paint::for_stdout();
    for stack in stacks {
        table.row(vec![
            stack.name.to_string(),
            state(stack.state, paint),
            stack.revision.to_string(),
            stack.services.to_string(),
            format!("{}/{}", stack.running, stack.wanted),
            format!("{}/{}", stack.healthy, stack.wanted),
            print::age(stack.created),
            stack.id.to_string(),
        ]);
    }
    table
}

fn state(state: StackState, paint: Paint) -> String {
    match state {
        StackState::Converging => paint.yellow("converging"),
        StackState::Steady => paint.green("steady"),
        StackState::Completed => paint.green("completed"),
        StackState::Blocked => paint.red("blocked"),
        StackState::Removing => paint.yellow("being removed"),
    }
}
