//! Real files of other people: how many are read, and how fast.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use muster_files::{Project, SourceFile};
use muster_model::Severity;

/// Files that may have errors, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

fn corpus() -> Option<PathBuf> {
    let workspace = Path::new("../..");
    let path =
        std::env::var_os("MUSTER_CORPUS").map_or_else(|| workspace.join("../shared/corpus"), PathBuf::from);
    if !path.is_dir() {
        println!(
            "skipped: there is no corpus at {} (MUSTER_CORPUS)",
            path.display()
        );
        return None;
    }
    Some(path)
}

fn compose_files(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            compose_files(&path, found);
        } else if name.contains("compose") && (name.ends_with(".yml") || name.ends_with(".yaml")) {
            found.push(path);
        }
    }
}

/// A file as the commands read it: with the files that it names, where they are there.
pub fn project_of(path: &Path) -> Project {
    let mut project = Project {
        sources: vec![SourceFile {
            path: path.to_string_lossy().into_owned(),
            bytes: std::fs::read(path).unwrap(),
        }],
        ..Project::default()
    };
    loop {
        let named = muster_files::references(&project).into_iter();
        let new = named.filter(|named| !project.support.contains_key(&named.path));
        let found: BTreeMap<_, _> = new
            .filter_map(|named| Some((named.path.clone(), std::fs::read(&named.path).ok()?)))
            .collect();
        if found.is_empty() {
            return project;
        }
        project.support.extend(found);
    }
}

/// Every compose file of the corpus; none where it is not there.
pub fn all_files() -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    compose_files(&corpus()?, &mut files);
    Some(files)
}

#[test]
fn real_files_are_read() {
    let Some(corpus) = corpus() else {
        return;
    };
    let mut files = Vec::new();
    compose_files(&corpus, &mut files);
    let started = Instant::now();
    let (mut clean, mut codes, mut failed) = (0, BTreeMap::<_, usize>::new(), Vec::new());
    for path in &files {
        let diagnostics = muster_files::check(&project_of(path));
        let errors: Vec<_> = diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .collect();
        clean += usize::from(errors.is_empty());
        for diagnostic in &diagnostics {
            *codes
                .entry((diagnostic.severity, diagnostic.code.clone()))
                .or_default() += 1;
        }
        if std::env::var_os("MUSTER_CORPUS_SHOW").is_some() {
            diagnostics.iter().for_each(|d| println!("{d}"));
        }
        let name = path.strip_prefix(&corpus).unwrap().to_string_lossy().into_owned();
        if !errors.is_empty() && EXCEPTIONS.iter().all(|(exception, _)| *exception != name) {
            failed.push(format!("{name}: {}", errors[0]));
        }
    }
    let share = 100.0 * clean as f64 / files.len() as f64;
    println!(
        "{clean} of {} compose files without an error ({share:.1} %) in {:?}",
        files.len(),
        started.elapsed()
    );
    println!("{codes:#?}");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(share >= 97.0);
}
