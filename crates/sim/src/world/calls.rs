//! Calls to engines: each takes its time, and may fail, hang, come late, or lose its answer.

use std::time::Duration;

use muster_agent::engine::{Answer, Failure, Verb};
use muster_agent::logic::{Input, Lane};

use super::engines::unreachable;
use super::{Call, Event, World};
use crate::fault::CallFate;
use crate::link::Life;

/// How long a call may take before its caller gives it up.
const DEADLINE: Duration = Duration::from_millis(GIVEN_UP_MS);

const GIVEN_UP_MS: u64 = 30_000;

impl World {
    pub(super) fn call_begins(&mut self, agent: Life, lane: Lane, verb: Verb) {
        self.calls += 1;
        let (id, fate) = (self.calls, self.faults.call(self.now, kind(&verb)));
        let host = &mut self.hosts[agent.of];
        host.under_way.insert(lane.clone(), id);
        let engine_run = host.engine_run;
        if fate != CallFate::Works {
            self.troubles.host(host.id, self.now.after(GIVEN_UP_MS));
        }
        let (from, to) = usual(&verb);
        let (from, to) = if fate == CallFate::Slow {
            (1_000, 20_000)
        } else {
            (from, to)
        };
        self.moved(agent, &verb);
        self.judge_pace(agent, &verb);
        self.soon(
            from,
            to,
            Event::CallDoes(Box::new(Call {
                id,
                agent,
                engine_run,
                lane,
                verb,
                fate,
            })),
        );
    }

    fn moved(&mut self, agent: Life, verb: &Verb) {
        let id = self.hosts[agent.of].id;
        self.activity.moved(self.now, format!("{id}: {verb}"));
    }

    fn judge_pace(&mut self, agent: Life, verb: &Verb) {
        let id = self.hosts[agent.of].id;
        if let Some(found) = self.history.pace.asked(self.now, id, verb.to_string()) {
            self.violated("what fails is asked for with pauses", found);
        }
    }

    /// What is no longer wanted: the answer comes soon, and says nothing about what is done.
    pub(super) fn call_abandoned(&mut self, agent: Life, lane: &Lane) {
        let Some(id) = self.hosts[agent.of].under_way.get(lane).copied() else {
            return;
        };
        let verb = Verb::Remove {
            name: "what is abandoned".to_owned(),
        };
        let call = Box::new(Call {
            id,
            agent,
            engine_run: 0,
            lane: lane.clone(),
            verb,
            fate: CallFate::Works,
        });
        self.soon(1, 20, Event::CallAnswers(call, Err(Failure::Abandoned)));
    }

    /// The call reaches the engine.
    pub(super) fn call_does(&mut self, call: Box<Call>) {
        match call.fate {
            CallFate::Fails => {
                let failure = refusal(&call.verb);
                return self.soon(1, 5, Event::CallAnswers(call, Err(failure)));
            }
            CallFate::Hangs => {
                let (ms, failure) = (GIVEN_UP_MS, deadline(&call.verb));
                return self.soon(ms, ms, Event::CallAnswers(call, Err(failure)));
            }
            CallFate::Works | CallFate::AnswerLost | CallFate::Slow => {}
        }
        let engine = &self.hosts[call.agent.of].engine;
        let takes = match &call.verb {
            Verb::Stop { name, grace } => engine.stops_in(name, *grace),
            _ => Duration::ZERO,
        };
        if takes.is_zero() {
            self.call_ends(call);
        } else {
            let ms = u64::try_from(takes.as_millis()).unwrap_or(u64::MAX);
            self.soon(ms, ms, Event::CallEnds(call));
        }
    }

    /// The engine has done it, unless it is away.
    pub(super) fn call_ends(&mut self, call: Box<Call>) {
        let host = &mut self.hosts[call.agent.of];
        let (id, wall) = (host.id, host.clocks.wall(self.now));
        let result = if !host.engine_up || host.engine_run != call.engine_run {
            Err(unreachable())
        } else if let Verb::Pull { image, .. } = &call.verb
            && self
                .missing_images
                .get(&image.tagged())
                .is_some_and(|until| self.now < *until)
        {
            Err(refusal(&call.verb))
        } else {
            host.engine.perform(wall, &call.verb)
        };
        match &result {
            Ok(_) => self
                .trace
                .tell(self.now, id, format_args!("engine: {}", call.verb)),
            Err(failure) => self
                .trace
                .tell(self.now, id, format_args!("engine: {}: {failure}", call.verb)),
        }
        if let (Verb::RemoveVolume { name }, Ok(_)) = (&call.verb, &result) {
            self.history.volume_gone(id, name);
        }
        if !host.is_life(call.agent) {
            self.outlived(&call);
        }
        self.moved(call.agent, &call.verb);
        self.settle_engine(call.agent.of);
        if call.fate == CallFate::AnswerLost && result.is_ok() {
            let failure = if self.rng.chance(500) {
                unreachable()
            } else {
                deadline(&call.verb)
            };
            return self.soon(100, 30_000, Event::CallAnswers(call, Err(failure)));
        }
        self.soon(1, 10, Event::CallAnswers(call, result));
    }

    /// A call was done whose agent is dead: the next one does not know that it was asked for.
    fn outlived(&mut self, call: &Call) {
        let host = &mut self.hosts[call.agent.of];
        match &call.verb {
            Verb::Start { name } => self.history.started_late(host.id, name),
            // Agents do not ask engines for their volumes yet.
            Verb::EnsureVolume(volume) => host.engine.forget_volume(&volume.engine_name),
            _ => {}
        }
    }

    pub(super) fn call_answers(&mut self, call: &Call, result: Result<Answer, Failure>) {
        let host = &mut self.hosts[call.agent.of];
        if !host.is_life(call.agent) || host.under_way.get(&call.lane) != Some(&call.id) {
            return;
        }
        host.under_way.remove(&call.lane);
        if let Err(failure) = &result {
            self.trace.tell(
                self.now,
                host.id,
                format_args!("could not {}: {failure}", call.verb),
            );
        }
        self.agent_takes(
            call.agent,
            Input::Done {
                lane: call.lane.clone(),
                result,
            },
        );
    }

    pub(super) fn engine_lists(&mut self, agent: Life) {
        let fate = self.faults.call(self.now, "list");
        let host = &mut self.hosts[agent.of];
        let id = host.id;
        if fate != CallFate::Works {
            self.troubles.host(id, self.now.after(GIVEN_UP_MS));
        }
        let (result, late) = match fate {
            _ if !host.engine_up => (Err(unreachable()), 0),
            CallFate::Fails => (Err(unreachable()), 0),
            CallFate::Hangs | CallFate::AnswerLost => (
                Err(Failure::Deadline {
                    verb: "list containers".to_owned(),
                    limit: DEADLINE,
                }),
                30_000,
            ),
            CallFate::Slow => (Ok(host.engine.list()), 5_000),
            CallFate::Works => (Ok(host.engine.list()), 0),
        };
        match &result {
            Ok(containers) => {
                let count = containers.len();
                self.trace
                    .tell(self.now, id, format_args!("engine: list of {count} containers"));
            }
            Err(failure) => self
                .trace
                .tell(self.now, id, format_args!("engine: list: {failure}")),
        }
        self.soon(
            late + 1,
            late + 20,
            Event::AgentHears(agent, Box::new(Input::Looked(result))),
        );
    }
}

/// What is asked of the engine, in one word.
const fn kind(verb: &Verb) -> &'static str {
    match verb {
        Verb::FindImage { .. } => "find image",
        Verb::Pull { .. } => "pull",
        Verb::EnsureNetwork(_) => "make network",
        Verb::EnsureVolume(_) => "make volume",
        Verb::RemoveVolume { .. } => "remove volume",
        Verb::Create(_) => "create",
        Verb::Start { .. } => "start",
        Verb::Stop { .. } => "stop",
        Verb::Kill { .. } => "kill",
        Verb::Remove { .. } => "remove",
    }
}

/// How long a call usually takes, milliseconds.
const fn usual(verb: &Verb) -> (u64, u64) {
    match verb {
        Verb::FindImage { .. } => (1, 10),
        Verb::Pull { .. } => (300, 4_000),
        Verb::EnsureNetwork(_) | Verb::EnsureVolume(_) | Verb::RemoveVolume { .. } | Verb::Kill { .. } => {
            (5, 50)
        }
        Verb::Create(_) | Verb::Remove { .. } => (20, 150),
        Verb::Start { .. } => (50, 400),
        Verb::Stop { .. } => (5, 20),
    }
}

/// An error after which nothing was done.
fn refusal(verb: &Verb) -> Failure {
    match verb {
        Verb::Pull { image, .. } => Failure::Pull {
            image: image.to_string(),
            detail: "the registry does not answer".to_owned(),
        },
        Verb::Create(_) => Failure::DiskFull {
            detail: "no space left on device".to_owned(),
        },
        _ => Failure::Refused {
            verb: verb.to_string(),
            detail: "internal server error".to_owned(),
        },
    }
}

fn deadline(verb: &Verb) -> Failure {
    Failure::Deadline {
        verb: verb.to_string(),
        limit: DEADLINE,
    }
}
