//! Where secrets and configs lie on the host, for containers to mount.
//!
//! Each container's file has one place, which follows from its unit, generation and order: so the core can name it
//! without touching a disk. Secrets lie in memory (a tmpfs under `/run`), configs on disk. Both are written before a
//! container is made, and again before it is started after a restart of the machine; they go with the unit.

mod place;

use std::path::{Path, PathBuf};

use muster_model::link::{ContainerAssignment, UnitAssignment};
use serde::{Deserialize, Serialize};

pub use place::{place, sweep};

/// The two directories.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// For secrets; on a tmpfs unless configured otherwise.
    pub secrets: PathBuf,
    /// For configs.
    pub configs: PathBuf,
}

impl Places {
    /// Both.
    fn all(&self) -> [&Path; 2] {
        [&self.secrets, &self.configs]
    }
}

/// Where file number `at` of a container lies.
pub fn path(places: &Places, unit: &UnitAssignment, part: &ContainerAssignment, at: usize) -> PathBuf {
    let secret = part.spec.files.get(at).is_some_and(|file| file.secret);
    let base = if secret { &places.secrets } else { &places.configs };
    let container = part
        .sidekick
        .as_ref()
        .map_or("primary".to_owned(), |name| format!("sidekick-{name}"));
    base.join(directory(unit)).join(format!("{container}-{at}"))
}

/// The directory, below both places, that holds a unit's files.
fn directory(unit: &UnitAssignment) -> String {
    format!("{}-{}", unit.unit, unit.generation)
}
