//! When nothing changed, nothing is written; large edits fit into commits; a budget is kept.

use muster_control::{Agenda, Cx, round};
use muster_model::WallTime;
use muster_model::id::IdSource;

use crate::lab::Lab;
use crate::spec::{With, service, stack};

fn everything() -> Lab {
    let mut lab = Lab::with_hosts(4);
    let web = service("web").scale(4).port(80);
    let one = service("one").exclusive();
    let spec = stack([
        ("web", web),
        ("db", service("db").volume("data")),
        ("log", service("log").global()),
        ("one", one),
    ]);
    lab.deploy("shop", spec);
    lab.deploy("none", stack([("big", service("big").memory(1 << 60))]));
    lab.settle();
    lab
}

#[test]
fn a_look_at_everyone_writes_nothing_when_nothing_changed() {
    let mut lab = everything();
    for _ in 0..3 {
        lab.agenda = Agenda::all(&lab.world);
        let round = lab.round();
        assert_eq!(round.commits, []);
        assert!(round.looked >= 9);
        assert_eq!(lab.agenda.wake_at(), None);
        lab.advance(3_600);
    }
}

#[test]
fn equal_histories_make_equal_decisions() {
    let (one, two) = (everything(), everything());
    assert_eq!(one.committed, two.committed);
    assert!(one.world == two.world);
}

#[test]
fn a_thousand_units_fit_into_commits_and_none_is_forgotten() {
    let mut lab = Lab::with_hosts(10);
    let shop = lab.deploy("shop", stack([("web", service("web").scale(1_000))]));
    lab.settle();
    assert_eq!(lab.running(shop, "web").len(), 1_000);
    assert!(lab.committed.len() > 10);
}

#[test]
fn a_round_keeps_its_budget_and_goes_on_where_it_stopped() {
    let lab = everything();
    let (mut agenda, mut ids, fences) = (Agenda::all(&lab.world), IdSource::new(9), Default::default());
    let mut looked = Vec::new();
    while agenda.wake_at().is_some() {
        let cx = Cx {
            now: lab.now,
            wall: WallTime(0),
            ids: &mut ids,
            fences: &fences,
            budget: 4,
        };
        looked.push(round(&lab.world, &mut agenda, cx).looked);
    }
    assert_eq!((looked[0], looked.iter().sum::<usize>() >= 9), (4, true));
}
