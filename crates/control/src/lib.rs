//! Control: the world in, decisions out.
//!
//! A server mirrors the store into a [`World`]; [`World::apply`] takes in one document at a time and says whom it
//! touches. The leader keeps an [`Agenda`] of touched subjects and calls [`round`]: each subject is looked at by the
//! reconcilers in one fixed order, and what comes out is a list of [`Decision`]s, each one commit to `assigned/…`.
//! Nothing else leaves. Events make it quick; a look at everyone ([`Agenda::touch_all`]) now and then, on the same
//! path, makes it right.
//!
//! ```text
//!   documents ─► World::apply ─► touched ─► Agenda ─► round ─► decisions ─► the store ─► documents …
//!                     │
//!                     ├─► plan          what an edit would change, before it is made
//!                     ├─► table         what one host is to run
//!                     ├─► why, why_not  why a service is as it is, and a host does not take it
//!                     └─► ready_to_purge what nobody needs any more
//! ```
//!
//! Control knows its arguments only: no store, no socket, no clock, no randomness. `now` is given, ids are drawn from
//! (epoch, counter), maps that are iterated are ordered and ties break by id, so that one history of inputs has one
//! history of decisions. It does not know how units are started, who may ask for what, or what a compose file is.

mod agenda;
mod allot;
mod desk;
mod explain;
pub mod marks;
mod place;
mod plan;
mod purge;
mod reconcile;
mod round;
mod shape;
pub mod table;
mod world;

pub use agenda::Agenda;
pub use allot::addresses::hosts_max;
pub use explain::{why, why_not};
pub use plan::{Action, Edit, Plan, PlanWarning, PlannedChange, plan};
pub use purge::{Purge, ready_to_purge};
pub use reconcile::{Staying, staying};
pub use round::{Cx, Decision, Round, round};
pub use world::{Host, Load, Reservation, ServiceFacts, Subject, TablePart, Touched, Versioned, World};
