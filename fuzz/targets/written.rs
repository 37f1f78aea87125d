//! Any bytes as a pair of compose files: what is written from them is read as they are.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_files::{Project, SourceFile};

fuzz_target!(|bytes: &[u8]| {
    let (first, second) = match bytes.iter().position(|byte| *byte == 0) {
        Some(place) => (&bytes[..place], &bytes[place + 1..]),
        None => (bytes, &[][..]),
    };
    let source = |path: &str, bytes: &[u8]| SourceFile { path: path.to_owned(), bytes: bytes.to_vec() };
    let mut sources = vec![source("docker-compose.yml", first)];
    if !second.is_empty() {
        sources.push(source("rancher-compose.yml", second));
    }
    let project = Project {
        sources,
        directory: Some("/srv".to_owned()),
        profiles: ["*".to_owned()].into(),
        ..Project::default()
    };
    let expect = muster_files::read(&project).stack;
    for written in [muster_files::config(&project), muster_files::convert(&project)] {
        let (Some(expect), Some(text)) = (&expect, written.text) else { continue };
        let again = Project { sources: vec![source("compose.yaml", text.as_bytes())], ..project.clone() };
        let reading = muster_files::read(&again);
        assert_eq!(reading.stack.as_ref(), Some(expect), "{text}\n{:?}", reading.diagnostics);
    }
});
