//! `muster host confirm-dead` and removal: what an operator says who knows.

use std::process::ExitCode;

use hyper::Method;
use muster_model::view::{HostPatch, HostView};

use crate::client::Client;
use crate::print;

/// Has the person type the host's name, then tells the platform that the machine is dead.
pub async fn confirm(client: &Client, path: &str, yes: bool) -> anyhow::Result<ExitCode> {
    let host: HostView = client.get(path).await?;
    let name = host.name.to_string();
    let warning = format!(
        "If {name} is alive after all, what may run only once runs twice, and addresses collide. Say this only of a machine \
         that is off, or whose disks are gone."
    );
    if !yes && !print::confirm_typed(&warning, &name, "--yes")? {
        print::say("That is another name; nothing was done.");
        return Ok(ExitCode::FAILURE);
    }
    let patch = HostPatch {
        confirmed_dead: Some(name.clone()),
        ..HostPatch::default()
    };
    let _: HostView = client.send(Method::PATCH, path, &patch).await?;
    print::say(format!(
        "{name} counts as dead: what it ran is made elsewhere now. Should it come back, it first ends what it had."
    ));
    Ok(ExitCode::SUCCESS)
}

/// Removes a host; if its data is to be given up, the person types its name.
pub async fn remove(client: &Client, path: &str, discard_data: bool, yes: bool) -> anyhow::Result<ExitCode> {
    let host: HostView = client.get(path).await?;
    let name = host.name.to_string();
    if discard_data && !yes {
        let warning = format!("The platform gives up all data that lies on {name}.");
        if !print::confirm_typed(&warning, &name, "--yes")? {
            print::say("That is another name; nothing was done.");
            return Ok(ExitCode::FAILURE);
        }
    }
    let flag = if discard_data { "?discard_data=true" } else { "" };
    client.delete(&format!("{path}{flag}")).await?;
    print::say(format!("Removed {name}."));
    Ok(ExitCode::SUCCESS)
}
