//! What hosts are sent: differences where that is enough, everything where it is not.

use muster_model::link::{FromAgent, Have, Table};
use muster_model::observed::Phase;
use muster_server::logic::{ConnectionId, Event};

use super::bench::{Bench, StoreMood, host, service};
use super::claims::status;

/// An agent that applies what it is sent and complains if it cannot.
#[derive(Debug, Default, Clone)]
struct Notebook {
    table: Table,
    whole: usize,
    differences: usize,
    units_sent: usize,
}

impl Notebook {
    fn read(&mut self, bench: &mut Bench, connection: ConnectionId) {
        for delta in bench.tables(connection) {
            self.table = delta.apply(&self.table).expect("follows and hashes alike");
            self.units_sent += delta.units.len();
            *(if delta.base.is_none() {
                &mut self.whole
            } else {
                &mut self.differences
            }) += 1;
        }
    }

    fn have(&self) -> Option<Have> {
        Some(Have {
            incarnation: "p".to_owned(),
            revision: self.table.revision,
            hash: self.table.hash(),
        })
    }
}

fn expected(bench: &Bench) -> Table {
    muster_control::table::table_of(&bench.world(), host(1))
}

#[test]
fn in_session_only_differences_go() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    let mut notebook = Notebook::default();
    notebook.read(&mut bench, agent);
    assert_eq!((notebook.whole, notebook.differences), (1, 0));
    for scale in 1..=5 {
        bench.deploy(u64::from(scale), service("a", scale));
        bench.beat(agent, u64::from(scale));
        notebook.read(&mut bench, agent);
    }
    assert_eq!(notebook.whole, 1);
    assert_eq!(notebook.units_sent, 5, "each unit once");
    assert_eq!(notebook.table.hash(), expected(&bench).hash());
    assert_eq!(notebook.table.units, expected(&bench).units);
}

#[test]
fn what_does_not_concern_a_host_is_not_sent_to_it() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.heard(agent);
    bench.put(&super::bench::wish(5));
    bench.event(Event::Tick);
    assert!(bench.heard(agent).is_empty());
}

#[test]
fn who_comes_back_gets_what_it_missed() {
    let mut bench = Bench::new(1);
    let mut agent = bench.join(host(1));
    bench.deploy(1, service("a", 3));
    let mut notebook = Notebook::default();
    notebook.read(&mut bench, agent);
    let reconnect = |bench: &mut Bench, notebook: &mut Notebook| {
        let agent = bench.open(host(1));
        bench.hello(agent, host(1), notebook.have(), Vec::new());
        notebook.read(bench, agent);
        agent
    };
    // Nothing happened meanwhile: nothing but the frame.
    (notebook.whole, notebook.differences, notebook.units_sent) = (0, 0, 0);
    agent = reconnect(&mut bench, &mut notebook);
    assert_eq!(
        (notebook.whole, notebook.differences, notebook.units_sent),
        (0, 1, 0)
    );
    // Two units more, and one that came and went.
    bench.event(Event::Closed { connection: agent });
    bench.deploy(2, service("a", 6));
    let gone = bench.world().units_on(host(1)).last().unwrap().id;
    bench.delete(&format!("assigned/unit/{gone}"));
    bench.event(Event::Tick);
    reconnect(&mut bench, &mut notebook);
    assert_eq!((notebook.whole, notebook.differences), (0, 2));
    assert_eq!(notebook.table.units, expected(&bench).units);
}

#[test]
fn a_server_that_forgot_sends_everything_unless_it_is_the_same() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.deploy(1, service("a", 3));
    let mut notebook = Notebook::default();
    notebook.read(&mut bench, agent);
    (notebook.whole, notebook.units_sent) = (0, 0);
    let mut bench = bench.restart();
    let agent = bench.open(host(1));
    bench.hello(agent, host(1), notebook.have(), Vec::new());
    notebook.read(&mut bench, agent);
    assert_eq!(
        (notebook.whole, notebook.units_sent),
        (0, 0),
        "the same table: the hash says so"
    );
    bench.event(Event::Closed { connection: agent });
    let mut bench = bench.restart();
    bench.deploy(2, service("a", 4));
    let agent = bench.open(host(1));
    bench.hello(agent, host(1), notebook.have(), Vec::new());
    notebook.read(&mut bench, agent);
    assert_eq!(
        (notebook.whole, notebook.units_sent),
        (1, 4),
        "it does not know what changed"
    );
    assert_eq!(notebook.table.units, expected(&bench).units);
}

#[test]
fn another_platforms_table_is_replaced() {
    let mut bench = Bench::new(1);
    let agent = bench.open(host(1));
    let have = Have {
        incarnation: "q".to_owned(),
        revision: bench.table.revision(),
        hash: Table::default().hash(),
    };
    bench.hello(agent, host(1), Some(have), Vec::new());
    assert_eq!(bench.tables(agent)[0].base, None);
}

#[test]
fn who_asks_for_everything_gets_it() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.deploy(1, service("a", 2));
    bench.heard(agent);
    bench.say(agent, FromAgent::Resync);
    let mut notebook = Notebook::default();
    notebook.read(&mut bench, agent);
    assert_eq!(notebook.whole, 1);
    assert_eq!(notebook.table.units, expected(&bench).units);
}

#[test]
fn reports_are_grouped_and_only_news_is_written() {
    let mut bench = Bench::new(1);
    let agent = bench.join(host(1));
    bench.deploy(1, service("a", 5));
    let units: Vec<_> = bench.world().units_on(host(1)).map(|unit| unit.id).collect();
    let all = |phase| units.iter().map(|unit| status(*unit, phase)).collect::<Vec<_>>();
    bench.mood = StoreMood::Holding;
    bench.say(
        agent,
        FromAgent::Observed {
            units: all(Phase::Pulling),
        },
    );
    for phase in [Phase::Creating, Phase::Starting, Phase::Waiting] {
        bench.say(agent, FromAgent::Observed { units: all(phase) });
    }
    assert_eq!(bench.held(), 1, "one commit at a time");
    let before = bench.table.revision();
    bench.release();
    assert_eq!(bench.world().status(units[0]).unwrap().phase, Phase::Waiting);
    let reports = bench.table.revision().0 - before.0;
    assert!(
        (2..=4).contains(&reports),
        "the first, then the latest of the rest, and perhaps control's verdicts: {reports}"
    );
    let before = bench.table.revision();
    bench.say(
        agent,
        FromAgent::Observed {
            units: all(Phase::Waiting),
        },
    );
    assert_eq!(bench.table.revision(), before, "no news");
    // Words about units of others, or of nobody, are not written.
    let mut foreign = status(units[0], Phase::Gone);
    foreign.host = host(2);
    let nobodys = status(muster_model::UnitId::new(77, 1), Phase::Running);
    bench.say(
        agent,
        FromAgent::Observed {
            units: vec![foreign, nobodys],
        },
    );
    assert_eq!(bench.table.revision(), before);
}
