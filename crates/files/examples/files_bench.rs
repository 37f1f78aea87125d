//! Prints what reading compose files costs, one JSON object a line. `MUSTER_CORPUS` names a directory of real files; without
//! it, or the one beside the project, that figure is left out.
#![expect(clippy::unwrap_used, reason = "a benchmark has nobody to answer to")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use muster_files::{Project, SourceFile};
use muster_model::Severity;

/// The median of so many counts.
const TIMES: usize = 9;
const MIB: usize = 1024 * 1024;

fn main() {
    let large = project(large_file());
    figure(
        "files: 1,000 services read",
        median(|| read(&large)),
        "ms",
        "<= 200",
    );
    let bombs = [
        ("50 MB", project(vec![b'a'; 50 * MIB])),
        ("aliases", project(aliases().into_bytes())),
        ("brackets", project(vec![b'['; 4 * MIB])),
    ];
    let before = peak_memory();
    let times = bombs.iter().map(|(name, bomb)| {
        let time = median(|| refused(bomb));
        eprintln!("{name}: {time:.2} ms");
        time
    });
    let worst = times.fold(0.0, f64::max);
    figure("files: a bomb refused, the worst of three", worst, "ms", "<= 100");
    figure(
        "files: memory that refusing takes",
        peak_memory() - before,
        "MB",
        "<= 100",
    );
    let files = corpus();
    if !files.is_empty() {
        let began = Instant::now();
        let clean = files.iter().filter(|file| is_clean(file)).count();
        figure(
            "files: the corpus checked",
            began.elapsed().as_secs_f64(),
            "s",
            "<= 5",
        );
        let share = 100.0 * clean as f64 / files.len() as f64;
        eprintln!("{clean} of {} files without an error", files.len());
        figure("files: of the corpus without an error", share, "%", ">= 97");
    }
}

fn figure(name: &str, value: f64, unit: &str, goal: &str) {
    println!(
        "{{\"name\":\"{name}\",\"value\":{value:.3},\"unit\":\"{unit}\",\"peer\":null,\"ratio\":null,\"goal\":\"{goal}\"}}"
    );
}

/// Milliseconds.
fn median(work: impl Fn()) -> f64 {
    let mut times: Vec<f64> = (0..TIMES)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed().as_secs_f64() * 1_000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[TIMES / 2]
}

fn project(bytes: Vec<u8>) -> Project {
    let path = "compose.yaml".to_owned();
    Project {
        sources: vec![SourceFile { path, bytes }],
        ..Project::default()
    }
}

fn large_file() -> Vec<u8> {
    let service = |i| {
        let port = 10_000 + i;
        let next = i + 1;
        format!(
            "  s{i}:\n    image: nginx:{i}\n    ports: ['{port}:80']\n    environment: {{A: '${{A:-b}}', B: c}}\n    volumes: ['v{i}:/data']\n    depends_on: [s{next}]\n"
        )
    };
    let services: String = (0..1_000).map(service).collect();
    let volumes: String = (0..1_000).map(|i| format!("  v{i}:\n")).collect();
    format!("services:\n{services}  s1000: {{image: a}}\nvolumes:\n{volumes}").into_bytes()
}

/// Each line stands for ten of the one before: a billion in the end.
fn aliases() -> String {
    let line = |i: usize| {
        let alias = format!("*a{},", i.saturating_sub(1)).repeat(10);
        format!("x-{i}: &a{i} [{alias}]\n")
    };
    let lines: String = (1..10).map(line).collect();
    format!("x-0: &a0 lol\n{lines}services: {{web: {{image: a, labels: *a9}}}}\n")
}

fn read(project: &Project) {
    let reading = muster_files::read(project);
    assert!(reading.stack.is_some(), "{:?}", reading.diagnostics.first());
}

fn refused(project: &Project) {
    assert!(muster_files::read(project).stack.is_none());
}

/// The most memory that the process ever had, in MB (proc(5), `VmHWM`).
fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib * 1024.0 / 1e6
}

fn corpus() -> Vec<PathBuf> {
    let beside = || PathBuf::from("../shared/corpus");
    let directory = std::env::var_os("MUSTER_CORPUS").map_or_else(beside, PathBuf::from);
    let mut found = Vec::new();
    if directory.is_dir() {
        compose_files(&directory, &mut found);
    }
    found
}

fn compose_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
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

/// Checks a file with those that it names, as the command does.
fn is_clean(file: &Path) -> bool {
    let mut project = project(std::fs::read(file).unwrap());
    project.sources[0].path = file.to_string_lossy().into_owned();
    loop {
        let before = project.support.len();
        for named in muster_files::references(&project) {
            if let Ok(bytes) = std::fs::read(&named.path) {
                project.support.insert(named.path, bytes);
            }
        }
        if project.support.len() == before {
            let all = muster_files::check(&project);
            return all.iter().all(|remark| remark.severity != Severity::Error);
        }
    }
}
