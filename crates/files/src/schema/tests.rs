//! Files that are read must not be wrong in an editor; examples of all keys, with values that nobody knows yet.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use muster_model::Severity;
use serde_json::Value as Json;

use super::schema;
use super::shapes::{file_with, one_file};
use crate::catalogue::{self, Row};
use crate::project::{Project, SourceFile};
use crate::report::Report;
use crate::text::{Dollars, Node, Value, load, print};

/// The first place that the schema refuses, by the words of JSON Schema that it uses.
fn refused(schema: &Json, node: &Node, path: &str) -> Option<String> {
    if schema == &Json::Bool(false) {
        return Some(format!("{path} at line {} is no key", node.at.line));
    }
    let types: &[&str] = match &node.value {
        Value::Null => &["null"],
        Value::Scalar(_) => &["string", "number", "boolean"],
        Value::List(_) => &["array"],
        Value::Map(_) => &["object"],
    };
    let wanted = schema["type"].as_array();
    let fits = |wanted: &Vec<Json>| {
        wanted
            .iter()
            .any(|wanted| types.contains(&wanted.as_str().unwrap()))
    };
    if !wanted.is_none_or(fits) {
        return Some(format!("{path} at line {} is {}", node.at.line, node.kind()));
    }
    match &node.value {
        Value::List(items) => items
            .iter()
            .find_map(|item| refused(&schema["items"], item, &format!("{path}[]"))),
        Value::Map(entries) => entries.iter().find_map(|entry| {
            let own = entry.key.starts_with("x-") && !schema["patternProperties"].is_null();
            let below = match &schema["properties"][&entry.key] {
                Json::Null if own => return None,
                Json::Null => &schema["additionalProperties"],
                below => below,
            };
            refused(below, &entry.value, &format!("{path}.{}", entry.key))
        }),
        Value::Null | Value::Scalar(_) => None,
    }
}

fn tree(text: &[u8]) -> Option<Node> {
    let report = Report::new(true);
    let file = report.file("compose.yaml");
    load(&report, file, text)
}

#[test]
fn what_it_refuses() {
    let schema = schema();
    for (file, wanted) in [
        ("services: {web: {image: a, ports: [80, {target: 80}]}}", None),
        ("services: {web: {image: a, x-mine: 1}}\nx-mine: 2", None),
        (
            "services: {web: {environment: {A: }, labels: [a=b], x-muster: {scale: 2}}}",
            None,
        ),
        (
            "services: {web: {build: {args: {A: 1}}, ulimits: {nofile: {soft: 1, hard: 2}}}}",
            None,
        ),
        (
            "services: {web: {image: []}}",
            Some(".services.web.image at line 1 is a list"),
        ),
        (
            "services: {web: {imgae: a}}",
            Some(".services.web.imgae at line 1 is no key"),
        ),
        (
            "services: {web: {ports: {a: b}}}",
            Some(".services.web.ports at line 1 is a map"),
        ),
        (
            "services: {web: {ports: [[80]]}}",
            Some(".services.web.ports[] at line 1 is a list"),
        ),
        (
            "services: {web: {environment: {A: [b]}}}",
            Some(".services.web.environment.A at line 1 is a list"),
        ),
        (
            "services: {web: {deploy: {resources: {limits: {cpu: 1}}}}}",
            Some(".services.web.deploy.resources.limits.cpu at line 1 is no key"),
        ),
        (
            "services: {web: {ulimits: {nofile: {soft: []}}}}",
            Some(".services.web.ulimits.nofile.soft at line 1 is a list"),
        ),
        (
            "volumes: {data: {drver: a}}",
            Some(".volumes.data.drver at line 1 is no key"),
        ),
        ("services: [web]", Some(".services at line 1 is a list")),
    ] {
        let found = refused(&schema, &tree(file.as_bytes()).unwrap(), "");
        assert_eq!(found.as_deref(), wanted, "{file}");
    }
}

#[test]
fn it_refuses_no_file_that_is_read() {
    let corpus = std::env::var_os("MUSTER_CORPUS")
        .map_or_else(|| Path::new("../../../shared/corpus").to_owned(), PathBuf::from);
    let mut files = Vec::new();
    below(&corpus, &mut files);
    below(Path::new("../../examples"), &mut files);
    let (schema, mut looked_at) = (schema(), 0);
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let project = Project {
            sources: vec![SourceFile {
                path: path.to_string_lossy().into_owned(),
                bytes: bytes.clone(),
            }],
            ..Project::default()
        };
        let is_read = !muster_model::diagnostic::has_errors(&crate::check(&project));
        let Some(root) = tree(&bytes).filter(|root| is_read && root.get("services").is_some()) else {
            continue;
        };
        assert_eq!(refused(&schema, &root, ""), None, "{}", path.display());
        looked_at += 1;
    }
    println!("{looked_at} files");
    assert!(looked_at > 0);
}

/// All keys with an example, each with the way to the map that it stands in.
fn examples() -> Vec<(String, &'static str)> {
    let mut all: Vec<_> = (catalogue::root().iter())
        .map(|row| (String::new(), row.path.clone(), row.form))
        .collect();
    let mut take = |base: &str, rows: Vec<Row>| {
        all.extend(rows.into_iter().map(|row| (base.to_owned(), row.path, row.form)));
    };
    for (path, rows) in catalogue::root_maps() {
        take(path.split(", ").next().unwrap(), rows);
    }
    for (title, rows) in catalogue::service() {
        take("services.<name>", rows);
        for (path, rows) in catalogue::service_maps(title) {
            let path = path
                .split(", ")
                .next()
                .unwrap()
                .replace("*[]", "device_read_bps[]");
            take(&format!("services.<name>.{path}"), rows);
        }
    }
    let with_map = |(base, path, form): (String, String, &'static str)| {
        let map = path.rsplit_once('.').map_or("", |(map, _)| map);
        let dot = if base.is_empty() || map.is_empty() {
            ""
        } else {
            "."
        };
        (format!("{base}{dot}{map}"), form)
    };
    all.retain(|(_, _, form)| !form.is_empty());
    all.into_iter().map(with_map).collect()
}

/// Kinds of errors about a file that is only looked at.
fn errors(text: &str) -> BTreeSet<String> {
    let remarks = crate::check(&one_file(text.to_owned()));
    let errors = remarks
        .into_iter()
        .filter(|remark| remark.severity == Severity::Error);
    errors
        .map(|remark| format!("{} {}", remark.code, remark.key))
        .collect()
}

/// The tree with its `nth` text replaced; none if it has fewer.
fn with_text(root: &Node, nth: usize, change: &dyn Fn(&str) -> String) -> Option<Node> {
    fn walk(node: &mut Node, left: &mut usize, change: &dyn Fn(&str) -> String) -> bool {
        match &mut node.value {
            Value::Scalar(scalar) if *left == 0 => {
                scalar.text = change(&scalar.text);
                true
            }
            Value::Scalar(_) => {
                *left -= 1;
                false
            }
            Value::List(items) => items.iter_mut().any(|item| walk(item, left, change)),
            Value::Map(entries) => entries
                .iter_mut()
                .any(|entry| walk(&mut entry.value, left, change)),
            Value::Null => false,
        }
    }
    let (mut root, mut left) = (root.clone(), nth);
    walk(&mut root, &mut left, change).then_some(root)
}

#[test]
fn what_is_not_known_is_not_judged() {
    let changes: [&dyn Fn(&str) -> String; 3] = [
        &|_| "${UNSET}".to_owned(),
        &|text| format!("${{UNSET}}{text}"),
        &|text| format!("{text}${{UNSET}}"),
    ];
    let (mut tried, mut wrong) = (0, Vec::new());
    for (way, example) in examples() {
        let (text, _) = match way.as_str() {
            "" => (format!("{{{example}}}"), String::new()),
            way => file_with(way, &format!("{{{example}}}")),
        };
        let before = errors(&text);
        // One that only shows how a block begins is no file.
        let Some(root) = tree(text.as_bytes()) else {
            continue;
        };
        for change in changes {
            for changed in (0..).map_while(|nth| with_text(&root, nth, change)) {
                let text = print(&changed, Dollars::AsWritten, BTreeMap::default());
                let new: Vec<_> = errors(&text).difference(&before).cloned().collect();
                if !new.is_empty() {
                    wrong.push(format!("{text}{new:?}"));
                }
                tried += 1;
            }
        }
    }
    println!("{tried} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 800, "{tried}");
}

/// Compose files, wherever they stand below a directory; none if it is not there.
fn below(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            below(&path, files);
        } else if name.contains("compose")
            && !name.contains("rancher")
            && (name.ends_with(".yml") || name.ends_with(".yaml"))
        {
            files.push(path);
        }
    }
}
