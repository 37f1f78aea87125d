//! Whether it is done, cannot be done, or takes longer.

use std::process::ExitCode;
use std::time::Duration;

use muster_model::assigned::{RolloutState, ServiceState};
use muster_model::view::ServiceView;

use super::Until;
use crate::print::{self, Paint};

/// How far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// On its way.
    NotYet,
    /// As wished.
    Done,
    /// Cannot go on by itself; why, line by line.
    Stuck(Vec<String>),
}

/// Judges by what the server says of the services.
pub fn judge(until: &Until, services: &[ServiceView]) -> Verdict {
    let ours: Vec<&ServiceView> = match until {
        Until::Gone(_) => return Verdict::NotYet,
        Until::Stack { revision, .. } => {
            if services.iter().any(|service| service.revision < *revision) {
                return Verdict::NotYet;
            }
            services.iter().collect()
        }
        Until::Service { service, .. } => services.iter().filter(|s| s.name == *service).collect(),
    };
    let stuck: Vec<String> = ours
        .iter()
        .filter(|service| is_stuck(service))
        .flat_map(|service| why(service))
        .collect();
    let moving = |service: &&&ServiceView| service.state == ServiceState::Converging && !is_stuck(service);
    if ours.iter().any(|service| moving(&service)) {
        Verdict::NotYet
    } else if stuck.is_empty() {
        Verdict::Done
    } else {
        Verdict::Stuck(stuck)
    }
}

fn is_stuck(service: &ServiceView) -> bool {
    let rollout = service.rollout.as_ref().map(|rollout| rollout.state);
    service.state == ServiceState::Blocked
        || matches!(rollout, Some(RolloutState::Paused | RolloutState::RolledBack))
}

fn why(service: &ServiceView) -> Vec<String> {
    let rollout = service
        .rollout
        .iter()
        .filter(|_| is_stuck(service))
        .flat_map(|rollout| &rollout.reasons);
    let mut reasons: Vec<String> = service
        .why
        .iter()
        .cloned()
        .chain(rollout.map(ToString::to_string))
        .collect();
    reasons.dedup();
    if reasons.is_empty() {
        reasons.push("see `muster service show`".to_owned());
    }
    reasons
        .into_iter()
        .map(|reason| format!("{}: {reason}", service.name))
        .collect()
}

/// Says how it ended, and with which exit code.
pub fn conclude(ended: Option<Verdict>, until: &Until, timeout: u64, elapsed: Duration) -> ExitCode {
    let paint = Paint::for_stderr();
    let stack = until.stack_name();
    let seconds = format!("{:.1} s", elapsed.as_secs_f64());
    match ended {
        Some(Verdict::Done) => {
            let what = match until {
                Until::Stack { revision, .. } => format!("{stack} runs, at revision {revision}"),
                Until::Service { service, .. } => format!("{stack}/{service} runs as wished"),
                Until::Gone(_) => format!("{stack} is gone"),
            };
            print::say(format!("{} ({seconds})", paint.green(&what)));
            ExitCode::SUCCESS
        }
        Some(Verdict::Stuck(reasons)) => {
            print::say(paint.red(&format!("{stack} cannot go on by itself ({seconds}):")));
            reasons
                .iter()
                .for_each(|reason| print::say(format!("  {reason}")));
            print::say(format!(
                "Mend it and repeat, or go back with `muster stack rollback {stack}`."
            ));
            ExitCode::FAILURE
        }
        Some(Verdict::NotYet) | None => {
            print::say(paint.yellow(&format!(
                "{stack} is not there yet after {timeout} s; the platform goes on."
            )));
            print::say(format!("Look with `muster stack show {stack}`."));
            ExitCode::from(2)
        }
    }
}
