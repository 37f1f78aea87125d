//! Whatever happens, in whatever order: once it is quiet, exactly the wished containers run.

use std::time::Duration;

use muster_agent::engine::Failure;
use muster_agent::logic::Input;
use muster_model::link::{Table, ToAgent};
use muster_model::{Generation, Revision};
use proptest::prelude::*;

use crate::rig::Rig;
use crate::wish::{difference, table, unit, volume, whole, with_sidekick, with_volume};

/// One thing that happens.
#[derive(Debug, Clone)]
enum Happening {
    Ends(usize),
    RemovedByHand(usize),
    EventsLost,
    NetworkRemoved,
    AgentRestarts,
    MachineRestarts,
    EngineGoes,
    ServerGoes,
    Wished(Vec<Choice>),
    Wait(u64),
}

/// What is wished of one unit.
#[derive(Debug, Clone)]
enum Choice {
    Nothing,
    Run {
        generation: u64,
        sidekick: bool,
        volume: bool,
    },
    Remove,
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        Just(Choice::Nothing),
        (1..4_u64, any::<bool>(), any::<bool>()).prop_map(|(generation, sidekick, volume)| Choice::Run {
            generation,
            sidekick,
            volume
        }),
        Just(Choice::Remove),
    ]
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    proptest::collection::vec(choice(), 4)
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (0..8_usize).prop_map(Happening::Ends),
        (0..8_usize).prop_map(Happening::RemovedByHand),
        Just(Happening::EventsLost),
        Just(Happening::NetworkRemoved),
        Just(Happening::AgentRestarts),
        Just(Happening::MachineRestarts),
        Just(Happening::EngineGoes),
        Just(Happening::ServerGoes),
        choices().prop_map(Happening::Wished),
        (0..3_000_u64).prop_map(Happening::Wait),
    ]
}

/// A unit's generation only grows, as control makes it.
fn wish(revision: u64, choices: &[Choice]) -> Table {
    let units = (1..).zip(choices).filter_map(|(n, choice)| match choice {
        Choice::Nothing => None,
        Choice::Remove => {
            let mut gone = unit(n);
            gone.generation = Generation(revision * 10);
            gone.wish = muster_model::assigned::UnitWish::Remove;
            Some(gone)
        }
        Choice::Run {
            generation,
            sidekick,
            volume: mounts,
        } => {
            let mut wished = unit(n);
            wished.generation = Generation(revision * 10 + generation);
            if *sidekick {
                wished = with_sidekick(wished, "log");
            }
            if *mounts {
                wished = with_volume(wished, &volume(n));
            }
            Some(wished)
        }
    });
    let mut table = table(revision, units);
    table.volumes = (1..=4).map(|n| (volume(n).volume, volume(n))).collect();
    table
}

fn wished_names(table: &Table) -> Vec<String> {
    let running = table
        .units
        .values()
        .filter(|unit| unit.wish == muster_model::assigned::UnitWish::Run);
    let names = running.flat_map(|unit| {
        let name = |part: &muster_model::link::ContainerAssignment| {
            muster_agent::engine::labels::container_name(unit.unit, unit.generation, part.sidekick.as_ref())
        };
        unit.containers.iter().map(name)
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

struct Story {
    rig: Rig,
    wish: Table,
    connected: bool,
}

impl Story {
    fn new() -> Self {
        let mut rig = Rig::new();
        rig.engine.add_stranger("stranger", vec![]);
        rig.start();
        rig.connect();
        let wish = wish(1, &[]);
        rig.send_table(&wish);
        Self {
            rig,
            wish,
            connected: true,
        }
    }

    fn happen(&mut self, happening: &Happening) {
        let rig = &mut self.rig;
        let ours = |rig: &Rig, at: usize| {
            let names: Vec<_> = rig
                .engine
                .names()
                .into_iter()
                .filter(|name| *name != "stranger")
                .collect();
            names.get(at % names.len().max(1)).map(|name| (*name).to_owned())
        };
        match happening {
            Happening::Ends(at) => drop(ours(rig, *at).map(|name| rig.engine.end(&name, 1))),
            Happening::RemovedByHand(at) => {
                if let Some(name) = ours(rig, *at) {
                    rig.engine.remove_by_hand(&name);
                }
            }
            Happening::EventsLost => drop(rig.engine.take_events()),
            Happening::NetworkRemoved => rig.engine.remove_network("managed"),
            Happening::AgentRestarts | Happening::MachineRestarts => {
                if matches!(happening, Happening::MachineRestarts) {
                    rig.reboot();
                } else {
                    rig.start();
                }
                self.connected = false;
            }
            Happening::EngineGoes => {
                let failure = Failure::Unreachable {
                    socket: String::new(),
                    detail: String::new(),
                };
                rig.feed(Input::EngineGone { failure });
                rig.engine.take_events();
                rig.feed(Input::EngineBack);
            }
            Happening::ServerGoes => {
                rig.disconnect();
                self.connected = false;
            }
            Happening::Wished(choices) => self.wished(choices),
            Happening::Wait(ms) => rig.pass(Duration::from_millis(*ms)),
        }
        self.rig.engine_speaks();
    }

    fn wished(&mut self, choices: &[Choice]) {
        let next = wish(self.wish.revision.0 + 1, choices);
        if self.connected {
            self.rig
                .hear(ToAgent::Table(Box::new(difference(&self.wish, &next))));
        }
        self.wish = next;
    }

    fn end(mut self) -> (Rig, Table) {
        self.rig.connect();
        self.rig.send_table(&self.wish);
        self.rig.settle();
        (self.rig, self.wish)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_ends_with_the_wished_containers(happenings in proptest::collection::vec(happening(), 0..25)) {
        let mut story = Story::new();
        happenings.iter().for_each(|happening| story.happen(happening));
        let (rig, wish) = story.end();
        let ours = |names: Vec<&str>| -> Vec<String> {
            names.into_iter().filter(|name| *name != "stranger").map(str::to_owned).collect()
        };
        prop_assert_eq!(&ours(rig.engine.running()), &wished_names(&wish));
        prop_assert_eq!(&ours(rig.engine.names()), &wished_names(&wish));
        prop_assert!(rig.engine.names().contains(&"stranger"));
    }

    #[test]
    fn differences_lead_where_whole_tables_do(all in proptest::collection::vec(choices(), 1..6)) {
        let mut rig = Rig::new();
        rig.start();
        rig.connect();
        let mut before = Table::default();
        for (revision, choices) in (1..).zip(&all) {
            let next = wish(revision, choices);
            let delta = if before.revision == Revision(0) { whole(&next) } else { difference(&before, &next) };
            rig.hear(ToAgent::Table(Box::new(delta)));
            prop_assert_eq!(&*rig.core.page().unwrap().table, &next);
            before = next;
        }
    }
}
