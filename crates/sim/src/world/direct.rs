//! What happens in a story because it says so: the same deeds as a seed's faults and users, at the story's moment.

use muster_model::desired::HostWish;
use muster_model::document::Record;
use muster_model::{HostId, Name, ServerId, WallTime};
use muster_server::bootstrap::FIRST_EPOCH;
use muster_store::Commit;

use super::dialling::Dials;
use super::people::ENVIRONMENT;
use super::setup::server;
use super::{Event, Host, World};
use crate::engine::Engine;
use crate::fault::CommitFate;
use crate::ledger::Ledger;
use crate::link::Way;
use crate::rng::Rng;
use crate::store::{Ask, Told};
use crate::time::{Clocks, Moment};
use crate::wish::Edit;

/// For how long a person waits for an answer before the story goes on, milliseconds.
const PATIENCE_MS: u64 = 15_000;
/// Later than any story lasts.
const NEVER: Moment = Moment(u64::MAX);

impl World {
    /// A machine joins under this name, and its agent begins.
    pub(crate) fn host_joins(&mut self, name: Name) -> Result<(), String> {
        let of = self.hosts.len();
        let number = u32::try_from(of + 1).map_err(|error| error.to_string())?;
        let id = HostId::new(FIRST_EPOCH, number);
        let wish = HostWish::new(id, ENVIRONMENT, name, WallTime(0));
        let commit = Commit::new().create(&wish).map_err(|error| error.to_string())?;
        if let Told::Committed(Err(error)) = self.store.answer(&Ask::Commit(commit), CommitFate::Works) {
            return Err(error.to_string());
        }
        self.tell_watches();
        let mut rng = Rng::new(u64::from(number));
        let engine = Engine::new(id, rng.stream("engine"));
        let dials = Dials::all((0..self.servers.len()).collect());
        self.hosts
            .push(Host::new(id, Clocks::draw(&mut rng), engine, dials));
        self.history.brake.hosts(self.hosts.len());
        self.soon(0, 1_000, Event::AgentBegins(of));
        Ok(())
    }

    /// A person asks for something, and waits for the answer. Gives it in words.
    pub(crate) fn person_wishes(&mut self, edit: Edit) -> String {
        let told = self.trace.text().len();
        self.first_user_wishes(edit);
        let until = self.now.after(PATIENCE_MS);
        while self.somebody_waits().is_some() && self.next_at().is_some_and(|at| at <= until) && self.step() {
        }
        if self.somebody_waits().is_some() {
            return "nobody answers; it is tried again until somebody does".to_owned();
        }
        let since = self.trace.text().get(told..).unwrap_or_default();
        let refused = since
            .lines()
            .rev()
            .find_map(|line| line.split_once("is refused: "));
        refused.map_or_else(|| "done".to_owned(), |(_, why)| format!("refused: {why}"))
    }

    /// The cable of a host is pulled: whoever speaks over it has to find out.
    pub(crate) fn host_is_cut(&mut self, of: usize) {
        let host = &mut self.hosts[of];
        host.cut_until = NEVER;
        self.troubles.host(host.id, NEVER);
        for connection in self.links.which(|one| one.agent.of == of) {
            if let Some(one) = self.links.get(connection) {
                one.cut(true);
            }
        }
    }

    /// What a host says is lost from now on, and nobody is told.
    pub(crate) fn host_is_not_heard(&mut self, of: usize) {
        let host = &mut self.hosts[of];
        host.cut_until = NEVER;
        self.troubles.host(host.id, NEVER);
        for connection in self.links.which(|one| one.agent.of == of) {
            if let Some(one) = self.links.get(connection) {
                one.shut(Way::Up);
            }
        }
    }

    /// A machine has no power until it is given some.
    pub(crate) fn host_goes_off(&mut self, of: usize) {
        self.power_goes(of, 1);
        self.queue
            .keep(|event| !matches!(event, Event::PowerReturns(other) if *other == of));
        self.troubles.host(self.hosts[of].id, NEVER);
    }

    /// A machine is started again: what was on its disk is there.
    pub(crate) fn host_goes_on(&mut self, of: usize) {
        self.power_is_back(of, false, false);
    }

    /// A server's watch tells nothing for so long.
    pub(crate) fn watch_is_late(&mut self, of: usize, ms: u64) {
        if let Some(watch) = &mut self.servers[of].watch {
            watch.last = watch.last.max(self.now.after(ms));
        }
    }

    /// A program ignores being asked to end.
    pub(crate) fn program_is_stubborn(&mut self, host: HostId, container: &str) {
        if let Some(one) = self.hosts.iter_mut().find(|one| one.id == host) {
            one.engine.gets_stuck(container, 1);
        }
    }

    /// A server stops as planned, and is not there until it is started.
    pub(crate) fn server_is_told_to_stop(&mut self, of: usize) {
        self.server_is_to_stop_for(of, NEVER.0);
    }

    /// The cable is plugged in again.
    pub(crate) fn host_is_healed(&mut self, of: usize) {
        self.hosts[of].cut_until = self.now;
    }

    /// One server more begins on the same store, and every agent is told of it.
    pub(crate) fn server_joins(&mut self) -> Result<(), String> {
        let of = self.servers.len();
        let number = u32::try_from(of + 1).map_err(|error| error.to_string())?;
        let clocks = Clocks::draw(&mut Rng::new(u64::from(number)).stream("server"));
        self.servers.push(server(number, clocks));
        self.hosts.iter_mut().for_each(|host| host.dials.learn(of));
        self.server_begins(of);
        Ok(())
    }

    /// A server is not there until it is started.
    pub(crate) fn server_stops(&mut self, of: usize) {
        self.server_dies(of);
        self.queue
            .keep(|event| !matches!(event, Event::ServerBegins(other) if *other == of));
    }

    /// A server is there again.
    pub(crate) fn server_starts(&mut self, of: usize) {
        if self.servers[of].core.is_none() {
            self.servers[of].away_until = self.now;
            self.server_begins(of);
        }
    }

    /// All servers, and whether each runs.
    pub(crate) fn servers(&self) -> impl Iterator<Item = (ServerId, bool)> {
        self.servers
            .iter()
            .map(|server| (server.id, server.core.is_some()))
    }

    /// A host's agent is not there until it is started.
    pub(crate) fn agent_stops(&mut self, of: usize) {
        self.agent_dies(of);
        self.queue
            .keep(|event| !matches!(event, Event::AgentBegins(other) if *other == of));
    }

    /// A host's agent is there again.
    pub(crate) fn agent_starts(&mut self, of: usize) {
        if self.hosts[of].core.is_none() {
            self.agent_begins(of);
        }
    }

    /// From now on every program of an image ends soon after it began.
    pub(crate) fn image_is_bad(&mut self, image: String) {
        self.troubles.all(NEVER);
        self.bad_images.insert(image, NEVER);
    }

    /// The program of a container ends by itself.
    pub(crate) fn program_ends(&mut self, host: HostId, container: &str, code: i64) {
        let Some(of) = self.hosts.iter().position(|one| one.id == host) else {
            return;
        };
        let wall = self.hosts[of].clocks.wall(self.now);
        self.hosts[of].engine.exit(wall, container, code);
        self.troubles.host(host, self.now);
        self.settle_engine(of);
    }

    /// Which host this is, among all.
    pub(crate) fn host_named(&self, name: &Name) -> Option<usize> {
        let seen = self.stored();
        let id = seen.host_by_name(ENVIRONMENT, name)?.id;
        self.hosts.iter().position(|host| host.id == id)
    }

    /// What stands in the store, read as any program could.
    pub(crate) fn stored(&self) -> muster_control::World {
        let snapshot = self.store.read();
        let mut world = muster_control::World::default();
        for entry in &snapshot.entries {
            if let Ok(record) = Record::decode(entry.key.as_str(), &entry.value) {
                world.apply(entry.modified, entry.key.as_str(), Some(record));
            }
        }
        world
    }

    /// Nothing more happens before this moment.
    pub(crate) fn rest_until(&mut self, at: Moment) {
        self.now = self.now.max(at);
    }

    /// What the engines really ran.
    pub(crate) const fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}
