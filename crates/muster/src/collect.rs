//! Everything a stack's files name, read here and sent along: a server never opens a path that a user wrote.

mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use muster_files::{Project, Reference, SourceFile};
use muster_model::limits::{REVISION_BYTES_MAX, SOURCE_BYTES_MAX};
use muster_model::view::{FileContent, StackFiles, SupportFile};

pub use settings::{COMPOSE_NAMES, Wanted};

/// What is done about files outside the project's directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// They are read too: the user trusts the compose files.
    Read,
    /// Nothing is sent.
    Refuse,
    /// They count as missing.
    Skip,
}

/// The files and what they name, ready to be sent. `directory` is sent only to a server on this machine, where
/// relative host paths mean something.
pub fn stack_files(wanted: &Wanted, same_machine: bool) -> anyhow::Result<StackFiles> {
    let project = project(wanted)?;
    let text = |source: &SourceFile| {
        let content = String::from_utf8(source.bytes.clone())
            .with_context(|| format!("{} is not UTF-8 text", source.path))?;
        Ok(muster_model::view::SourceFile {
            path: source.path.clone(),
            content,
        })
    };
    Ok(StackFiles {
        sources: project.sources.iter().map(text).collect::<anyhow::Result<_>>()?,
        support: project
            .support
            .into_iter()
            .map(|(path, bytes)| SupportFile {
                path,
                content: FileContent::of(bytes),
            })
            .collect(),
        env_files: project.env_files,
        variables: project.variables,
        profiles: project.profiles.into_iter().collect(),
        project_directory: project.directory.filter(|_| same_machine),
    })
}

/// Reads compose files and, again and again, what they name, until nothing new is named.
pub fn project(wanted: &Wanted) -> anyhow::Result<Project> {
    let mut budget = Budget(REVISION_BYTES_MAX);
    let mut project = Project {
        profiles: wanted.profiles.iter().cloned().collect(),
        ..Project::default()
    };
    project.directory = wanted.files.first().and_then(|file| directory_of(file));
    for file in &wanted.files {
        let bytes = budget
            .read(file)
            .with_context(|| format!("could not read {}", file.display()))?;
        project.sources.push(SourceFile {
            path: slashed(file),
            bytes,
        });
    }
    for file in &wanted.env_files {
        let bytes = budget
            .read(file)
            .with_context(|| format!("could not read {}", file.display()))?;
        project.support.insert(slashed(file), bytes);
        project.env_files.push(slashed(file));
    }
    let mut missing = BTreeSet::new();
    loop {
        project.variables = from_the_shell(&project);
        let unread = unread(&project, &missing);
        if unread.is_empty() {
            return Ok(project);
        }
        for reference in unread {
            match support(&mut budget, &reference, wanted.outside)? {
                Some(bytes) => drop(project.support.insert(reference.path, bytes)),
                None => drop(missing.insert(reference.path)),
            }
        }
    }
}

/// The variables that the files ask for, as far as the shell has them. A path may be made of them.
fn from_the_shell(project: &Project) -> BTreeMap<String, String> {
    muster_files::variables(project)
        .into_iter()
        .filter_map(|name| std::env::var(&name).ok().map(|value| (name, value)))
        .collect()
}

fn unread(project: &Project, missing: &BTreeSet<String>) -> Vec<Reference> {
    let mut references = muster_files::references(project);
    references.retain(|reference| {
        !project.support.contains_key(&reference.path) && !missing.contains(&reference.path)
    });
    references
}

/// What a file that is named holds; none if it is missing: whether it may be, and on which line it is named, the reader says.
fn support(budget: &mut Budget, reference: &Reference, outside: Outside) -> anyhow::Result<Option<Vec<u8>>> {
    if reference.outside && outside == Outside::Skip {
        return Ok(None);
    }
    anyhow::ensure!(
        !reference.outside || outside == Outside::Read,
        "{} lies outside the project's directory; read it with --allow-outside if you trust these files",
        reference.path
    );
    match budget.read(&on_disk(&reference.path)) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error @ Unread::TooLarge) => anyhow::bail!("{}: {error}", reference.path),
        Err(Unread::Io(_)) => Ok(None),
    }
}

fn directory_of(file: &Path) -> Option<String> {
    let file = std::path::absolute(file).ok()?;
    file.parent().map(slashed)
}

fn slashed(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn on_disk(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(path),
    }
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error(
        "the files of a stack may have {SOURCE_BYTES_MAX} bytes each and {REVISION_BYTES_MAX} together; put large data in a volume"
    )]
    TooLarge,
    #[error("it cannot be opened")]
    Io(#[source] std::io::Error),
}

/// Bytes that may still be read.
struct Budget(usize);

impl Budget {
    fn read(&mut self, file: &Path) -> Result<Vec<u8>, Unread> {
        use std::io::Read as _;
        let most = self.0.min(SOURCE_BYTES_MAX);
        let mut bytes = Vec::new();
        let opened = std::fs::File::open(file).map_err(Unread::Io)?;
        let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
        opened.take(limit).read_to_end(&mut bytes).map_err(Unread::Io)?;
        if bytes.len() > most {
            return Err(Unread::TooLarge);
        }
        self.0 -= bytes.len();
        Ok(bytes)
    }
}
