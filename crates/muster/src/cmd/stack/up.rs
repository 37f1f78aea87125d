//! `muster stack plan` and `muster stack up`.

use std::process::ExitCode;

use hyper::Method;
use muster_model::view::{Deployed, PlanView, StackDeploy, StackFiles};

use crate::cli::UpArgs;
use crate::client::{Client, segment};
use crate::cmd::apply::{self, Until};
use crate::collect::{self, Wanted};
use crate::print::{self, Output};

/// Shows what deploying would change.
pub async fn plan(client: &Client, args: &UpArgs, output: Output) -> anyhow::Result<ExitCode> {
    let files = collect(client, args)?;
    let plan: PlanView = client
        .send(Method::POST, &place(client, args, "/plan"), &files)
        .await?;
    match output {
        Output::Json | Output::Yaml | Output::Sarif => {
            print::listing(output, &plan, |_| print::Table::default())?
        }
        Output::Table | Output::Wide => print::data(&apply::describe(&plan))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows the plan, asks, deploys exactly that, and waits until it runs.
pub async fn run(client: &Client, args: &UpArgs) -> anyhow::Result<ExitCode> {
    let files = collect(client, args)?;
    let plan: PlanView = client
        .send(Method::POST, &place(client, args, "/plan"), &files)
        .await?;
    print::say(apply::describe(&plan).trim_end());
    if !apply::agreed(&plan, &args.wait)? {
        return Ok(ExitCode::FAILURE);
    }
    let deploy = StackDeploy {
        files,
        plan: Some(plan.hash),
        base_revision: Some(plan.stack_revision),
    };
    let deployed: Deployed = client
        .send(Method::PUT, &place(client, args, ""), &deploy)
        .await?;
    apply::wait(client, Until::stack(&deployed), &args.wait).await
}

fn place(client: &Client, args: &UpArgs, rest: &str) -> String {
    client.env(&format!("/stacks/{}{rest}", segment(args.stack.as_str())))
}

fn collect(client: &Client, args: &UpArgs) -> anyhow::Result<StackFiles> {
    let wanted = Wanted::of(&args.project)?;
    collect::stack_files(&wanted, client.url().is_loopback())
}
