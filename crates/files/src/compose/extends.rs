//! `extends`: a service that begins as a copy of another, of this file or of one beside it.

use std::collections::BTreeMap;

use super::document::{Document, Format, document, map};
use super::merge::merge_service;
use super::modern::NOT_INHERITED;
use crate::code::Code;
use crate::cx::Cx;
use crate::project::ReferenceKind;
use crate::rancher_compose::questions;
use crate::room::FILE_WEIGHT;
use crate::table::{Key, read, read_map};
use crate::text::{self, At, Node, Scalar, Value};

/// Services that extend one another in a row. Files that mean it have three.
const CHAIN_MAX: usize = 32;

/// Resolves the services of a document, remembering what was resolved before.
pub(super) struct Extends<'a> {
    cx: &'a Cx<'a>,
    documents: BTreeMap<String, Option<Document>>,
    done: BTreeMap<Link, Option<Node>>,
}

/// A service of a file.
type Link = (String, String);

/// What `extends` says.
struct Wish {
    at: At,
    file: Option<String>,
    service: String,
}

impl<'a> Extends<'a> {
    pub fn new(cx: &'a Cx<'a>) -> Self {
        Self {
            cx,
            documents: BTreeMap::new(),
            done: BTreeMap::new(),
        }
    }

    /// Replaces every service of `document`, the file at `path`, by what it is with all it extends.
    pub fn resolve(mut self, document: &mut Document, path: &str) {
        let services = document
            .root
            .get("services")
            .and_then(Node::entries)
            .unwrap_or_default();
        if !services.iter().any(|entry| entry.value.get("extends").is_some()) {
            return;
        }
        let names: Vec<String> = services.iter().map(|entry| entry.key.clone()).collect();
        self.documents.insert(path.to_owned(), Some(document.clone()));
        let resolved: Vec<_> = names
            .iter()
            .map(|name| self.service(&(path.to_owned(), name.clone()), &mut Vec::new()))
            .collect();
        let Value::Map(sections) = &mut document.root.value else {
            return;
        };
        let services = sections.iter_mut().find(|entry| entry.key == "services");
        if let Some(Value::Map(entries)) = services.map(|services| &mut services.value.value) {
            for (entry, resolved) in entries.iter_mut().zip(resolved) {
                entry.value = resolved.unwrap_or_else(|| unknown(entry.value.at));
            }
        }
    }

    /// A service with all it extends.
    fn service(&mut self, link: &Link, chain: &mut Vec<Link>) -> Option<Node> {
        if let Some(done) = self.done.get(link) {
            return done.clone();
        }
        if self.cx.room.is_spent() {
            return None;
        }
        let document = self.documents.get(&link.0)?.as_ref()?;
        let (format, mut own) = (
            document.format,
            document.root.get("services")?.get(&link.1)?.clone(),
        );
        let services = self.cx.key("services");
        let cx = services.key(&link.1);
        let resolved = match own.take("extends") {
            None => Some(own),
            Some(entry) => {
                let cx = cx.key("extends");
                chain.push(link.clone());
                let base = wish(&cx, &entry.value).and_then(|wish| self.base(&cx, &link.0, wish, chain));
                chain.pop();
                base.map(|base| merge_service(inherited(base, format), own))
            }
        };
        let resolved = resolved.filter(|node| cx.room.spend(&cx, node.at, node.weight()));
        self.done.insert(link.clone(), resolved.clone());
        resolved
    }

    fn base(&mut self, cx: &Cx<'_>, path: &str, wish: Wish, chain: &mut Vec<Link>) -> Option<Node> {
        let path = match &wish.file {
            None => path.to_owned(),
            Some(file) => self.load(cx, wish.at, file)?,
        };
        let link = (path, wish.service);
        if chain.len() >= CHAIN_MAX || chain.contains(&link) {
            say_circle(cx, wish.at, chain, &link);
            return None;
        }
        let services = self.documents.get(&link.0)?.as_ref()?.root.get("services");
        if services.and_then(|services| services.entry(&link.1)).is_none() {
            let shown = crate::report::cut(&link.1, 80);
            let names = services
                .and_then(Node::entries)
                .unwrap_or_default()
                .iter()
                .map(|entry| entry.key.as_str());
            let help = match cx.room.suggest(&link.1, names) {
                Some(name) => format!("did you mean `{name}`?"),
                None => "name a service that the file has".to_owned(),
            };
            cx.advise(
                Code::Undefined,
                wish.at,
                format!("`{}` has no service `{shown}`", link.0),
                help,
            );
            return None;
        }
        self.service(&link, chain)
    }

    /// Loads another file, once; gives its path.
    fn load(&mut self, cx: &Cx<'_>, at: At, file: &str) -> Option<String> {
        let path = crate::path::join(&cx.room.base(at.file), file);
        if !self.documents.contains_key(&path) {
            let loaded = load_document(cx, at, file, ReferenceKind::Extends, &BTreeMap::new());
            self.documents.insert(path.clone(), loaded);
        }
        self.documents.get(&path)?.is_some().then_some(path)
    }
}

/// A compose file that another one names.
pub(super) fn load_document(
    cx: &Cx<'_>,
    at: At,
    file: &str,
    kind: ReferenceKind,
    extra: &BTreeMap<String, String>,
) -> Option<Document> {
    let (path, bytes) = cx.room.file(cx, at, file, kind, true)?;
    cx.room
        .spend(cx, at, bytes.len().max(FILE_WEIGHT))
        .then_some(())?;
    let mut tree = text::load(&cx.room.report, cx.room.report.file(&path), bytes)?;
    questions::take(&mut tree);
    document(&Cx::root(cx.room), tree, extra)
}

/// The map of an `extends`, as it is read.
#[derive(Default)]
pub(crate) struct Said {
    file: Option<String>,
    service: Option<String>,
}

pub(crate) const KEYS: &[Key<Said>] = &[
    read(
        "service",
        |cx, node, said| said.service = cx.string(node),
        "service: base",
        "A service of the same file or of `file`.",
    ),
    read(
        "file",
        |cx, node, said| said.file = cx.string(node),
        "file: base.yaml",
        "Looked for beside the file that names it.",
    ),
];

fn wish(cx: &Cx<'_>, node: &Node) -> Option<Wish> {
    let at = node.at;
    if let Value::Scalar(_) = &node.value {
        let (file, service) = (None, cx.string(node)?);
        return Some(Wish { at, file, service });
    }
    if node.entries().is_none() {
        cx.wrong_type(node, "a service's name or a map");
        return None;
    }
    let mut said = Said::default();
    read_map(cx, node, KEYS, &mut said);
    if !node.says("service") {
        let help = "add `service:` with its name";
        cx.advise(Code::Missing, at, "it is not said which service", help);
    }
    if node.says("file") && said.file.is_none() {
        return None;
    }
    let (file, service) = (said.file, said.service?);
    Some(Wish { at, file, service })
}

/// A service that could not be put together; why was said. What is left unsaid in it is not judged.
fn unknown(at: At) -> Node {
    let image = Scalar {
        text: String::new(),
        plain: false,
        known: false,
    };
    map(at, "image", Node::new(at, Value::Scalar(image)))
}

/// What a service takes over from one it extends.
fn inherited(mut base: Node, format: Format) -> Node {
    if format != Format::Later {
        for key in NOT_INHERITED {
            base.take(key);
        }
    }
    base
}

fn say_circle(cx: &Cx<'_>, at: At, chain: &[Link], link: &Link) {
    let from = chain.iter().position(|other| other == link).unwrap_or_default();
    let names: Vec<_> = chain
        .iter()
        .skip(from)
        .chain([link])
        .map(|(_, service)| crate::report::cut(service, 63))
        .collect();
    let message = format!("services extend one another in a circle: {}", names.join(" → "));
    cx.advise(Code::Cycle, at, message, "let one of them stand by itself");
}
