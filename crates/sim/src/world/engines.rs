//! What engines do by themselves, and how agents hear of it.

use muster_agent::engine::{EngineEvent, Failure};
use muster_agent::logic::Input;

use super::{Event, World};
use crate::engine::Later;
use crate::ledger::{Deed, Entry};
use crate::link::Life;

impl World {
    /// Something happens to a container by itself.
    pub(super) fn in_engine(&mut self, of: usize, later: &Later) {
        let host = &mut self.hosts[of];
        let wall = host.clocks.wall(self.now);
        host.engine.happen(wall, later);
        self.settle_engine(of);
    }

    /// What came of something an engine did: the ledger first, then whoever listens.
    pub(super) fn settle_engine(&mut self, of: usize) {
        let host = self.hosts[of].id;
        let mut aftermath = self.hosts[of].engine.take_aftermath();
        for (container, deed) in aftermath.deeds {
            if deed == Deed::Started && self.is_bad(of, &container) {
                self.hosts[of].engine.will_crash(&container);
            }
            self.enter(Entry {
                at: self.now,
                host,
                container,
                deed,
            });
        }
        aftermath
            .later
            .extend(self.hosts[of].engine.take_aftermath().later);
        for (after, later) in aftermath.later {
            let ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
            self.soon(ms, ms, Event::InEngine(of, later));
        }
        aftermath
            .events
            .into_iter()
            .for_each(|event| self.tell_event(of, event));
    }

    /// Whether what a container runs ends by itself, these days.
    fn is_bad(&self, of: usize, container: &str) -> bool {
        let image = self.hosts[of]
            .engine
            .made(container)
            .map(|made| made.runs.image.tagged());
        let until = image.and_then(|image| self.bad_images.get(&image));
        until.is_some_and(|until| self.now < *until)
    }

    fn tell_event(&mut self, of: usize, event: EngineEvent) {
        let ms = self.rng.between(1, 30);
        let host = &mut self.hosts[of];
        let life = Life {
            of,
            number: host.life,
        };
        if let Some(last) = &mut host.listens {
            *last = (*last).max(self.now.after(ms));
            let at = *last;
            self.queue
                .put(at, Event::AgentHears(life, Box::new(Input::Event(event))));
        }
    }

    /// An engine stops answering for a while; with `restarts`, all its containers end.
    pub(super) fn engine_goes_away(&mut self, of: usize, restarts: bool) {
        let host = &mut self.hosts[of];
        if !host.engine_up {
            return;
        }
        host.engine_up = false;
        let (id, wall) = (host.id, host.clocks.wall(self.now));
        if restarts {
            host.engine_run += 1;
            host.engine.restart(wall);
        }
        host.listens = None;
        let life = Life {
            of,
            number: host.life,
        };
        self.settle_engine(of);
        let length = self.faults.rng().between(500, 15_000);
        self.troubles.host(id, self.now.after(length));
        let how = if restarts {
            "ends with all its containers"
        } else {
            "does not answer"
        };
        self.trace.tell(
            self.now,
            "FAULT",
            format_args!("engine of {id} {how} for {length} ms"),
        );
        self.soon(0, 2_000, Event::EngineLost(life));
        self.soon(length, length, Event::EngineReturns(of));
    }

    pub(super) fn engine_returns(&mut self, of: usize) {
        let host = &mut self.hosts[of];
        if !host.powered {
            return;
        }
        host.engine_up = true;
        let life = Life {
            of,
            number: host.life,
        };
        self.soon(50, 2_000, Event::EngineFound(life));
    }

    /// The agent's connection to its engine ended.
    pub(super) fn engine_lost(&mut self, life: Life) {
        if !self.hosts[life.of].is_life(life) {
            return;
        }
        let host = &mut self.hosts[life.of];
        host.listens = None;
        let up = host.engine_up;
        self.agent_takes(
            life,
            Input::EngineGone {
                failure: unreachable(),
            },
        );
        if up {
            self.soon(50, 2_000, Event::EngineFound(life));
        }
    }

    /// The agent tries to reach its engine; if that does not answer, [`World::engine_returns`] brings it here again.
    pub(super) fn engine_found(&mut self, life: Life) {
        let host = &mut self.hosts[life.of];
        if !host.is_life(life) || host.listens.is_some() {
            return;
        }
        if host.engine_up {
            host.listens = Some(self.now);
            self.agent_takes(life, Input::EngineBack);
        } else {
            self.agent_takes(
                life,
                Input::EngineGone {
                    failure: unreachable(),
                },
            );
        }
    }
}

/// Nobody answers at the engine's socket.
pub(super) fn unreachable() -> Failure {
    Failure::Unreachable {
        socket: "/run/docker.sock".to_owned(),
        detail: "connection refused".to_owned(),
    }
}
