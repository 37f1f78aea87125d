//! Compose files of every format, to a stack.
//!
//! ```text
//! bytes ─ text ─► tree ─ interpolated ─► document ─ extends, include ─► whole ─ merge ─► one tree
//!   one tree ─ services, volumes, secrets … ─► drafts ─ assemble ─► DraftStack
//! ```
//!
//! Each subject has a file with a table of its keys, the accepted forms first. To add a key, add a row to a table and
//! its reader; the page about compatibility and "did you mean" follow.

pub(crate) mod blobs;
pub(crate) mod draft;
pub(crate) mod extends;
pub(crate) mod octal;
pub(crate) mod pairs;
pub(crate) mod sections;
pub(crate) mod service;
pub(crate) mod volumes;

mod assemble;
mod document;
mod files;
mod finish;
pub(crate) mod include;
mod interpolated;
mod merge;
mod named;
mod order;
mod same;
mod sidekicks;

use crate::cx::Cx;
use crate::draft::DraftStack;
use crate::room::Room;

/// Reads a project. What it gives means something only if nothing was an error.
pub(crate) fn read(room: &mut Room<'_>) -> DraftStack {
    let trees = files::load(room);
    let room = &*room;
    let cx = Cx::root(room);
    let Some(document) = files::merged(&cx, trees) else {
        return DraftStack::default();
    };
    assemble::stack(&cx, &document)
}
