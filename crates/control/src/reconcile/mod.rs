//! Reconcilers: functions that look at one subject, see what is and what should be, and decide the difference.
//!
//! A reconciler keeps nothing between looks and is told only *whom* to look at, never what happened. So restart,
//! failover and the normal day are one path.

mod brake;
mod calm;
mod changed;
mod evacuate;
mod hosts;
mod look;
pub(crate) mod members;
mod rollouts;
mod services;
mod verdicts;
pub(crate) mod volumes;

use crate::desk::Desk;
use crate::world::Subject;

pub use evacuate::{Staying, staying};
pub(crate) use look::Look;
pub(crate) use rollouts::{outdated, reason};
pub(crate) use services::{missing, surplus};

/// A reconciler and its name. It decides on the desk; a subject that is not its concern it leaves alone.
pub(crate) type Row = (&'static str, fn(&mut Desk<'_>, &Subject));

/// Subjects come in this order too: hosts before the services that run on them, volumes after those that mount them.
pub(crate) const RECONCILERS: &[Row] = &[
    ("hosts", hosts::reconcile),
    ("services", services::reconcile),
    ("volumes", volumes::reconcile),
];

/// Leaves a subject alone in which control met what it should not have, and says so where people look.
pub(crate) fn quarantine(desk: &mut Desk<'_>, subject: &Subject, message: &str) {
    if let Subject::Service(stack, service) = subject {
        verdicts::quarantine(desk, *stack, service, message);
    }
}
