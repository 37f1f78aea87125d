//! All text people write, read into the model with exact diagnostics.
//!
//! A [`Project`] comes in: compose files as bytes, the files that they name, variables. A [`Reading`] goes out: the
//! stack, with secrets still in the clear, and every remark there is to make, each with file, line, column and key.
//!
//! ```text
//! bytes ─ text.rs ─► tree with places ─ interpolate ─► compose/ ─► DraftStack ─ seal (by the caller) ─► StackSpec
//! ```
//!
//! * `text` is the only parser of YAML; `dotenv` reads files of variables.
//! * `table` holds what a map may have: each row a key and its reader. "Did you mean", wrong shapes and the page about
//!   compatibility come from the same rows, so that nothing is claimed and not done, and nothing dropped in silence.
//! * `compose/` has a file per subject; `rancher_compose/` reads the second file of a pair and `io.rancher.*` labels.
//! * `catalogue` collects the tables: `compatibility` makes them a page for people, `schema` one for editors.
//! * `compose/modern` and `text/print` write a project anew, for [`config`] and [`convert`].
//! * `code` lists the kinds of remarks. A look at a file ([`check`]) knows less than a deployment ([`read`]); what it
//!   cannot know is a warning there.
//!
//! Nothing here opens a file, looks at a clock or knows what runs where: [`references`] says which files a project
//! names, and whoever calls brings them. On any input, time and memory are bounded and nothing panics.

mod catalogue;
mod code;
mod compatibility;
mod compose;
mod cx;
mod dotenv;
mod draft;
mod interpolate;
mod path;
mod project;
mod rancher_compose;
mod report;
mod room;
mod schema;
mod suggest;
mod table;
mod text;
mod units;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use muster_model::Diagnostic;

pub use catalogue::supported_keys;
pub use compatibility::compatibility;
pub use draft::{BlobDraft, DraftStack, External};
pub use project::{Project, Reading, Reference, ReferenceKind, SourceFile, Written};
pub use schema::schema;

use room::Room;

/// Reads a project to deploy it: what cannot be known is an error.
pub fn read(project: &Project) -> Reading {
    let mut room = Room::new(project, false);
    let stack = compose::read(&mut room);
    let stack = (!room.report.failed()).then_some(stack);
    Reading {
        stack,
        diagnostics: room.report.into_diagnostics(),
    }
}

/// Looks at a project offline: what only a deployment can know is a warning, and all profiles are switched on.
pub fn check(project: &Project) -> Vec<Diagnostic> {
    looked_at(project).report.into_diagnostics()
}

/// The files that a project names, as far as it can be read. Add them to [`Project::support`] and ask again, until
/// nothing new is named; those that are not there are simply not added.
pub fn references(project: &Project) -> Vec<Reference> {
    looked_at(project).into_references()
}

/// The variables that a project asks for; others need not travel with it.
pub fn variables(project: &Project) -> BTreeSet<String> {
    looked_at(project).into_variables()
}

/// What a file of variables says by itself; lines that cannot be read say nothing.
pub fn variables_of(env_file: &[u8]) -> BTreeMap<String, String> {
    let project = Project::default();
    let lines = dotenv::read(
        &Room::new(&project, true),
        "",
        env_file,
        false,
        dotenv::Known::default(),
    );
    let values = lines
        .into_iter()
        .filter_map(|line| Some((line.name, line.value?.ok()?)));
    values.collect()
}

/// All kinds of remarks: their names, which do not change, and what they say.
pub fn codes() -> impl Iterator<Item = (&'static str, &'static str)> {
    code::Code::ALL.iter().map(|code| (code.name(), code.meaning()))
}

/// A project as one file: merged, with everything filled in that is known. It is read as the project is.
pub fn config(project: &Project) -> Written {
    written(project, compose::config)
}

/// A file or a pair of any format in today's words, with its variables and comments. It is read as the project is.
pub fn convert(project: &Project) -> Written {
    let looked_at = check(project);
    if muster_model::diagnostic::has_errors(&looked_at) {
        return Written {
            text: None,
            diagnostics: looked_at,
        };
    }
    Written {
        diagnostics: looked_at,
        ..written(project, compose::convert)
    }
}

fn written(project: &Project, write: fn(&mut Room<'_>) -> Option<String>) -> Written {
    let mut room = Room::new(project, true);
    let text = write(&mut room).filter(|_| !room.report.failed());
    Written {
        text,
        diagnostics: room.report.into_diagnostics(),
    }
}

fn looked_at(project: &Project) -> Room<'_> {
    let mut room = Room::new(project, true);
    compose::read(&mut room);
    room
}
