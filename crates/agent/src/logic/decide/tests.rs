//! What is next, for every state of a unit's one container.

use std::sync::Arc;

use muster_model::assigned::UnitWish;
use muster_model::desired::{RestartPace, RestartPolicy, UnitClass};
use muster_model::link::{Table, UnitAssignment};
use muster_model::observed::{Health, Phase};
use muster_model::{Digest, Generation, HostId, Timestamp};

use super::{Decision, Step, UnitView, unit};
use crate::engine::{Container, ContainerState, ImageFacts, Owner};
use crate::files::Places;
use crate::logic::memory::UnitMemory;
use crate::logic::shared::{Image, Shared};
use crate::logic::{Action, Hold};
use crate::testing;

const NOW: Timestamp = Timestamp(1_000_000);
const RUNNING: ContainerState = ContainerState::Running {
    health: Health::None,
    since: None,
};
const ENDED: ContainerState = ContainerState::Exited {
    code: Some(1),
    out_of_memory: false,
};

/// One line of the table.
struct Case {
    unit: UnitAssignment,
    state: Option<ContainerState>,
    memory: UnitMemory,
    image: Option<Image>,
    hold: Hold,
}

fn case(state: Option<ContainerState>) -> Case {
    let image = Some(Image::Present(ImageFacts {
        id: String::new(),
        has_check: false,
    }));
    let memory = UnitMemory::new(Generation(1));
    Case {
        unit: testing::unit(1),
        state,
        memory,
        image,
        hold: Hold::Held,
    }
}

impl Case {
    fn unit(mut self, change: impl FnOnce(&mut UnitAssignment)) -> Self {
        change(&mut self.unit);
        self
    }

    fn restart(self, policy: RestartPolicy) -> Self {
        self.unit(|unit| Arc::make_mut(&mut unit.containers[0].spec).restart = policy)
    }

    fn remember(mut self, change: impl FnOnce(&mut UnitMemory)) -> Self {
        change(&mut self.memory);
        self
    }

    fn decide(&self) -> Decision {
        let host = HostId::new(1, 1);
        let owner = Owner::of("p", host, &testing::unit(1), None);
        let container = self.state.map(|state| Container {
            id: "1".to_owned(),
            name: owner.container_name(),
            owner,
            state,
        });
        let mut shared = Shared::default();
        shared.images.entry("app:latest".to_owned()).or_default().state = self.image.clone();
        unit(&UnitView {
            now: NOW,
            platform: "p",
            host,
            files: &Places::default(),
            table: &Table::default(),
            unit: &Arc::new(self.unit.clone()),
            containers: &container.iter().collect::<Vec<_>>(),
            memory: &self.memory,
            shared: &shared,
            hold: self.hold,
        })
    }

    #[track_caller]
    fn is(self, phase: Phase, next: &str) {
        let decision = self.decide();
        let said = match &decision.step {
            Step::Act(Action::Engine(verb)) => verb.to_string(),
            Step::Act(Action::PlaceFiles { .. }) => "place files".to_owned(),
            Step::Need(need) => format!("{need:?}"),
            Step::Pause(until) => format!("wait {} ms", until.since(NOW).as_millis()),
            Step::Rest => "rest".to_owned(),
        };
        assert_eq!(
            (decision.phase, said.as_str()),
            (phase, next),
            "{:?}",
            decision.message
        );
    }
}

#[test]
fn a_unit_that_is_to_run() {
    case(None).is(Phase::Creating, "create unit-1-1-1");
    case(Some(ContainerState::Created)).is(Phase::Starting, "start unit-1-1-1");
    case(Some(RUNNING)).is(Phase::Running, "rest");
    case(Some(ContainerState::Paused)).is(Phase::Running, "rest");
    case(Some(ENDED)).is(Phase::Starting, "start unit-1-1-1");
    case(Some(ContainerState::Dead)).is(Phase::Creating, "remove unit-1-1-1");
}

#[test]
fn a_unit_that_ended_for_good() {
    case(Some(ENDED))
        .restart(RestartPolicy::No)
        .is(Phase::Finished, "rest");
    case(Some(ENDED))
        .restart(RestartPolicy::OnFailure(None))
        .is(Phase::Starting, "start unit-1-1-1");
    case(Some(ContainerState::Created))
        .restart(RestartPolicy::No)
        .is(Phase::Starting, "start unit-1-1-1");
}

#[test]
fn a_unit_that_is_to_go() {
    let gone = |state| case(state).unit(|unit| unit.wish = UnitWish::Remove);
    gone(None).is(Phase::Gone, "rest");
    gone(Some(RUNNING)).is(Phase::Stopping, "stop unit-1-1-1");
    for state in [ContainerState::Created, ENDED, ContainerState::Dead] {
        gone(Some(state)).is(Phase::Stopping, "remove unit-1-1-1");
    }
    gone(Some(RUNNING))
        .remember(|memory| memory.failed(NOW, String::new()))
        .is(Phase::Stopping, "wait 500 ms");
}

#[test]
fn a_unit_whose_containers_are_of_another_time() {
    let anew = |state| case(Some(state)).unit(|unit| unit.generation = Generation(2));
    anew(RUNNING).is(Phase::Creating, "stop unit-1-1-1");
    anew(ENDED).is(Phase::Creating, "remove unit-1-1-1");
    case(Some(RUNNING))
        .unit(|unit| unit.spec = Digest::of(b"other"))
        .is(Phase::Creating, "stop unit-1-1-1");
}

#[test]
fn a_unit_after_failures() {
    case(None)
        .remember(|memory| memory.failed(NOW, String::new()))
        .is(Phase::Backoff, "wait 500 ms");
    let crashed = |memory: &mut UnitMemory| {
        memory.started(None, NOW);
        memory
            .container_mut(None)
            .ended(NOW, Some(1), RestartPace::default());
    };
    case(Some(ENDED))
        .remember(crashed)
        .is(Phase::Backoff, "wait 500 ms");
    case(None).remember(crashed).is(Phase::Backoff, "wait 500 ms");
    let unusable = |memory: &mut UnitMemory| memory.container_mut(None).unusable = true;
    case(Some(ENDED))
        .remember(unusable)
        .is(Phase::Creating, "remove unit-1-1-1");
}

#[test]
fn a_unit_that_lacks_its_image() {
    let without = |image| Case { image, ..case(None) };
    without(None).is(
        Phase::Creating,
        "Image { image: ImageRef(\"app\"), platform: None, fresh: false }",
    );
    without(Some(Image::Absent)).is(
        Phase::Pulling,
        "Image { image: ImageRef(\"app\"), platform: None, fresh: true }",
    );
    let other = without(Some(Image::Absent)).unit(|unit| {
        Arc::make_mut(&mut unit.containers[0].spec).platform = Some("linux/arm64".to_owned());
    });
    other.is(
        Phase::Creating,
        "Image { image: ImageRef(\"app\"), platform: Some(\"linux/arm64\"), fresh: false }",
    );
}

#[test]
fn an_exclusive_unit() {
    let exclusive = |state, hold| {
        let case = case(state).unit(|unit| unit.class = UnitClass::Exclusive);
        Case { hold, ..case }
    };
    exclusive(None, Hold::Held).is(Phase::Creating, "create unit-1-1-1");
    exclusive(None, Hold::Ending).is(Phase::Waiting, "rest");
    exclusive(Some(ENDED), Hold::Over).is(Phase::Waiting, "rest");
    exclusive(Some(RUNNING), Hold::Ending).is(Phase::Running, "rest");
}
