//! Killed between every pair of engine calls, the agent ends with exactly the wished containers.

use muster_agent::engine::labels::container_name;
use muster_model::Generation;
use muster_model::assigned::UnitWish;
use muster_model::link::Table;

use crate::rig::{Kill, Rig};
use crate::wish::{id, table, unit, volume, with_port, with_sidekick, with_volume};

/// First: four units, one with a sidekick, one with a volume, one on a port.
fn first() -> Table {
    let mut first = table(
        10,
        [
            with_sidekick(unit(1), "log"),
            with_volume(unit(2), &volume(1)),
            with_port(unit(3), 8080),
            unit(4),
        ],
    );
    first.volumes.insert(volume(1).volume, volume(1));
    first
}

/// Then: one is made anew, one goes, one replaces another on its port, one is forgotten, one is new.
fn then() -> Table {
    let mut anew = with_sidekick(unit(1), "log");
    anew.generation = Generation(2);
    let mut gone = with_volume(unit(2), &volume(1));
    gone.wish = UnitWish::Remove;
    let mut then = table(
        20,
        [
            anew,
            gone,
            with_port(unit(5), 8080),
            with_sidekick(unit(6), "log"),
        ],
    );
    then.volumes.insert(volume(1).volume, volume(1));
    then
}

fn wished() -> Vec<String> {
    let log = "log".parse().unwrap();
    let mut names = vec![
        container_name(id(1), Generation(2), None),
        container_name(id(1), Generation(2), Some(&log)),
        container_name(id(5), Generation(1), None),
        container_name(id(6), Generation(1), None),
        container_name(id(6), Generation(1), Some(&log)),
        "stranger".to_owned(),
    ];
    names.sort();
    names
}

/// Runs the story, killed once. Says whether the kill came to pass.
fn story(kill: Option<Kill>) -> bool {
    let mut rig = Rig::new();
    rig.engine.add_stranger("stranger", vec![]);
    rig.kill = kill;
    rig.start();
    let mut killed = false;
    for wish in [first(), then()] {
        rig.connect();
        rig.send_table(&wish);
        rig.settle();
        if rig.dead {
            (killed, rig.kill) = (true, None);
            rig.start();
            rig.settle();
            rig.connect();
            rig.send_table(&wish);
            rig.settle();
        }
        rig.disconnect();
    }
    let mut running = rig.engine.running();
    running.sort_unstable();
    assert_eq!(running, wished(), "{kill:?}");
    assert_eq!(rig.engine.names(), wished(), "{kill:?}");
    assert!(
        !rig.engine.ledger().iter().any(|line| line.name == "stranger"),
        "{kill:?}"
    );
    killed
}

#[test]
fn every_kill_ends_with_the_wished_containers() {
    let kills: [fn(usize) -> Kill; 2] = [Kill::Before, Kill::After];
    for kill in kills {
        let calls = (0..).take_while(|at| story(Some(kill(*at)))).count();
        assert!(calls > 25, "only {calls} calls: the story is not told");
    }
    assert!(!story(None));
}
