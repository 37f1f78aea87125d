//! `muster check`: says what is wrong with compose files, offline.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use muster_model::{Diagnostic, Severity, diagnostic};

use crate::cli::CheckArgs;
use crate::collect::{self, Outside, Wanted};
use crate::print::{self, Output, Paint, Table};

/// Names that compose files go by.
const COMPOSE_NAMES: &[&str] = &[
    "compose.yaml",
    "compose.yml",
    "docker-compose.yaml",
    "docker-compose.yml",
];

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
        Output::Table | Output::Wide => show(&all)?,
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
    let files = [file.to_owned()];
    let profiles = ["*".to_owned()];
    let wanted = Wanted {
        files: &files,
        env_files: &[],
        profiles: &profiles,
        outside: Outside::Skip,
    };
    Ok(muster_files::check(&collect::project(wanted)?))
}

fn show(all: &[Diagnostic]) -> anyhow::Result<()> {
    let paint = Paint::for_stdout();
    let mut text = String::new();
    for diagnostic in all {
        let line = diagnostic.to_string();
        text.push_str(&match diagnostic.severity {
            Severity::Error => paint.red(&line),
            Severity::Warning => paint.yellow(&line),
            Severity::Unsupported => line,
            Severity::Note => paint.dim(&line),
        });
        text.push('\n');
    }
    print::data(&text)
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
