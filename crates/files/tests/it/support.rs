//! Short ways to make a project and to ask for what it says.

use std::collections::BTreeMap;

use muster_files::{DraftStack, Project, SourceFile};
use muster_model::desired::{ContainerSpec, ServiceSpec};

/// A project of one compose file, with a directory that relative host paths start at.
pub fn project(text: &str) -> Project {
    Project {
        name: "shop".parse().ok(),
        directory: Some("/srv/shop".into()),
        sources: vec![source("compose.yaml", text)],
        ..Project::default()
    }
}

pub fn source(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.into(),
        bytes: text.as_bytes().to_vec(),
    }
}

/// A project of several files: the first `sources` are compose files, the others are named by them.
pub fn files(sources: usize, files: &[(&str, &str)]) -> Project {
    let (first, rest) = files.split_at(sources);
    Project {
        sources: first.iter().map(|(path, text)| source(path, text)).collect(),
        support: rest
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect(),
        ..project("")
    }
}

pub fn with_variables(text: &str, variables: &[(&str, &str)]) -> Project {
    let pairs = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Project {
        variables: pairs.collect::<BTreeMap<_, _>>(),
        ..project(text)
    }
}

/// All remarks of a deployment, one a line, without their help.
pub fn said(project: &Project) -> Vec<String> {
    let diagnostics = muster_files::read(project).diagnostics;
    diagnostics
        .into_iter()
        .map(|d| muster_model::Diagnostic { help: None, ..d }.to_string())
        .collect()
}

/// The stack of a project about which there is nothing to say.
pub fn stack(project: &Project) -> DraftStack {
    let reading = muster_files::read(project);
    assert_eq!(reading.diagnostics, []);
    reading.stack.unwrap()
}

/// The stack of a project without errors.
pub fn stack_with_remarks(project: &Project) -> DraftStack {
    let reading = muster_files::read(project);
    reading
        .stack
        .unwrap_or_else(|| panic!("{:#?}", reading.diagnostics))
}

pub fn service<'a>(stack: &'a DraftStack, name: &str) -> &'a ServiceSpec {
    &stack.spec.services[name]
}

/// The service `web` of a file that holds only its keys.
pub fn web(keys: &str) -> ServiceSpec {
    service(&stack_with_remarks(&project(&web_file(keys))), "web").clone()
}

/// Its container.
pub fn container(keys: &str) -> ContainerSpec {
    web(keys).unit.primary
}

/// What is said about a service `web` with some keys, which begin on line 4.
pub fn said_of(keys: &str) -> Vec<String> {
    said(&project(&web_file(keys)))
}

pub fn web_file(keys: &str) -> String {
    let names_image = |line: &str| line.starts_with("image:") || line.starts_with("build:");
    let image = if keys.lines().any(names_image) {
        ""
    } else {
        "    image: nginx\n"
    };
    let keys = keys
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect::<String>();
    format!("services:\n  web:\n{image}{keys}volumes: {{a: , b: , c: , vol: }}\n")
}
