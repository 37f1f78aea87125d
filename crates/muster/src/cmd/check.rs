//! `muster check`: says what is wrong with compose files, offline.

mod sarif;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use muster_model::{Diagnostic, Severity, diagnostic};

use crate::cli::CheckArgs;
use crate::collect::{self, COMPOSE_NAMES, Wanted};
use crate::print::{self, Output, Paint, Table};

/// Directories below this are not looked through.
const DEPTH_MAX: usize = 32;

/// Reads every file; 0 only if none has an error.
pub fn run(args: &CheckArgs, output: Output) -> anyhow::Result<ExitCode> {
    let mut files = Vec::new();
    for path in &args.paths {
        let before = files.len();
        find(path, 0, &mut files).with_context(|| format!("could not look through {}", path.display()))?;
        anyhow::ensure!(
            files.len() > before,
            "{} holds no compose file ({})",
            path.display(),
            COMPOSE_NAMES.join(", ")
        );
    }
    let mut all = Vec::new();
    for file in &files {
        all.extend(check(file)?);
    }
    let failed = diagnostic::has_errors(&all);
    if !args.verbose && matches!(output, Output::Table | Output::Wide) {
        all.retain(|diagnostic| diagnostic.severity != Severity::Note);
    }
    match output {
        Output::Json | Output::Yaml => print::listing(output, &all, |_| Table::default())?,
        Output::Sarif => sarif::print(&all)?,
        Output::Table | Output::Wide => print::data(&print::diagnostics(&all, Paint::for_stdout()))?,
    }
    print::say(summary(files.len(), &all));
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// The file itself, or every compose file below a directory, in order of names.
fn find(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !std::fs::metadata(path)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries = std::fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        if kind.is_dir() && depth < DEPTH_MAX {
            find(&entry.path(), depth + 1, files)?;
        } else if kind.is_file() && COMPOSE_NAMES.iter().any(|name| entry.file_name() == *name) {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn check(file: &Path) -> anyhow::Result<Vec<Diagnostic>> {
    let project = collect::project(&Wanted::one(file))?;
    Ok(muster_files::check(&project))
}

fn summary(files: usize, all: &[Diagnostic]) -> String {
    let count = |severity| {
        all.iter()
            .filter(|diagnostic| diagnostic.severity == severity)
            .count()
    };
    format!(
        "{files} compose file{}: {} errors, {} warnings, {} keys not supported.",
        if files == 1 { "" } else { "s" },
        count(Severity::Error),
        count(Severity::Warning),
        count(Severity::Unsupported)
    )
}
