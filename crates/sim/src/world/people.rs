//! Users: they ask through the same pure functions as the API, at bad moments, and remember what they were told.

use muster_control::Versioned;
use muster_control::World as Seen;
use muster_model::desired::Stack;
use muster_model::{AccountId, EnvironmentId, Name, RequestId, StackId};
use muster_server::desired::{
    Author, Base, Denial, Deploy, Proposal, ServiceChange, change_service, deploy, removal, restart_service,
    rollback,
};
use muster_store::{Commit, Committed, StoreError};

use super::{Asker, Event, World};
use crate::files;
use crate::link::Life;
use crate::rng::Rng;
use crate::store::Ask;
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
    under_way: Option<Attempt>,
}

/// Something that was asked for and is not certain yet.
#[derive(Debug, Clone)]
struct Attempt {
    edit: Edit,
    request: RequestId,
    tries: u32,
}

impl User {
    pub(super) const fn new(name: &'static str, number: u32, rng: Rng) -> Self {
        Self {
            name,
            account: AccountId::new(1, number),
            rng,
            asked: 0,
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

    pub(super) fn user_acts(&mut self, user: usize) {
        if self.now >= self.faults.until() {
            return;
        }
        let edit = self.draws_edit(user);
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
            tries: 0,
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

    /// Often at once, mostly some time later.
    fn acts_again(&mut self, user: usize) {
        let one = &mut self.users[user];
        one.under_way = None;
        let at = self.now.after(if one.rng.chance(300) {
            one.rng.between(1, 300)
        } else {
            one.rng.between(2_000, 40_000)
        });
        self.queue.put(at, Event::UserActs(user));
    }

    fn draws_edit(&mut self, user: usize) -> Option<Edit> {
        let stacks = self.wishes.stacks();
        let hosts = self.hosts.len() as u64;
        let rng = &mut self.users[user].rng;
        let names: Vec<&Name> = stacks.keys().collect();
        let known = rng.pick(&names).map(|name| ((*name).clone(), &stacks[*name]));
        let kind = rng.between(0, 9);
        match (kind, known) {
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
        let server = &mut self.servers[of];
        let life = Life {
            of,
            number: server.life,
        };
        let (Some(core), Some(ids)) = (&server.core, &mut server.ids) else {
            return self.soon(200, 1_000, Event::UserTries(user));
        };
        let (epoch, counter) = ids.draw();
        let author = Author {
            account: self.users[user].account,
            now: server.clocks.wall(self.now),
            request: attempt.request.clone(),
        };
        match propose(core.world(), &author, StackId::new(epoch, counter), &attempt.edit) {
            Ok(commit) => self.ask_store(life, Asker::User(user), Ask::Commit(commit)),
            Err(denial) => self.user_is_refused(user, &attempt, &denial),
        }
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
                self.wishes.acknowledge(revision, attempt.edit);
                self.acts_again(user);
            }
            Some(Err(StoreError::Conflict { .. })) => self.soon(5, 300, Event::UserTries(user)),
            _ => self.soon(100, 2_000, Event::UserTries(user)),
        }
        if let Some(attempt) = &mut self.users[user].under_way {
            attempt.tries += 1;
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
    }
}

/// The stacks here are small: nothing has to be written before.
fn whole<T>(proposal: Proposal<T>) -> Commit {
    proposal.commit
}
