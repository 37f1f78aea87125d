//! Links with another name: the service that is meant gets the name, for the whole stack.

use std::collections::BTreeMap;

use muster_model::Name;

use super::assemble::Drafts;
use super::draft::Link;
use crate::code::Code;
use crate::cx::Cx;
use crate::suggest::suggest;

/// Gives services the names that links have for them.
pub(super) fn resolve(cx: &Cx<'_>, drafts: &mut Drafts, off: &[Name]) {
    let mut given: BTreeMap<String, Name> = drafts
        .keys()
        .map(|name| (name.to_string(), name.clone()))
        .collect();
    let mut links = Vec::new();
    for (from, draft) in drafts.iter_mut() {
        links.extend(
            std::mem::take(&mut draft.links)
                .into_iter()
                .map(|link| (from.clone(), link)),
        );
    }
    for (from, link) in links {
        let service = cx.key(from.as_str());
        let cx = service.key("links");
        let Some((name, draft)) = drafts
            .iter_mut()
            .find(|(name, _)| name.as_str() == link.service.name)
        else {
            if !off.iter().any(|name| name.as_str() == link.service.name) {
                say_undefined(&cx, &link, given.values());
            }
            continue;
        };
        let holder = given.entry(link.alias.clone()).or_insert_with(|| name.clone());
        let Link { service, alias } = link;
        if holder != name {
            let message = format!("`{alias}` cannot be `{name}`: in this stack it is `{holder}` already");
            let help = "names hold for the whole stack; choose another one";
            cx.advise(Code::Conflict, service.at, message, help);
            continue;
        }
        let help = "all services of the stack find it by that name, not only this one";
        cx.advise(
            Code::Difference,
            service.at,
            format!("`{alias}` is a name of `{name}` in the whole stack"),
            help,
        );
        if !draft.container.aliases.contains(&alias) {
            draft.container.aliases.push(alias);
        }
    }
}

fn say_undefined<'a>(cx: &Cx<'_>, link: &Link, names: impl Iterator<Item = &'a Name>) {
    let shown = crate::report::cut(&link.service.name, 63);
    let help = match suggest(&link.service.name, names.map(Name::as_str)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "name a service of this stack".to_owned(),
    };
    cx.advise(
        Code::Undefined,
        link.service.at,
        format!("there is no service `{shown}`"),
        help,
    );
}
