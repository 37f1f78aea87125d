//! The examples that come with the platform are read without a word.

use std::path::{Path, PathBuf};

use muster_files::{Project, SourceFile};

use crate::support::stack;

fn directory() -> PathBuf {
    PathBuf::from("../../examples")
}

/// An example with the files that it names.
pub fn project(name: &str) -> Project {
    let path = directory().join(name).join("docker-compose.yml");
    let mut project = Project {
        sources: vec![SourceFile {
            bytes: std::fs::read(&path).unwrap(),
            path: path.to_string_lossy().into_owned(),
        }],
        ..Project::default()
    };
    loop {
        let named = muster_files::references(&project);
        let Some(new) = named
            .iter()
            .find(|named| !project.support.contains_key(&named.path) && Path::new(&named.path).is_file())
        else {
            return project;
        };
        project
            .support
            .insert(new.path.clone(), std::fs::read(&new.path).unwrap());
    }
}

#[test]
fn there_is_nothing_to_say_about_them() {
    let stacks = std::fs::read_dir(directory())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir());
    let names: Vec<_> = stacks
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert!(names.len() >= 2);
    for name in names {
        let project = project(&name);
        assert!(stack(&project).spec.services.len() >= 2, "{name}");
        assert_eq!(muster_files::check(&project), [], "{name}");
    }
}
