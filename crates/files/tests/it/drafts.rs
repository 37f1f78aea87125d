//! From a draft to a finished stack.

use std::convert::Infallible;

use muster_model::Digest;
use muster_model::desired::Blob;

use crate::support::{project, service, stack};

const FILE: &str = "
services:
  web: {image: a, secrets: [own, shared], configs: [same]}
  log: {image: b, secrets: [own], labels: {io.rancher.sidekicks: aside}}
  aside: {image: c, secrets: [shared]}
secrets:
  own: {content: secret}
  shared: {external: true, name: the-shared}
configs:
  same: {content: secret}
";

#[test]
fn placeholders_become_digests() {
    let draft = stack(&project(FILE));
    assert_eq!((draft.contents.len(), draft.externals.len()), (2, 1));
    let sealed = draft.seal::<Infallible>(
        |blob| {
            Ok((
                Digest::of(format!("sealed {}", blob.name).as_bytes()),
                Blob::Plain(blob.secret.to_string()),
            ))
        },
        |external| Ok(Digest::of(format!("found {}", external.name).as_bytes())),
    );
    let Ok(spec) = sealed;
    let digest = |service: &str, file: usize| spec.services[service].unit.primary.files[file].digest;
    assert_eq!(digest("web", 0), Digest::of(b"sealed own"));
    assert_eq!(digest("web", 1), Digest::of(b"found the-shared"));
    assert_eq!(digest("web", 2), Digest::of(b"sealed same"));
    assert_eq!(digest("log", 0), digest("web", 0));
    assert_eq!(
        spec.services["log"].unit.sidekicks["aside"].files[0].digest,
        digest("web", 1)
    );
    assert_eq!(spec.blobs[&digest("web", 0)], Blob::Plain("true".into()));
    assert_eq!(spec.blobs.len(), 2);
}

#[test]
fn what_cannot_be_found_ends_it() {
    let draft = stack(&project(FILE));
    let result = draft.seal(
        |blob| Ok((Digest::of(b""), Blob::Plain(blob.name.to_string()))),
        |external| Err(external.name.to_string()),
    );
    assert_eq!(result, Err("the-shared".to_owned()));
}

#[test]
fn names_of_files_and_services_stay_what_they_are() {
    let draft = stack(&project(FILE));
    let files = &service(&draft, "web").unit.primary.files;
    let names: Vec<_> = files
        .iter()
        .map(|file| (file.name.as_str(), file.secret))
        .collect();
    assert_eq!(names, [("own", true), ("shared", true), ("same", false)]);
    assert_eq!(
        draft.externals.values().next().unwrap().name.as_str(),
        "the-shared"
    );
}
