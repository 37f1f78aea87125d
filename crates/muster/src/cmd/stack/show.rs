use std::process::ExitCode;

use muster_model::view::StackView;

use crate::client::{Client, segment};
use crate::cmd::{ps, services};
use crate::print::{self, Output, Table};

/// Shows a stack, its services and its units.
pub async fn run(client: &Client, name: &str, output: Output) -> anyhow::Result<ExitCode> {
    let stack: StackView = client
        .get(&client.env(&format!("/stacks/{}", segment(name))))
        .await?;
    if matches!(output, Output::Json | Output::Yaml) {
        print::listing(output, &stack, |_| Table::default())?;
        return Ok(ExitCode::SUCCESS);
    }
    let wide = output == Output::Wide;
    print::data(&super::ls::table(std::slice::from_ref(&stack), wide).to_string())?;
    let services = services::list(client, Some(stack.name.as_str())).await?;
    print::data(&format!("\n{}", services::table(&services, wide)))?;
    for service in &services {
        for why in &service.why {
            print::data(&format!("{}: {why}\n", service.name))?;
        }
    }
    let units = ps::list(client, Some(stack.name.as_str()), None).await?;
    print::data(&format!("\n{}", ps::table(&units, wide)))?;
    Ok(ExitCode::SUCCESS)
}
