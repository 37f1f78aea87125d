//! Any bytes as a compose file: read, checked, never a panic, and reading twice says the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_files::{Project, SourceFile};

fuzz_target!(|bytes: &[u8]| {
    let source = SourceFile { path: "docker-compose.yml".to_owned(), bytes: bytes.to_vec() };
    let project = Project { sources: vec![source], ..Project::default() };
    let _ = muster_files::references(&project);
    let _ = muster_files::variables(&project);
    let first = muster_files::read(&project);
    assert_eq!(first, muster_files::read(&project));
    let _ = muster_files::check(&project);
});
