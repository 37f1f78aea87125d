//! What comes in: the files of one project, as bytes, and what goes out.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::{Diagnostic, Name};

use crate::draft::DraftStack;

/// One file, as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// How diagnostics name it, with `/` between its parts. Files that it names are looked for beside it.
    pub path: String,
    /// Its content, unjudged.
    pub bytes: Vec<u8>,
}

/// Everything that describes one stack.
///
/// Nothing in here is ever opened: whoever makes a project has read the files, helped by [`references`].
///
/// [`references`]: crate::references()
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Project {
    /// The stack's name, where it is known. Files may use it as `${COMPOSE_PROJECT_NAME}`.
    pub name: Option<Name>,
    /// Absolute directory of the project on the hosts that will run it. Without one, a host path such as
    /// `./data:/data` is an error: no host can know what it means.
    pub directory: Option<String>,
    /// Compose files in the order they are merged. Those called `rancher-compose…` are read as such.
    pub sources: Vec<SourceFile>,
    /// Files that the sources name, by [`Reference::path`].
    pub support: BTreeMap<String, Vec<u8>>,
    /// Files of variables, by the key they have in `support`. None means `.env` beside the first source, if it is there.
    pub env_files: Vec<String>,
    /// Variables of whoever deploys; they win over files of variables.
    pub variables: BTreeMap<String, String>,
    /// Profiles that are switched on; `*` is all of them.
    pub profiles: BTreeSet<String>,
}

/// What a project says, and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The stack; none if any diagnostic is an error.
    pub stack: Option<DraftStack>,
    /// All remarks, in the order of the files and their lines.
    pub diagnostics: Vec<Diagnostic>,
}

/// A project written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// A compose file of today's format; none if any diagnostic is an error.
    pub text: Option<String>,
    /// All remarks on the files that it was written from.
    pub diagnostics: Vec<Diagnostic>,
}

/// A file that a project names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// Where it is: beside the file that names it, and the key it has in [`Project::support`]. A path that begins with
    /// `~/` is in the home directory of whoever deploys.
    pub path: String,
    /// What it is for.
    pub kind: ReferenceKind,
    /// The project cannot be deployed without it.
    pub required: bool,
    /// It lies outside the project's directory: read it only if the user allows that.
    pub outside: bool,
}

/// What a named file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReferenceKind {
    /// Variables for interpolation, such as `.env`.
    DotEnv,
    /// Variables of a container's environment.
    EnvFile,
    /// Labels of a container.
    LabelFile,
    /// Another compose file, for `extends`.
    Extends,
    /// Another compose file, for `include`.
    Include,
    /// The other one of a pair: `rancher-compose.yml` beside `docker-compose.yml`, and the other way round.
    Pair,
    /// The content of a secret.
    Secret,
    /// The content of a config.
    Config,
}
