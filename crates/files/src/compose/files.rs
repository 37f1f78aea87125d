//! From a project's files to one document: load, pair, interpolate, extend, include, merge.

use std::collections::BTreeMap;

use super::document::{Document, Format, document, few_enough, map};
use super::extends::Extends;
use super::{include, merge};
use crate::code::Code;
use crate::cx::Cx;
use crate::dotenv;
use crate::project::ReferenceKind;
use crate::rancher_compose::{self, questions};
use crate::room::Room;
use crate::text::{self, At, Entry, Node, Value};

/// A file's tree, not interpolated yet.
pub(super) struct Tree {
    root: Node,
    /// It is a `rancher-compose.yml`.
    second: bool,
    /// What a catalog says of it.
    catalog: Vec<Entry>,
}

impl Tree {
    /// Which file it is of, as the report numbers them.
    pub fn file(&self) -> u16 {
        self.root.at.file
    }

    /// What a catalog says of it, as a note of the file.
    pub fn catalog(&self) -> impl Iterator<Item = Entry> + '_ {
        let key = questions::NOTE.to_owned();
        self.catalog.iter().map(move |block| Entry {
            key: key.clone(),
            ..block.clone()
        })
    }
}

/// Loads the sources and what belongs to them without being named: variables, a second file, questions.
pub(super) fn load(room: &mut Room<'_>) -> Vec<Tree> {
    let project = room.project;
    let numbers: Vec<u16> = project
        .sources
        .iter()
        .map(|source| room.report.file(&source.path))
        .collect();
    room.from_files = variables(room);
    if project.sources.is_empty() {
        room.report
            .remark(Code::Missing, At::default(), "", "there are no files");
    }
    let mut trees = Vec::new();
    for (source, file) in project.sources.iter().zip(numbers) {
        trees.extend(tree(room, file, &source.path, &source.bytes));
    }
    trees.extend(other_file(room));
    for tree in &mut trees {
        let (catalog, asked) = questions::take(&mut tree.root);
        tree.catalog = catalog;
        room.questions.extend(asked);
    }
    trees
}

fn tree(room: &Room<'_>, file: u16, path: &str, bytes: &[u8]) -> Option<Tree> {
    let root = text::load(&room.report, file, bytes)?;
    let second = rancher_compose::is_second(path);
    let catalog = Vec::new();
    Some(Tree {
        root,
        second,
        catalog,
    })
}

/// The variables of `.env`, or of the files that stand for it.
fn variables(room: &Room<'_>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let standard = [crate::path::join(&room.root, ".env")];
    let required = !room.project.env_files.is_empty();
    let files = if required {
        room.project.env_files.as_slice()
    } else {
        &standard
    };
    for path in files {
        let Some(bytes) = room.named(path, ReferenceKind::DotEnv, required) else {
            if required {
                let message = format!("the file of variables `{path}` is not there");
                room.report.advise(
                    Code::MissingFile,
                    At::default(),
                    "",
                    message,
                    "make it, or mend the path",
                );
            }
            continue;
        };
        let lines = dotenv::read(room, path, bytes, false, dotenv::Known::after(&found)).into_iter();
        found.extend(lines.filter_map(|line| Some((line.name, line.value?.ok()?))));
    }
    found
}

/// The other file of a pair whose one file is all the sources there are.
fn other_file(room: &Room<'_>) -> Option<Tree> {
    let sources = &room.project.sources;
    let is_second = |path: &str| rancher_compose::is_second(path);
    let (second, first) = sources
        .iter()
        .partition::<Vec<_>, _>(|source| is_second(&source.path));
    let path = match (first.first(), second.first()) {
        (Some(one), None) | (None, Some(one)) => rancher_compose::other_of(&one.path)?,
        _ => return None,
    };
    let bytes = room.named(&path, ReferenceKind::Pair, first.is_empty())?;
    tree(room, room.report.file(&path), &path, bytes)
}

/// One document of all trees, with nothing left that refers to other files or services by `extends` and `include`.
pub(super) fn merged(cx: &Cx<'_>, trees: Vec<Tree>) -> Option<Document> {
    let (second, first): (Vec<_>, Vec<_>) = trees.into_iter().partition(|tree| tree.second);
    let mut whole: Option<Document> = None;
    let paired = !second.is_empty();
    for tree in first {
        whole = add(cx, whole, complete(cx, tree.root, paired));
    }
    for tree in second {
        let document = second_document(cx, tree.root, whole.as_ref());
        whole = add(cx, whole, document);
    }
    let mut whole = whole?;
    if !cx.room.as_written {
        merge::without_resets(&mut whole.root);
    }
    few_enough(cx, &whole.root).then_some(whole)
}

/// A compose file with what it extends and includes.
fn complete(cx: &Cx<'_>, root: Node, paired: bool) -> Option<Document> {
    let mut document = document(cx, root, &BTreeMap::new())?;
    let path = cx.room.report.path(document.root.at.file);
    // What a second file says of a service is not for those that extend it.
    if paired || !cx.room.as_written {
        Extends::new(cx).resolve(&mut document, &path);
    }
    if !cx.room.as_written {
        include::resolve(cx, &mut document, &mut vec![path]);
    }
    Some(document)
}

fn add(cx: &Cx<'_>, whole: Option<Document>, next: Option<Document>) -> Option<Document> {
    let (Some(base), Some(over)) = (&whole, &next) else {
        return whole.or(next);
    };
    let format = if base.format == Format::One {
        over.format
    } else {
        base.format
    };
    cx.room
        .spend(cx, over.root.at, over.root.weight())
        .then_some(())?;
    Some(Document {
        root: merge::merge_documents(whole?.root, next?.root),
        format,
        half: false,
    })
}

/// A `rancher-compose.yml`, less what it says about services that the first file does not have.
fn second_document(cx: &Cx<'_>, root: Node, first: Option<&Document>) -> Option<Document> {
    if root.is_null() {
        return None;
    }
    let mut second = document(cx, root, &BTreeMap::new())?;
    if first.is_none() {
        let message = "the `docker-compose.yml` that belongs to this file is not there";
        cx.advise(
            Code::MissingFile,
            second.root.at,
            message,
            "put both into one directory",
        );
        second.half = true;
    }
    if second.root.get("services").is_none() {
        let at = second.root.at;
        second.root = map(at, "services", second.root);
    }
    let known = first.and_then(|first| first.root.get("services"));
    if let Value::Map(sections) = &mut second.root.value
        && let Some(services) = sections.iter_mut().find(|entry| entry.key == "services")
        && let Value::Map(services) = &mut services.value.value
    {
        let half = second.half;
        services.retain(|entry| entry.key != "version" && (half || is_described(cx, known, entry)));
    }
    Some(second)
}

fn is_described(cx: &Cx<'_>, known: Option<&Node>, entry: &Entry) -> bool {
    let alone = entry.value.get("image").is_some() || entry.value.get("build").is_some();
    if entry.value.is_null() {
        return false;
    }
    if alone || known.is_some_and(|known| known.entry(&entry.key).is_some()) {
        return true;
    }
    let shown = crate::report::cut(&entry.key, 80);
    let services = cx.key("services");
    let message = format!("`{shown}` is not a service of the compose file");
    services.key(&shown).advise(
        Code::Unsupported,
        entry.at,
        message,
        "what is said about it is left out",
    );
    false
}
