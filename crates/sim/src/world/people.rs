//! Users: they ask through the same pure functions as the API, at bad moments, and remember what they were told.

use muster_control::Versioned;
use muster_control::World as Seen;
use muster_model::desired::Stack;
use muster_model::{AccountId, EnvironmentId, Name, RequestId, Revision, StackId};
use muster_server::desired::{
    Author, Base, Denial, Deploy, HostChange, Proposal, ServiceChange, change_host, change_service, deploy,
    removal, restart_service, rollback,
};
use muster_store::{Commit, Committed, StoreError};

use super::event::Echo;
use super::{Asker, Event, World};
use crate::fault::CommitFate;
use crate::files;
use crate::judge::{self, Removal, Scene};
use crate::link::Life;
use crate::rng::Rng;
use crate::store::{Ask, Told};
use crate::time::Moment;
use crate::wish::Edit;

/// The environment in which everything happens.
pub(super) const ENVIRONMENT: EnvironmentId = EnvironmentId::new(muster_server::bootstrap::FIRST_EPOCH, 1);

/// The most units that a user scales a service to.
const SCALE_MAX: u64 = 5;

/// Someone who deploys, scales, rolls back and removes.
#[derive(Debug)]
pub(super) struct User {
    name: &'static str,
    account: AccountId,
    rng: Rng,
    asked: u64,
    /// When it next wants something.
    acts_at: Moment,
    under_way: Option<Attempt>,
}

/// Something that was asked for and is not certain yet.
#[derive(Debug, Clone)]
struct Attempt {
    edit: Edit,
    request: RequestId,
    since: Moment,
    /// What the server that proposed it had seen of the store; of several tries, the least.
    seen: Revision,
}

impl User {
    pub(super) const fn new(name: &'static str, number: u32, rng: Rng) -> Self {
        Self {
            name,
            account: AccountId::new(1, number),
            rng,
            asked: 0,
            acts_at: Moment(0),
            under_way: None,
        }
    }
}

impl World {
    /// Whether a user still waits for an answer.
    pub(super) fn somebody_waits(&self) -> Option<&'static str> {
        self.users
            .iter()
            .find(|user| user.under_way.is_some())
            .map(|user| user.name)
    }

    /// Whether a user asked for something before that moment and is not answered yet.
    pub(super) fn asked_before(&self, moment: Moment) -> bool {
        let mut under_way = self.users.iter().filter_map(|user| user.under_way.as_ref());
        under_way.any(|attempt| attempt.since <= moment)
    }

    /// A user will want something then, and not before.
    pub(super) fn user_will_act(&mut self, user: usize, at: Moment) {
        self.users[user].acts_at = at;
        self.queue.put(at, Event::UserActs(user));
    }

    /// Whoever waits for nothing wants something at once.
    pub(super) fn users_hurry(&mut self) {
        for user in 0..self.users.len() {
            let at = self.now.after(self.users[user].rng.between(0, 300));
            if self.users[user].under_way.is_none() && at < self.users[user].acts_at {
                self.user_will_act(user, at);
            }
        }
    }

    pub(super) fn user_acts(&mut self, user: usize) {
        let one = &self.users[user];
        if one.acts_at != self.now || one.under_way.is_some() {
            return;
        }
        let edit = if self.now < self.faults.until() {
            self.draws_edit(user)
        } else {
            match self.last_edit() {
                Some(edit) => Some(edit),
                None => return,
            }
        };
        let one = &mut self.users[user];
        one.asked += 1;
        let request = RequestId::parse(&format!("{}.{}", one.name, one.asked));
        self.uttered += u64::from(edit.is_some());
        let edit = edit.filter(|_| self.narrow.lets_wish(self.uttered));
        let (Some(edit), Ok(request)) = (edit, request) else {
            return self.acts_again(user);
        };
        self.user_wishes(user, edit, request);
    }

    fn user_wishes(&mut self, user: usize, edit: Edit, request: RequestId) {
        let one = &mut self.users[user];
        self.trace
            .tell(self.now, one.name, format_args!("wishes: {edit}"));
        one.under_way = Some(Attempt {
            edit,
            request,
            since: self.now,
            seen: Revision(u64::MAX),
        });
        self.soon(1, 50, Event::UserTries(user));
    }

    /// A person of a story wishes something now.
    pub(super) fn first_user_wishes(&mut self, edit: Edit) {
        let Some(one) = self.users.first_mut() else { return };
        one.asked += 1;
        if let Ok(request) = RequestId::parse(&format!("{}.{}", one.name, one.asked)) {
            self.user_wishes(0, edit, request);
        }
    }

    /// Once faults have stopped, users let every host be used again; and when all came to rest, they remove everything.
    fn last_edit(&self) -> Option<Edit> {
        let cordoned = self.wishes.cordoned().pop_first();
        let removed = || {
            let (stack, _) = self.wishes.stacks().pop_first().filter(|_| self.is_ending)?;
            Some(Edit::Remove { stack })
        };
        cordoned
            .map(|host| Edit::Cordon {
                host,
                cordoned: false,
            })
            .or_else(removed)
    }

    /// Often at once, mostly some time later.
    fn acts_again(&mut self, user: usize) {
        let ending = self.now >= self.faults.until();
        let one = &mut self.users[user];
        one.under_way = None;
        let at = self.now.after(if ending || one.rng.chance(300) {
            one.rng.between(1, 300)
        } else {
            one.rng.between(2_000, 40_000)
        });
        self.user_will_act(user, at);
    }

    fn draws_edit(&mut self, user: usize) -> Option<Edit> {
        let stacks = self.wishes.stacks();
        let hosts = self.hosts.len() as u64;
        let rng = &mut self.users[user].rng;
        let names: Vec<&Name> = stacks.keys().collect();
        let known = rng.pick(&names).map(|name| ((*name).clone(), &stacks[*name]));
        let kind = rng.between(0, 10);
        match (kind, known) {
            (10, _) => {
                let host = Name::parse(&format!("h{}", rng.between(1, hosts))).ok()?;
                let cordoned = rng.chance(600);
                Some(Edit::Cordon { host, cordoned })
            }
            (4..=5, Some((stack, wished))) => {
                let service = rng.pick(&wished.scalable())?.clone();
                Some(Edit::Scale {
                    stack,
                    service,
                    units: u32::try_from(rng.between(0, SCALE_MAX)).ok()?,
                })
            }
            (6..=7, Some((stack, wished))) => Some(Edit::Rollback {
                stack,
                to: rng.between(1, wished.history.len() as u64),
            }),
            (8, Some((stack, wished))) => {
                let services: Vec<&Name> = wished.history.last()?.services.keys().collect();
                Some(Edit::Restart {
                    stack,
                    service: (*rng.pick(&services)?).clone(),
                })
            }
            (9, Some((stack, _))) => Some(Edit::Remove { stack }),
            _ => {
                let stack = *rng.pick(&files::STACKS)?;
                Some(Edit::Deploy {
                    stack: Name::parse(stack).ok()?,
                    spec: files::draw(stack, hosts, &self.narrow, rng)?,
                })
            }
        }
    }

    /// A handler of some server proposes on the newest world it has.
    pub(super) fn user_tries(&mut self, user: usize) {
        let Some(attempt) = self.users[user].under_way.clone() else {
            return;
        };
        let of = self.users[user].rng.below(self.servers.len());
        let life = Life {
            of,
            number: self.servers[of].life,
        };
        match self.proposes_at(of, user, &attempt.edit, &attempt.request) {
            None => self.soon(200, 1_000, Event::UserTries(user)),
            Some(Ok(commit)) => {
                self.is_proposed(of, user);
                self.may_become(&attempt.edit);
                self.ask_store(life, Asker::User(user), Ask::Commit(commit));
            }
            Some(Err(denial)) => self.user_is_refused(user, &attempt, &denial),
        }
    }

    fn is_proposed(&mut self, of: usize, user: usize) {
        let seen = self.servers[of].core.as_ref().map(|core| core.world().revision());
        if let (Some(attempt), Some(seen)) = (&mut self.users[user].under_way, seen) {
            attempt.seen = attempt.seen.min(seen);
        }
    }

    /// From now on the store may do this.
    fn may_become(&mut self, edit: &Edit) {
        let Some(stack) = edit.stack() else { return };
        let scene = Scene {
            now: self.now,
            ledger: &self.ledger,
            troubles: &self.troubles,
        };
        let begins_anew = matches!(edit, Edit::Remove { .. });
        let (before, after) = self.wishes.around(edit);
        self.history
            .may_become(scene, stack, begins_anew, &before, &after);
    }

    /// A user was told what became of an edit.
    fn is_certain(&mut self, stack: Option<&Name>) {
        if let Some(stack) = stack {
            let wished = self.wishes.services();
            self.history.is_certain(self.now, stack, &wished);
        }
    }

    /// What a handler would commit; none if nobody answers.
    fn proposes_at(
        &mut self,
        of: usize,
        user: usize,
        edit: &Edit,
        request: &RequestId,
    ) -> Option<Result<Commit, Denial>> {
        let server = &mut self.servers[of];
        let (core, ids) = (server.core.as_ref()?, server.ids.as_mut()?);
        let (epoch, counter) = ids.draw();
        let author = Author {
            account: self.users[user].account,
            now: server.clocks.wall(self.now),
            request: request.clone(),
        };
        Some(propose(core.world(), &author, StackId::new(epoch, counter), edit))
    }

    /// It is not done; unless it was, by an earlier try whose answer was lost, and that is why it cannot be done again.
    fn user_is_refused(&mut self, user: usize, attempt: &Attempt, denial: &Denial) {
        if let Some(revision) = self.store.committed(&attempt.request) {
            return self.user_is_told(
                user,
                Some(Ok(Committed {
                    revision,
                    already: true,
                })),
            );
        }
        self.trace.tell(
            self.now,
            self.users[user].name,
            format_args!("is refused: {denial}"),
        );
        self.is_certain(attempt.edit.stack());
        self.acts_again(user);
    }

    /// What became of a try; none is a connection that ended without an answer.
    pub(super) fn user_is_told(&mut self, user: usize, answer: Option<Result<Committed, StoreError>>) {
        let Some(attempt) = self.users[user].under_way.clone() else {
            return;
        };
        match answer {
            Some(Ok(committed)) => {
                let (name, revision) = (self.users[user].name, committed.revision);
                self.trace.tell(
                    self.now,
                    name,
                    format_args!("is told that it is done at revision {revision}"),
                );
                self.echoes(user, &attempt, revision);
                if let Edit::Remove { stack } = &attempt.edit {
                    self.removals.push(Removal {
                        stack: stack.clone(),
                        seen: attempt.seen,
                        done: revision,
                    });
                }
                let stack = attempt.edit.stack().cloned();
                self.wishes.acknowledge(revision, attempt.edit);
                self.is_certain(stack.as_ref());
                self.acts_again(user);
            }
            Some(Err(StoreError::Conflict { .. })) => self.soon(5, 300, Event::UserTries(user)),
            _ => self.soon(100, 2_000, Event::UserTries(user)),
        }
    }

    /// Sometimes a request that was answered comes once more: somebody between the user and the server sent it again.
    fn echoes(&mut self, user: usize, attempt: &Attempt, done: Revision) {
        if self.users[user].rng.chance(200) {
            let echo = Echo {
                edit: attempt.edit.clone(),
                request: attempt.request.clone(),
                done,
            };
            self.soon(10, 30_000, Event::UserEchoes(user, Box::new(echo)));
        }
    }

    /// A request comes once more: nothing may come of it, unless the store has forgotten that it ever came.
    pub(super) fn user_echoes(&mut self, user: usize, echo: &Echo) {
        if self.store.compacted() >= echo.done {
            return;
        }
        let of = self.users[user].rng.below(self.servers.len());
        let Some(Ok(commit)) = self.proposes_at(of, user, &echo.edit, &echo.request) else {
            return;
        };
        let told = self.store.answer(&Ask::Commit(commit), CommitFate::Works);
        self.faults.count("request sent twice");
        if let Told::Committed(result) = told
            && let Some(found) = judge::echoed(echo.done, &result)
        {
            let edit = &echo.edit;
            self.violated(
                "a request that comes twice is done once",
                format!("{edit}: {found}"),
            );
        }
    }
}

/// What the API would commit.
fn propose(world: &Seen, author: &Author, new_id: StackId, edit: &Edit) -> Result<Commit, Denial> {
    let base = Base::default();
    let find = |name: &Name| -> Result<&Versioned<Stack>, Denial> {
        let gone = || muster_model::Refusal::NotFound {
            kind: "stack".to_owned(),
            name: name.to_string(),
        };
        Ok(world.stack_by_name(ENVIRONMENT, name).ok_or_else(gone)?)
    };
    match edit {
        Edit::Deploy { stack, spec } => {
            let (name, spec) = (stack.clone(), spec.clone());
            let asked = Deploy {
                environment: ENVIRONMENT,
                name,
                new_id,
                spec,
                base,
                host_access: true,
            };
            deploy(world, author, &asked).map(whole)
        }
        Edit::Scale {
            stack,
            service,
            units,
        } => {
            let change = ServiceChange {
                scale: Some(*units),
                ..ServiceChange::default()
            };
            change_service(world, author, find(stack)?, service, change).map(whole)
        }
        Edit::Rollback { stack, to } => {
            rollback(world, author, find(stack)?, Some(*to), base, true).map(whole)
        }
        Edit::Restart { stack, service } => restart_service(world, author, find(stack)?, service).map(whole),
        Edit::Remove { stack } => removal(world, author, find(stack)?, true, base).map(whole),
        Edit::Cordon { host, cordoned } => {
            let gone = || muster_model::Refusal::NotFound {
                kind: "host".to_owned(),
                name: host.to_string(),
            };
            let old = world.host_by_name(ENVIRONMENT, host).and_then(|host| host.wish);
            let change = HostChange {
                cordoned: Some(*cordoned),
                ..HostChange::default()
            };
            change_host(world, author, old.ok_or_else(gone)?, &change).map(whole)
        }
    }
}

/// The stacks here are small: nothing has to be written before.
fn whole<T>(proposal: Proposal<T>) -> Commit {
    proposal.commit
}
