//! `muster host evacuate`: what may move leaves a host, while the person watches.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hyper::Method;
use muster_model::view::{EvacuationView, HostPatch, HostState, HostView, LeavingView};

use crate::client::{ApiError, Client};
use crate::print::{self, Paint};

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Asks for it, then says of each unit when it has left: 0 when all that may move did, 1 when units stay that cannot, 2 when
/// time is up.
pub async fn run(
    client: &Client,
    path: &str,
    deadline: Option<Duration>,
    detach: bool,
) -> anyhow::Result<ExitCode> {
    let patch = HostPatch {
        evacuating: Some(true),
        deadline_seconds: deadline.map(|deadline| deadline.as_secs()),
        ..HostPatch::default()
    };
    let host: HostView = client.send(Method::PATCH, path, &patch).await?;
    if detach {
        print::say(format!(
            "{} is being evacuated; watch it with `muster host show {}`.",
            host.name, host.name
        ));
        return Ok(ExitCode::SUCCESS);
    }
    tokio::select! {
        ended = watch(client, path, deadline) => ended,
        _ = tokio::signal::ctrl_c() => {
            print::say("Stopped watching; the evacuation goes on.");
            Ok(ExitCode::from(130))
        }
    }
}

async fn watch(client: &Client, path: &str, deadline: Option<Duration>) -> anyhow::Result<ExitCode> {
    let (began, mut left) = (Instant::now(), Left::default());
    loop {
        let host: HostView = match client.get(path).await {
            Ok(host) => host,
            // A server that restarts is waited for.
            Err(error) if is_passing(&error) && !is_over(deadline, began) => {
                tokio::time::sleep(LOOK_EVERY).await;
                continue;
            }
            Err(error) => return Err(error),
        };
        let Some(evacuation) = &host.evacuation else {
            print::say(format!("{} is no longer being evacuated.", host.name));
            return Ok(ExitCode::FAILURE);
        };
        left.show(evacuation, began.elapsed());
        let in_touch = host.state == HostState::Evacuating;
        if in_touch && evacuation.moving().next().is_none() {
            return Ok(conclude(&host, evacuation, began.elapsed()));
        }
        if is_over(deadline, began) {
            return Ok(too_late(&host, evacuation));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn is_passing(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<ApiError>()
        .is_none_or(|error| error.status >= 500)
}

fn is_over(deadline: Option<Duration>, began: Instant) -> bool {
    deadline.is_some_and(|deadline| began.elapsed() >= deadline)
}

/// The units that were there when it was last looked at.
#[derive(Default)]
struct Left {
    there: BTreeSet<String>,
    told: BTreeSet<String>,
}

impl Left {
    /// A line for each unit that has left since, and for each that stays.
    fn show(&mut self, now: &EvacuationView, elapsed: Duration) {
        let there: BTreeSet<String> = now.units.iter().map(|unit| unit.unit.clone()).collect();
        let seconds = elapsed.as_secs_f64();
        for gone in self.there.difference(&there) {
            let rest = now.moving().count();
            print::say(format!("{seconds:>5.1}s {gone} has left, {rest} on their way"));
        }
        for unit in &now.units {
            let line = unit.why.as_ref().map(|why| format!("{}: {why}", unit.unit));
            if let Some(line) = line.filter(|line| self.told.insert(line.clone())) {
                print::say(format!("{seconds:>5.1}s {line}"));
            }
        }
        self.there = there;
    }
}

fn conclude(host: &HostView, evacuation: &EvacuationView, elapsed: Duration) -> ExitCode {
    let (paint, name) = (Paint::for_stderr(), &host.name);
    let held_up: Vec<&LeavingView> = evacuation.held_up().collect();
    if held_up.is_empty() {
        let seconds = elapsed.as_secs_f64();
        let done = format!("All that may move has left {name}");
        print::say(format!("{} ({seconds:.1} s)", paint.green(&done)));
        return ExitCode::SUCCESS;
    }
    let count = held_up.len();
    print::say(paint.red(&format!("{count} of {name} stay and go on running there:")));
    tell(&held_up);
    after(host);
    ExitCode::FAILURE
}

fn too_late(host: &HostView, evacuation: &EvacuationView) -> ExitCode {
    let (paint, name) = (Paint::for_stderr(), &host.name);
    let still: Vec<&LeavingView> = evacuation.moving().chain(evacuation.held_up()).collect();
    let count = still.len();
    print::say(paint.yellow(&format!(
        "The deadline has passed and {count} are still on {name}; nothing is ended by force, and the evacuation goes on:"
    )));
    tell(&still);
    after(host);
    ExitCode::from(2)
}

fn tell(units: &[&LeavingView]) {
    for unit in units {
        let why = unit.why.as_deref().unwrap_or("on its way");
        print::say(format!("  {}: {why}", unit.unit));
    }
}

fn after(host: &HostView) {
    let name = &host.name;
    print::say(format!(
        "{name} takes nothing new. Look with `muster host show {name}`, end it with `muster host activate {name}`."
    ));
}
