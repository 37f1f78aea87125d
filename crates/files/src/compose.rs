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
mod links;
mod merge;
pub(crate) mod modern;
mod named;
mod order;
mod rebase;
mod same;
mod sidekicks;

use std::collections::BTreeMap;

use document::Document;

use crate::cx::Cx;
use crate::draft::DraftStack;
use crate::room::Room;
use crate::text::{Comments, Dollars, print};

/// Reads a project. What it gives means something only if nothing was an error.
pub(crate) fn read(room: &mut Room<'_>) -> DraftStack {
    match document(room) {
        Some(document) => assemble::stack(&Cx::root(room), &document),
        None => DraftStack::default(),
    }
}

/// One document of all files of a project.
fn document(room: &mut Room<'_>) -> Option<Document> {
    let trees = files::load(room);
    files::merged(&Cx::root(room), trees)
}

/// A project as one file with everything filled in that is known. Means something only if nothing was an error.
pub(crate) fn config(room: &mut Room<'_>) -> Option<String> {
    let mut document = document(room)?;
    assemble::stack(&Cx::root(room), &document);
    rebase::rebase(room, &mut document);
    modern::modernize(&mut document);
    Some(print(&document.root, Dollars::Escaped, BTreeMap::new()))
}

/// A file, or a pair, in today's words, with its variables and comments. Means something only if nothing was an error.
pub(crate) fn convert(room: &mut Room<'_>) -> Option<String> {
    room.as_written = true;
    let trees = files::load(room);
    let files = trees.iter().map(files::Tree::file);
    let comments = files
        .filter_map(|file| Some((file, Comments::of(room.bytes(file)?))))
        .collect();
    let catalog: Vec<_> = trees.iter().flat_map(files::Tree::catalog).take(1).collect();
    let mut document = files::merged(&Cx::root(room), trees)?;
    rebase::rebase(room, &mut document);
    modern::modernize(&mut document);
    modern::add_notes(&mut document.root, catalog);
    Some(print(&document.root, Dollars::AsWritten, comments))
}
