//! How a world begins.

use std::collections::BTreeMap;

use muster_model::desired::HostWish;
use muster_model::limits::MANAGED_SUBNET;
use muster_model::{HostId, Name, ServerId, WallTime};
use muster_server::bootstrap::{FIRST_EPOCH, First, first_documents};
use muster_store::Commit;

use super::agents::Host;
use super::dialling::Dials;
use super::people::{ENVIRONMENT, User};
use super::phases::Phases;
use super::servers::Server;
use super::{Event, World};
use crate::engine::Engine;
use crate::fault::{CommitFate, Faults};
use crate::judge::{Activity, History, Troubles};
use crate::ledger::Ledger;
use crate::link::Links;
use crate::narrow::Narrow;
use crate::rng::Rng;
use crate::store::{Ask, Store, Told};
use crate::time::{Clocks, Moment, Queue};
use crate::trace::{Story, Trace};
use crate::wish::Wishes;

/// What a run is made of; drawn from a seed, or chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// From which everything else is drawn.
    pub seed: u64,
    /// How many hosts.
    pub hosts: u32,
    /// How many users.
    pub users: u32,
    /// How many servers on the one store.
    pub servers: u32,
    /// For how long users act and things go wrong, milliseconds.
    pub unrest_ms: u64,
    /// Whether anything goes wrong.
    pub faults: bool,
    /// What is left out.
    pub narrow: Narrow,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(seed: u64) -> Self {
        let mut rng = Rng::new(seed).stream("plan");
        let hosts = u32::try_from(rng.between(3, 8)).unwrap_or(1);
        let users = u32::try_from(rng.between(1, 3)).unwrap_or(1);
        let unrest_ms = rng.between(180_000, 480_000);
        let several = rng.chance(500);
        let servers = if several {
            2 + u32::from(rng.chance(500))
        } else {
            1
        };
        Self {
            seed,
            hosts,
            users,
            servers,
            unrest_ms,
            faults: true,
            narrow: Narrow::default(),
        }
    }
}

const USERS: [&str; 3] = ["ann", "ben", "eva"];

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(plan: &Plan, story: Story) -> Self {
        let rng = Rng::new(plan.seed);
        let (until, for_faults) = (Moment(plan.unrest_ms), rng.stream("faults"));
        let faults = if plan.faults {
            Faults::draw(for_faults, until)
        } else {
            Faults::none(for_faults, until)
        };
        let mut clocks = rng.stream("clocks");
        let mut addresses = rng.stream("addresses");
        let mut world = Self {
            now: Moment(0),
            queue: Queue::default(),
            rng: rng.stream("times"),
            faults: faults.narrowed(plan.narrow.clone()),
            store: Store::default(),
            links: Links::default(),
            servers: (1..=plan.servers)
                .map(|number| server(number, machine(plan, &mut clocks)))
                .collect(),
            hosts: (1..=plan.hosts)
                .map(|number| {
                    let dials = Dials::draw(plan.servers as usize, &mut addresses);
                    host(number, &rng, machine(plan, &mut clocks), dials)
                })
                .collect(),
            users: USERS
                .into_iter()
                .zip(1..=plan.users)
                .map(|(name, number)| User::new(name, number, rng.stream(name)))
                .collect(),
            wishes: Wishes::default(),
            uttered: 0,
            narrow: plan.narrow.clone(),
            phases: Phases::default(),
            ledger: Ledger::default(),
            activity: Activity::default(),
            history: History::default(),
            trace: Trace::new(story),
            violation: None,
            is_ending: false,
            troubles: Troubles::default(),
            bad_images: BTreeMap::new(),
            missing_images: BTreeMap::new(),
            calls: 0,
            at_once: (Moment(0), 0),
        };
        world.draw_worst_clocks(plan, &mut clocks);
        world.history.brake.hosts(world.hosts.len());
        world.begin(plan);
        world
    }

    /// In some runs the clocks of all servers go as fast as clocks may, and those of all hosts as slow.
    fn draw_worst_clocks(&mut self, plan: &Plan, rng: &mut Rng) {
        if plan.faults && rng.chance(80) {
            self.servers
                .iter_mut()
                .for_each(|server| server.clocks.drift_most(true));
            self.hosts
                .iter_mut()
                .for_each(|host| host.clocks.drift_most(false));
        }
    }

    /// A world for a story: one server, no hosts yet, and a person who does what the story says.
    pub fn bare() -> Self {
        Self::new(
            &Plan {
                hosts: 0,
                users: 1,
                servers: 1,
                unrest_ms: 0,
                faults: false,
                ..Plan::of(0)
            },
            Story::Kept,
        )
    }

    fn begin(&mut self, plan: &Plan) {
        let (seed, servers, hosts, users) = (plan.seed, plan.servers, plan.hosts, plan.users);
        self.trace.tell(
            self.now,
            "seed",
            format_args!("{seed}: {servers} servers, {hosts} hosts, {users} users"),
        );
        self.trace
            .tell(self.now, "faults", format_args!("{}", self.faults));
        match self.first_commit() {
            Ok(commit) => {
                if let Told::Committed(Err(error)) =
                    self.store.answer(&Ask::Commit(commit), CommitFate::Works)
                {
                    self.violated("a platform can be made", format!("{error:?}"));
                }
            }
            Err(why) => self.violated("a platform can be made", why),
        }
        (0..self.servers.len()).for_each(|server| self.soon(0, 500, Event::ServerBegins(server)));
        (0..self.hosts.len()).for_each(|host| self.soon(0, 2_000, Event::AgentBegins(host)));
        for user in 0..self.users.len() {
            let at = self.now.after(self.rng.between(1_000, 8_000));
            self.user_will_act(user, at);
        }
        self.expect_mishaps();
    }

    /// A new platform, and the hosts that joined it.
    fn first_commit(&self) -> Result<Commit, String> {
        let subnet = MANAGED_SUBNET.parse().map_err(|error| format!("{error:?}"))?;
        let first = First {
            incarnation: "sim".to_owned(),
            now: WallTime(0),
            subnet,
            setup_token: None,
        };
        let commit = first_documents(&first).map_err(|error| format!("{error:?}"))?;
        self.hosts
            .iter()
            .zip(1..)
            .try_fold(commit, |commit, (host, number)| {
                let name = Name::parse(&format!("h{number}")).map_err(|error| error.to_string())?;
                let wish = HostWish::new(host.id, ENVIRONMENT, name, WallTime(0));
                commit.create(&wish).map_err(|error| error.to_string())
            })
    }
}

/// A machine's clocks. With faults, every other one goes wrong.
fn machine(plan: &Plan, rng: &mut Rng) -> Clocks {
    let mut clocks = Clocks::draw(rng);
    if plan.faults && rng.chance(500) {
        clocks.drift(rng);
    }
    clocks
}

pub(super) const fn server(number: u32, clocks: Clocks) -> Server {
    Server::new(ServerId::new(FIRST_EPOCH, number), clocks)
}

fn host(number: u32, rng: &Rng, clocks: Clocks, dials: Dials) -> Host {
    let id = HostId::new(FIRST_EPOCH, number);
    let engine = Engine::new(id, rng.stream(&id.to_string()));
    Host::new(id, clocks, engine, dials)
}
