//! An image that cannot be pulled is told as missing, and one on its way from another host is waited for.

use std::collections::BTreeSet;
use std::time::Duration;

use muster_agent::logic::Input;
use muster_model::desired::{ImageRef, PullPolicy};
use muster_model::link::{FromAgent, UnitAssignment};
use muster_model::observed::Phase;

use crate::rig::Rig;
use crate::wish::{id, table, unit, with_spec};

fn wants(n: u32, image: &str, pull: PullPolicy) -> UnitAssignment {
    with_spec(unit(n), |spec| {
        (spec.image, spec.pull) = (ImageRef::parse(image).unwrap(), pull)
    })
}

/// The images that the agent last said were missing.
fn missing(rig: &Rig) -> BTreeSet<String> {
    let told = rig.said.iter().rev().find_map(|message| match message {
        FromAgent::Facts(facts) => Some(facts.missing_images.clone()),
        FromAgent::Hello(hello) => Some(hello.facts.missing_images.clone()),
        _ => None,
    });
    told.unwrap_or_default()
}

fn pulls(rig: &Rig) -> usize {
    let verbs = rig.verb_texts();
    verbs.iter().filter(|verb| verb.starts_with("pull")).count()
}

fn copying(words: Option<&str>) -> Input {
    Input::Copying {
        image: "late:latest".to_owned(),
        words: words.map(str::to_owned),
    }
}

#[test]
fn only_what_may_come_from_elsewhere_is_told_as_missing() {
    let units = [
        wants(1, "late", PullPolicy::Missing),
        wants(2, "never", PullPolicy::Never),
        wants(3, "always", PullPolicy::Always),
        wants(4, "app", PullPolicy::Missing),
    ];
    let mut rig = Rig::with(&table(1, units));
    assert_eq!(missing(&rig), ["late:latest".to_owned()].into());
    rig.send_table(&table(2, [wants(4, "app", PullPolicy::Missing)]));
    rig.settle();
    assert_eq!(missing(&rig), BTreeSet::new(), "nobody wants it any more");
}

#[test]
fn a_copy_is_shown_and_waited_for_and_its_end_is_looked_at_at_once() {
    let mut rig = Rig::with(&table(1, [wants(1, "late", PullPolicy::Missing)]));
    rig.feed(copying(Some("copying late:latest from h1: 40 %")));
    rig.settle();
    let told = rig.told(id(1)).unwrap();
    assert_eq!(told.phase, Phase::Pulling);
    assert_eq!(told.message.as_deref(), Some("copying late:latest from h1: 40 %"));
    let before = pulls(&rig);
    rig.pass(Duration::from_secs(60));
    rig.settle();
    assert_eq!(pulls(&rig), before, "nobody else is asked meanwhile");

    // It broke off: the registry is asked again.
    rig.feed(copying(None));
    rig.settle();
    assert!(pulls(&rig) > before);
    assert_eq!(missing(&rig).len(), 1);

    rig.feed(copying(Some("copying late:latest from h1: 90 %")));
    rig.engine.load_image("late:latest", false);
    rig.feed(copying(None));
    rig.settle();
    assert_eq!(rig.phase(id(1)), Some(Phase::Running));
    assert_eq!(missing(&rig), BTreeSet::new());
}
