//! Which services wait for which: every name is there, and nobody waits for himself.

use std::collections::{BTreeMap, BTreeSet};

use muster_model::Name;
use muster_model::desired::Condition;

use super::assemble::Drafts;
use super::draft::Dependency;
use super::sidekicks::Unit;
use crate::code::Code;
use crate::cx::Cx;

/// What a service waits for.
pub(super) type DependsOn = BTreeMap<Name, Condition>;

/// All names that may stand in `depends_on`.
pub(super) struct Names {
    on: BTreeSet<Name>,
    off: BTreeSet<Name>,
}

impl Names {
    pub fn of(drafts: &Drafts, off: &[Name]) -> Self {
        Self {
            on: drafts.keys().cloned().collect(),
            off: off.iter().cloned().collect(),
        }
    }
}

/// What each service waits for. Waiting for a sidekick is waiting for its primary.
pub(super) fn resolve(cx: &Cx<'_>, units: &BTreeMap<Name, Unit>, names: &Names) -> BTreeMap<Name, DependsOn> {
    let mut owners: BTreeMap<&Name, &Name> = BTreeMap::new();
    for (name, unit) in units {
        owners.extend(unit.sidekicks.keys().map(|sidekick| (sidekick, name)));
    }
    let mut graph = BTreeMap::new();
    for (name, unit) in units {
        let mut depends_on = DependsOn::new();
        let own = std::iter::once((name, &unit.primary)).chain(&unit.sidekicks);
        for (service, draft) in own {
            let service = cx.key(service.as_str());
            for (other, dependency) in &draft.depends_on {
                let Some(other) = defined(&service.key("depends_on"), other, dependency, names) else {
                    continue;
                };
                let other = owners.get(other).copied().unwrap_or(other);
                let sibling = other == name && !unit.sidekicks.is_empty();
                if sibling {
                    say_no_wait(&service.key("depends_on"), other, dependency);
                } else {
                    let condition = depends_on.entry(other.clone()).or_default();
                    *condition = (*condition).max(dependency.condition);
                }
            }
        }
        graph.insert(name.clone(), depends_on);
    }
    say_circles(cx, units, &graph);
    graph
}

/// A unit's primary starts before its sidekicks; nothing else is waited for between them.
fn say_no_wait(cx: &Cx<'_>, other: &Name, dependency: &Dependency) {
    if dependency.condition == Condition::Started {
        return;
    }
    let message = format!("it does not wait until `{other}` has come that far");
    let help = "both are containers of one unit: the primary starts first, then all others";
    cx.advise(Code::Difference, dependency.at, message, help);
}

/// The service that is waited for, if it is on.
fn defined<'n>(cx: &Cx<'_>, other: &str, dependency: &Dependency, names: &'n Names) -> Option<&'n Name> {
    if let Some(name) = names.on.get(other) {
        return Some(name);
    }
    let shown = crate::report::cut(other, 80);
    if let Some(off) = names.off.get(other) {
        if dependency.required {
            let message = format!("it waits for `{off}`, which is not deployed");
            let help = "nothing is waited for; switch on a profile of that service if it is needed";
            cx.advise(Code::Unsupported, dependency.at, message, help);
        }
        return None;
    }
    if dependency.required {
        let help = match cx.room.suggest(other, names.on.iter().map(Name::as_str)) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "name a service of this stack, or say `required: false`".to_owned(),
        };
        cx.advise(
            Code::Undefined,
            dependency.at,
            format!("there is no service `{shown}`"),
            help,
        );
    }
    None
}

/// Who breaks these sees the next ones.
const CIRCLES_MAX: usize = 20;

/// Says each circle once, at the first service in it.
fn say_circles(cx: &Cx<'_>, units: &BTreeMap<Name, Unit>, graph: &BTreeMap<Name, DependsOn>) {
    let mut done: BTreeSet<&Name> = BTreeSet::new();
    let mut said = 0;
    for start in graph.keys() {
        // Depth first, with the way so far and the names still to be tried at each step of it.
        let mut way: Vec<(&Name, Vec<&Name>)> = vec![(start, next(graph, start))];
        let mut on_way = BTreeSet::from([start]);
        while let Some((name, untried)) = way.last_mut() {
            let name = *name;
            let Some(other) = untried.pop() else {
                done.insert(name);
                on_way.remove(name);
                way.pop();
                continue;
            };
            if on_way.contains(other) {
                let circle: Vec<_> = way.iter().map(|(name, _)| *name).collect();
                let from = circle.iter().position(|name| *name == other).unwrap_or_default();
                say_circle(cx, units, circle.get(from..).unwrap_or_default());
                said += 1;
                if said == CIRCLES_MAX {
                    return;
                }
            } else if !done.contains(other) {
                on_way.insert(other);
                way.push((other, next(graph, other)));
            }
        }
    }
}

fn next<'n>(graph: &'n BTreeMap<Name, DependsOn>, name: &Name) -> Vec<&'n Name> {
    graph
        .get(name)
        .map(|others| others.keys().rev().collect())
        .unwrap_or_default()
}

fn say_circle(cx: &Cx<'_>, units: &BTreeMap<Name, Unit>, circle: &[&Name]) {
    let Some(first) = circle.first() else {
        return;
    };
    let names: Vec<_> = circle.iter().chain([first]).map(|name| name.as_str()).collect();
    let message = format!("services wait for one another in a circle: {}", names.join(" → "));
    let at = units.get(*first).map(|unit| {
        let dependency = unit.primary.depends_on.values().next();
        dependency.map_or(unit.primary.at, |dependency| dependency.at)
    });
    let service = cx.key(first.as_str());
    service.key("depends_on").advise(
        Code::Cycle,
        at.unwrap_or_default(),
        message,
        "let one of them start without the other",
    );
}
