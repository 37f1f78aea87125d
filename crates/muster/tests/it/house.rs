//! The order of the house, held by a machine: who may use whom, what stays pure, what documents promise.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Who may use whom, as docs/ARCHITECTURE.md says. Tests may use more.
const ARROWS: &[(&str, &[&str])] = &[
    ("muster-model", &[]),
    ("muster-files", &["muster-model"]),
    ("muster-control", &["muster-model"]),
    ("muster-store", &["muster-model"]),
    ("muster-trust", &["muster-model"]),
    ("muster-link", &["muster-model", "muster-trust"]),
    (
        "muster-server",
        &[
            "muster-control",
            "muster-files",
            "muster-link",
            "muster-model",
            "muster-store",
            "muster-trust",
        ],
    ),
    ("muster-agent", &["muster-link", "muster-model", "muster-trust"]),
    ("muster-lab", &[]),
];

/// Rooms whose whole tree of dependencies must stay free of clocks, sockets and randomness.
const PURE: &[&str] = &["muster-model", "muster-files", "muster-control"];

/// Crates that would end purity.
const IMPURE: &[&str] = &[
    "tokio",
    "rand",
    "getrandom",
    "mio",
    "hyper",
    "rusqlite",
    "rustix",
    "chrono",
    "time",
];

/// The one TLS stack and crypto provider.
const SECOND_STACKS: &[&str] = &["openssl-sys", "native-tls", "aws-lc-rs", "aws-lc-sys"];

fn root() -> PathBuf {
    Path::new("../..").canonicalize().unwrap()
}

struct Tree {
    names: BTreeMap<String, String>,
    licenses: BTreeMap<String, String>,
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Tree {
    /// Packages and their ordinary dependencies on our one target, as Cargo resolved them.
    fn read() -> Self {
        let output = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--format-version=1",
                "--filter-platform=x86_64-unknown-linux-gnu",
            ])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let all: Value = serde_json::from_slice(&output.stdout).unwrap();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut tree = Self {
            names: BTreeMap::new(),
            licenses: BTreeMap::new(),
            uses: BTreeMap::new(),
        };
        for package in all["packages"].as_array().unwrap() {
            tree.names.insert(text(&package["id"]), text(&package["name"]));
            tree.licenses
                .insert(text(&package["id"]), text(&package["license"]));
        }
        for node in all["resolve"]["nodes"].as_array().unwrap() {
            let ordinary = |dep: &&Value| {
                dep["dep_kinds"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .any(|kind| kind["kind"].is_null())
            };
            let deps = node["deps"]
                .as_array()
                .unwrap()
                .iter()
                .filter(ordinary)
                .map(|dep| text(&dep["pkg"]));
            tree.uses.insert(text(&node["id"]), deps.collect());
        }
        tree
    }

    fn id(&self, name: &str) -> &str {
        self.names
            .iter()
            .find(|(_, n)| *n == name)
            .map(|(id, _)| id)
            .unwrap_or_else(|| panic!("no crate {name}"))
    }

    /// Names of all that `name` needs, directly or not.
    fn closure(&self, name: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut ahead = vec![self.id(name)];
        while let Some(id) = ahead.pop() {
            for dep in &self.uses[id] {
                if found.insert(self.names[dep].as_str()) {
                    ahead.push(dep);
                }
            }
        }
        found
    }
}

#[test]
fn arrows_between_rooms_are_those_of_the_map() {
    let tree = Tree::read();
    for (room, allowed) in ARROWS {
        let used = tree.uses[tree.id(room)].iter().map(|id| tree.names[id].as_str());
        for other in used.filter(|name| name.starts_with("muster")) {
            assert!(
                allowed.contains(&other),
                "{room} must not use {other}; docs/ARCHITECTURE.md says why"
            );
        }
    }
}

#[test]
fn pure_rooms_stay_pure() {
    for room in PURE {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--package",
                room,
                "--edges",
                "normal",
                "--prefix",
                "none",
                "--format",
                "{p}",
            ])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let tree = String::from_utf8(output.stdout).unwrap();
        let names: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        assert!(names.contains(room));
        let found: Vec<_> = IMPURE.iter().filter(|name| names.contains(**name)).collect();
        assert!(found.is_empty(), "{room} must stay free of {found:?}");
    }
}

#[test]
fn the_binary_links_one_tls_stack_and_free_licences() {
    let tree = Tree::read();
    let closure = tree.closure("muster");
    let second: Vec<_> = SECOND_STACKS
        .iter()
        .filter(|name| closure.contains(**name))
        .collect();
    assert!(second.is_empty(), "{second:?}");
    for (id, license) in &tree.licenses {
        if !closure.contains(tree.names[id].as_str()) {
            continue;
        }
        // A choice (OR) with a free side is free.
        let free = license.split(" OR ").any(|side| !side.contains("GPL"));
        assert!(
            free && !license.is_empty(),
            "{} is under `{license}`",
            tree.names[id]
        );
    }
}

fn files(below: &Path, endings: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(below).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files(&path, endings, found);
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            found.push(path);
        }
    }
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut documents = Vec::new();
    files(&root(), &[".md"], &mut documents);
    assert!(documents.len() > 10);
    for document in documents {
        let text = std::fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            let full = document.parent().unwrap().join(path);
            assert!(full.exists(), "{}: {target} leads nowhere", document.display());
        }
    }
}

#[test]
fn no_unfinished_work_is_left_in_the_code() {
    let mut sources = Vec::new();
    files(&root().join("crates"), &[".rs"], &mut sources);
    let marks = [
        "TO".to_owned() + "DO",
        "FIX".to_owned() + "ME",
        "X".to_owned() + "XX",
    ];
    for source in sources {
        let text = std::fs::read_to_string(&source).unwrap();
        for mark in &marks {
            assert!(!text.contains(mark), "{} has {mark}", source.display());
        }
    }
}

#[test]
fn both_readmes_show_the_same_commands() {
    let commands = |name: &str| {
        let text = std::fs::read_to_string(root().join(name)).unwrap();
        let inside = text
            .split("```")
            .skip(1)
            .step_by(2)
            .flat_map(str::lines)
            .map(str::to_owned)
            .collect::<Vec<_>>();
        inside
            .into_iter()
            .map(|line| line.split('#').next().unwrap().trim().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(commands("README.md"), commands("README.zh-CN.md"));
}
