//! One document to a stack: sections, services, then what refers from one to another.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::Name;

use super::document::Document;
use super::draft::{Image, ServiceDraft};
use super::sections::{self, Sections};
use super::{finish, links, order, service, sidekicks};
use crate::code::Code;
use crate::cx::Cx;
use crate::draft::DraftStack;
use crate::table::read_map;

/// Services by name.
pub(super) type Drafts = BTreeMap<Name, ServiceDraft>;

/// The stack that a document describes.
pub(super) fn stack(cx: &Cx<'_>, document: &Document) -> DraftStack {
    let mut sections = Sections::default();
    read_map(cx, &document.root, sections::KEYS, &mut sections);
    let cx = cx.key_of_form("services", "services: { web: { image: nginx } }");
    let all = services(&cx, document);
    let (mut drafts, off) = switched_on(&cx, all);
    links::resolve(&cx, &mut drafts, &off);
    let names = order::Names::of(&drafts, &off);
    let units = sidekicks::units(&cx, drafts);
    let depends_on = order::resolve(&cx, &units, &names);
    let mut stack = DraftStack {
        name: sections.name.clone(),
        ..DraftStack::default()
    };
    let mut finish = finish::Finish::new(&sections, document.format, &mut stack);
    for (name, unit) in units {
        let depends_on = depends_on.get(&name).cloned().unwrap_or_default();
        if let Some(spec) = finish.service(&cx, &name, unit, depends_on) {
            finish.stack.spec.services.insert(name.clone(), Arc::new(spec));
        }
    }
    stack
}

fn services(cx: &Cx<'_>, document: &Document) -> Drafts {
    let mut drafts = Drafts::new();
    let Some(node) = document.root.get("services").filter(|node| !node.is_null()) else {
        let help = "begin the file with `services:` and a service under it";
        cx.advise(Code::Missing, document.root.at, "there are no services", help);
        return drafts;
    };
    let Some(entries) = node.entries() else {
        cx.wrong_type(node, "a map");
        return drafts;
    };
    if entries.is_empty() && !document.half {
        cx.advise(
            Code::Missing,
            node.at,
            "there are no services",
            "write one under `services:`",
        );
    }
    for entry in entries {
        let shown = crate::report::cut(&entry.key, 80);
        let cx = cx.key(&shown);
        match Name::parse(&entry.key) {
            Ok(name) => {
                let mut draft = service::read(&cx, entry, document.format.strangers());
                if let Some(draft) = draft
                    .as_mut()
                    .filter(|draft| document.half && draft.image == Image::Absent)
                {
                    draft.image = Image::Unknown;
                }
                drafts.extend(draft.map(|draft| (name, draft)));
            }
            Err(error) => cx.remark(Code::BadName, entry.at, error.to_string()),
        }
    }
    drafts
}

/// Services that are on, and the names of those that are not: no profile of theirs is switched on, or they are no
/// containers here. A look at a file takes all profiles as switched on.
fn switched_on(cx: &Cx<'_>, all: Drafts) -> (Drafts, Vec<Name>) {
    let profiles = &cx.room.project.profiles;
    let every = cx.room.report.offline() || profiles.contains("*");
    let is_on = |draft: &ServiceDraft| {
        let wanted = every
            || draft.profiles.is_empty()
            || draft.profiles.iter().any(|profile| profiles.contains(profile));
        wanted && draft.image != Image::LeftOut
    };
    let (on, off): (Drafts, Drafts) = all.into_iter().partition(|(_, draft)| is_on(draft));
    (on, off.into_keys().collect())
}
