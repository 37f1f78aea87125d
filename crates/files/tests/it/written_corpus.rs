//! Real files, written anew: what is written is read as what it was written from.

use muster_files::{DraftStack, Project, SourceFile, Written};

use crate::corpus::{all_files, project_of};

/// With a value for every variable and a place on the hosts, so that much can be read as it would be deployed.
fn deployable(mut project: Project) -> Project {
    for name in muster_files::variables(&project) {
        project.variables.insert(name, "1".into());
    }
    project.directory = Some("/srv/shop".into());
    project.profiles.insert("*".into());
    project
}

/// The same project, of one file that was written.
fn written(project: &Project, text: &str) -> Project {
    let first = &project.sources[0].path;
    let directory = first.rsplit_once('/').map_or("", |(directory, _)| directory);
    Project {
        sources: vec![SourceFile {
            path: format!("{directory}/written.yaml"),
            bytes: text.as_bytes().to_vec(),
        }],
        ..project.clone()
    }
}

fn stack(project: &Project) -> Option<DraftStack> {
    muster_files::read(project).stack
}

/// How many files came back as they were, of those that can be deployed.
fn come_back(write: fn(&Project) -> Written) -> Option<(usize, usize)> {
    let (mut same, mut all) = (0, 0);
    let mut differ = Vec::new();
    for path in all_files()? {
        let project = deployable(project_of(&path));
        let Some(expect) = stack(&project) else { continue };
        all += 1;
        let text = write(&project).text.unwrap_or_default();
        let again = written(&project, &text);
        if stack(&again).as_ref() == Some(&expect) {
            same += 1;
        } else {
            let said = muster_files::read(&again).diagnostics;
            let error = said.iter().find(|d| d.severity == muster_model::Severity::Error);
            let other = stack(&again);
            let json = |stack: &DraftStack| format!("{:#?}", stack.spec);
            let (one, two) = (json(&expect), other.as_ref().map(json).unwrap_or_default());
            let line = one.lines().zip(two.lines()).find(|(one, two)| one != two);
            differ.push(format!("{}: {error:?} {line:?}\n{text}", path.display()));
        }
    }
    println!("{same} of {all} files came back");
    assert!(
        differ.is_empty(),
        "{} differ: {}",
        differ.len(),
        differ.join("\n=====\n")
    );
    Some((same, all))
}

#[test]
fn configs_come_back() {
    if let Some((same, all)) = come_back(muster_files::config) {
        assert!(all > 250 && same == all);
    }
}

#[test]
fn converted_files_come_back() {
    if let Some((same, all)) = come_back(muster_files::convert) {
        assert!(all > 250 && same == all);
    }
}
