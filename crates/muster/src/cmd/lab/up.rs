//! `muster lab up` and `down`: a lab's beginning and end.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use muster_lab::Trace;

use crate::cli::LabUpArgs;
use crate::lab::{self, Keeper, Request, UpSpec};
use crate::print;

/// Enough for one to die and two to go on.
const HOSTS: u8 = 3;
/// What the keeper may take to end its lab in order; then it is ended without asking.
const END_LIMIT: Duration = Duration::from_secs(60);

/// Makes a lab and says what can be done with it.
pub async fn up(name: &str, args: LabUpArgs) -> anyhow::Result<ExitCode> {
    if let Some(trace) = Trace::find(name) {
        anyhow::ensure!(
            !trace.is_alive(),
            "there is a lab named {name} already; end it with `muster lab down --name {name}`, or make another with --name"
        );
        print::say(format!(
            "Removing what is left of a lab named {name}, whose keeper has died."
        ));
        trace.clear().await?;
    }
    let (hollow, bare) = (args.hollow, args.bare);
    let hosts = args.hosts.unwrap_or(if hollow > 0 { 0 } else { HOSTS });
    let began = Instant::now();
    let spec = UpSpec {
        hosts,
        hollow,
        servers: args.servers,
        combined: args.combined,
        bare,
        engine_options: args.engine_options,
        until_end_of: args.until_end_of,
    };
    lab::start(name, spec).await?;
    print::say(format!(
        "Lab {name} is up, after {:.1} s.",
        began.elapsed().as_secs_f64()
    ));
    print::say(next(name, bare, hosts > 0));
    Ok(ExitCode::SUCCESS)
}

fn next(name: &str, bare: bool, hosts: bool) -> String {
    let flag = if name == "lab" {
        String::new()
    } else {
        format!(" --name {name}")
    };
    let platform = if bare {
        String::new()
    } else {
        format!(
            "  eval \"$(muster lab env{flag})\"    the commands of this shell now ask this lab's server\n  muster host ls\n"
        )
    };
    let inside = if hosts {
        format!("  muster lab exec h1{flag} -- docker info\n  muster lab shell h1{flag}\n")
    } else {
        String::new()
    };
    format!("Try:\n{platform}{inside}  muster lab down{flag}")
}

/// Ends a lab in order, or what is left of one.
pub async fn down(name: &str) -> anyhow::Result<ExitCode> {
    let Some(trace) = Trace::find(name) else {
        print::say(format!("There is no lab named {name}."));
        return Ok(ExitCode::SUCCESS);
    };
    if trace.is_alive() {
        let keeper = Keeper { trace: trace.clone() };
        // One that cannot be asked, or does not end, is ended all the same.
        if tokio::time::timeout(END_LIMIT, keeper.ask(&Request::Down))
            .await
            .is_ok_and(|asked| asked.is_ok())
        {
            await_end(&trace).await;
        }
    }
    if Trace::find(name).is_some() {
        trace.clear().await?;
    }
    print::say(format!("Lab {name} is gone."));
    Ok(ExitCode::SUCCESS)
}

async fn await_end(trace: &Trace) {
    let deadline = Instant::now() + END_LIMIT;
    while trace.is_alive() && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
