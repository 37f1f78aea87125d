//! `muster stack rollback`.

use std::process::ExitCode;

use hyper::Method;
use muster_model::view::{Deployed, PlanView, RollbackPlan, RollbackRequest};

use crate::cli::RollbackArgs;
use crate::client::{Client, segment};
use crate::cmd::apply::{self, Until};
use crate::print;

/// Shows the plan, asks, goes back, and waits until it runs.
pub async fn run(client: &Client, args: &RollbackArgs) -> anyhow::Result<ExitCode> {
    let place = |rest: &str| client.env(&format!("/stacks/{}{rest}", segment(args.stack.as_str())));
    let wanted = RollbackPlan { revision: args.to };
    let plan: PlanView = client
        .send(Method::POST, &place("/plan-rollback"), &wanted)
        .await?;
    print::say(apply::describe(&plan).trim_end());
    if !apply::agreed(&plan, &args.wait)? {
        return Ok(ExitCode::FAILURE);
    }
    let request = RollbackRequest {
        revision: args.to,
        plan: Some(plan.hash),
        base_revision: Some(plan.stack_revision),
    };
    let deployed: Deployed = client.send(Method::POST, &place("/rollback"), &request).await?;
    apply::wait(client, Until::stack(&deployed), &args.wait).await
}
