//! `build`: nothing is built here, but the command that builds it is told.

use crate::compose::draft::ServiceDraft;
use crate::compose::pairs::{PairValue, pairs};
use crate::cx::Cx;
use crate::table::{Key, nothing, read, read_map, unsupported};
use crate::text::{At, Node, Value};

/// What `build` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Build {
    /// Where it stands.
    pub at: At,
    context: String,
    dockerfile: Option<String>,
    /// Flags of the command, in words.
    flags: Vec<String>,
}

impl Build {
    /// The command that builds `image`.
    pub fn command(&self, image: &str) -> String {
        let mut words = vec![
            "docker".to_owned(),
            "build".to_owned(),
            "-t".to_owned(),
            image.to_owned(),
        ];
        if let Some(dockerfile) = &self.dockerfile {
            words.push("-f".to_owned());
            words.push(crate::path::join(&self.context, dockerfile));
        }
        words.extend(self.flags.iter().cloned());
        words.push(self.context.clone());
        let words: Vec<_> = words.iter().map(|word| quoted(word)).collect();
        words.join(" ")
    }
}

/// A word as a shell takes it for one.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+~".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

const TOLD: &str = "Part of the command that is told.";

pub(crate) const KEYS: &[Key<Build>] = &[
    read(
        "context",
        |cx, node, build| build.context = cx.string(node).unwrap_or_default(),
        "context: .",
        TOLD,
    ),
    read(
        "dockerfile",
        |cx, node, build| build.dockerfile = cx.string(node),
        "dockerfile: web.Dockerfile",
        TOLD,
    ),
    read(
        "args",
        |cx, node, build| each_pair(cx, node, "--build-arg", build),
        "args: { VERSION: \"1\" }",
        TOLD,
    ),
    read(
        "labels",
        |cx, node, build| each_pair(cx, node, "--label", build),
        "labels: { team: web }",
        TOLD,
    ),
    read(
        "target",
        |cx, node, build| flag(cx, node, "--target", build),
        "target: prod",
        TOLD,
    ),
    read(
        "network",
        |cx, node, build| flag(cx, node, "--network", build),
        "network: host",
        TOLD,
    ),
    read(
        "shm_size",
        |cx, node, build| flag(cx, node, "--shm-size", build),
        "shm_size: 256m",
        TOLD,
    ),
    read(
        "platforms",
        |cx, node, build| each(cx, node, "--platform", build),
        "platforms: [\"linux/amd64\"]",
        TOLD,
    ),
    read(
        "cache_from",
        |cx, node, build| each(cx, node, "--cache-from", build),
        "cache_from: [\"app:1\"]",
        TOLD,
    ),
    read(
        "extra_hosts",
        extra_hosts,
        "extra_hosts: [\"name:10.0.0.1\"]",
        TOLD,
    ),
    read(
        "ssh",
        |cx, node, build| each(cx, node, "--ssh", build),
        "ssh: [\"default\"]",
        TOLD,
    ),
    read(
        "no_cache",
        |cx, node, build| switch(cx, node, "--no-cache", build),
        "no_cache: true",
        TOLD,
    ),
    read(
        "pull",
        |cx, node, build| switch(cx, node, "--pull", build),
        "pull: true",
        TOLD,
    ),
    unsupported("no_cache_filter", "add `--no-cache-filter` to the command"),
    unsupported(
        "dockerfile_inline",
        "write it to a file, and name that as `dockerfile`",
    ),
    unsupported("additional_contexts", "add `--build-context` to the command"),
    unsupported("secrets", "add `--secret` to the command"),
    unsupported("ulimits", "add `--ulimit` to the command"),
    unsupported("entitlements", "add `--allow` to the command"),
    unsupported(
        "privileged",
        "nothing is built with more rights than the engine gives",
    ),
    unsupported("isolation", "it is for containers of Windows"),
    nothing("cache_to", "A cache for the next build."),
    nothing("tags", "Further names of the image."),
    nothing("provenance", "A note on how it was built."),
    nothing("sbom", "A note on what is in it."),
];

/// Reads either form.
pub(super) fn build(cx: &Cx<'_>, node: &Node, draft: &mut ServiceDraft) {
    let mut build = Build {
        at: node.at,
        context: ".".to_owned(),
        dockerfile: None,
        flags: Vec::new(),
    };
    match &node.value {
        Value::Map(_) => read_map(cx, node, KEYS, &mut build),
        _ => build.context = cx.string(node).unwrap_or(build.context),
    }
    draft.build = Some(build);
}

fn flag(cx: &Cx<'_>, node: &Node, name: &str, build: &mut Build) {
    if let Some(value) = cx.string(node) {
        build.flags.extend([name.to_owned(), value]);
    }
}

fn switch(cx: &Cx<'_>, node: &Node, name: &str, build: &mut Build) {
    if cx.flag(node) == Some(true) {
        build.flags.push(name.to_owned());
    }
}

fn each(cx: &Cx<'_>, node: &Node, name: &str, build: &mut Build) {
    for value in cx.one_or_many_texts(node) {
        build.flags.extend([name.to_owned(), value]);
    }
}

fn each_pair(cx: &Cx<'_>, node: &Node, name: &str, build: &mut Build) {
    for pair in pairs(cx, node, &['=']) {
        let word = match pair.value {
            PairValue::Known(value) => format!("{}={value}", pair.key),
            // Taken from the environment of whoever builds.
            PairValue::Absent | PairValue::Unknown => pair.key,
        };
        build.flags.extend([name.to_owned(), word]);
    }
}

fn extra_hosts(cx: &Cx<'_>, node: &Node, build: &mut Build) {
    for pair in pairs(cx, node, &['=', ':']) {
        if let PairValue::Known(address) = pair.value {
            build
                .flags
                .extend(["--add-host".to_owned(), format!("{}:{address}", pair.key)]);
        }
    }
}
