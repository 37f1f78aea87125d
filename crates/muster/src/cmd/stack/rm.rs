//! `muster stack rm`.

use std::process::ExitCode;

use hyper::Method;
use muster_model::view::PlanView;

use crate::cli::RmArgs;
use crate::client::{Client, empty, segment};
use crate::cmd::apply::{self, Until};
use crate::print;

/// Shows what would go, asks, removes it, and waits until it is gone.
pub async fn run(client: &Client, args: &RmArgs) -> anyhow::Result<ExitCode> {
    let place = |rest: &str| {
        client.env(&format!(
            "/stacks/{}{rest}?volumes={}",
            segment(args.stack.as_str()),
            args.volumes
        ))
    };
    let plan: PlanView = client.send(Method::POST, &place("/plan-removal"), &()).await?;
    print::say(apply::describe(&plan).trim_end());
    if !args.wait.yes && !print::confirm(&format!("Remove stack {}?", args.stack), "--yes")? {
        return Ok(ExitCode::FAILURE);
    }
    client.stream(Method::DELETE, &place(""), empty()).await?;
    apply::wait(client, Until::Gone(args.stack.clone()), &args.wait).await
}
