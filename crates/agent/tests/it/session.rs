//! Whom the agent believes, and what it tells.

use std::time::Duration;

use muster_agent::logic::{Input, Output};
use muster_model::link::{FromAgent, TableDelta, ToAgent};
use muster_model::{Core, Revision};

use crate::rig::Rig;
use crate::wish::{id, name, table, unit, whole};

#[test]
fn nothing_is_done_before_the_notebook_has_it() {
    let mut rig = Rig::new();
    rig.start();
    rig.connect();
    let delta = ToAgent::Table(Box::new(whole(&table(7, [unit(1)]))));
    let outputs = rig.core.handle(
        rig.now,
        Input::Message {
            connection: 1,
            message: Box::new(delta),
        },
    );
    assert!(
        matches!(outputs.as_slice(), [Output::SaveNotebook { .. }]),
        "{outputs:?}"
    );
    let failed = Input::NotebookSaved {
        revision: Revision(7),
        result: Err("no space left".to_owned()),
    };
    assert_eq!(rig.core.handle(rig.now, failed), []);
    rig.settle();
    assert_eq!(
        rig.engine.running(),
        [name(1)],
        "written when there is room again"
    );
    assert!(rig.said.contains(&FromAgent::Applied {
        revision: Revision(7)
    }));
}

#[test]
fn an_old_connections_messages_are_not_heard() {
    let mut rig = Rig::with(&table(5, [unit(1)]));
    rig.connect();
    let old = ToAgent::Table(Box::new(whole(&table(9, []))));
    rig.feed(Input::Message {
        connection: 1,
        message: Box::new(old),
    });
    rig.settle();
    assert_eq!(rig.engine.running(), [name(1)]);
    rig.feed(Input::LinkDown { connection: 1 });
    rig.said.clear();
    rig.pass(Duration::from_secs(3));
    assert!(
        rig.said
            .iter()
            .any(|message| matches!(message, FromAgent::Heartbeat(_))),
        "the new one stands"
    );
}

#[test]
fn a_table_that_does_not_follow_is_asked_for_whole() {
    let mut rig = Rig::with(&table(5, [unit(1)]));
    let wrong = TableDelta {
        base: Some(Revision(4)),
        revision: Revision(6),
        ..TableDelta::default()
    };
    rig.hear(ToAgent::Table(Box::new(wrong)));
    assert_eq!(rig.said.last(), Some(&FromAgent::Resync));
    rig.send_table(&table(4, []));
    rig.settle();
    assert_eq!(rig.engine.running(), [name(1)], "an older table is ignored");
}

#[test]
fn the_hello_tells_what_the_agent_has() {
    let wish = table(5, [unit(1)]);
    let mut rig = Rig::with(&wish);
    rig.disconnect();
    rig.said.clear();
    rig.connect();
    let Some(FromAgent::Hello(hello)) = rig.said.first() else {
        panic!("{:?}", rig.said)
    };
    let have = hello.have.clone().unwrap();
    assert_eq!((have.revision, have.hash), (Revision(5), wish.hash()));
    assert_eq!(
        hello.units.iter().map(|status| status.unit).collect::<Vec<_>>(),
        [id(1)]
    );
    rig.settle();
    let told = rig
        .said
        .iter()
        .filter(|message| matches!(message, FromAgent::Observed { .. }))
        .count();
    assert_eq!(told, 0, "nothing changed since");
}

#[test]
fn a_silent_server_is_left() {
    let mut rig = Rig::new();
    rig.start();
    rig.feed(Input::LinkUp { connection: 1 });
    let mut left = false;
    while let Some(at) = rig.core.wake_at().filter(|at| !left && at.0 < 2_000_000) {
        let outputs = rig.core.handle(at, Input::Tick);
        left = outputs
            .iter()
            .any(|output| matches!(output, Output::Disconnect { .. }));
    }
    assert!(left);
}
