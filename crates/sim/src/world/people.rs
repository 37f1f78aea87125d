//! Users: they ask through the same pure functions as the API, at bad moments, and remember what they were told.

use muster_model::{AccountId, EnvironmentId, Name, RequestId, StackId};
use muster_server::desired::{Author, Denial};
use muster_store::{Commit, Committed, StoreError};

use super::proposals::propose;
use super::{Asker, Event, World};
use crate::judge::Scene;
use crate::link::Life;
use crate::rng::Rng;
use crate::store::Ask;
use crate::time::Moment;
use crate::wish::Edit;

/// The environment in which everything happens.
pub(super) const ENVIRONMENT: EnvironmentId = EnvironmentId::new(muster_server::bootstrap::FIRST_EPOCH, 1);

/// Someone who deploys, scales, rolls back and removes.
#[derive(Debug)]
pub(super) struct User {
    name: &'static str,
    account: AccountId,
    pub(super) rng: Rng,
    /// It looks at what became of one wish before it has the next.
    patient: bool,
    asked: u64,
    /// When it next wants something.
    acts_at: Moment,
    under_way: Option<Attempt>,
}

/// Something that was asked for and is not certain yet.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) edit: Edit,
    pub(super) request: RequestId,
    since: Moment,
}

impl User {
    pub(super) fn new(name: &'static str, number: u32, mut rng: Rng) -> Self {
        Self {
            name,
            patient: rng.chance(500),
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

    /// Whoever wants nothing yet, wants nothing for so long: they see that something is badly wrong.
    pub(super) fn users_wait(&mut self, for_ms: u64) {
        for user in 0..self.users.len() {
            let at = self.now.after(for_ms + self.users[user].rng.between(0, 20_000));
            if self.users[user].acts_at < at {
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
        } else if self.faults.until() == Moment(0) {
            // In a story people do what it says, and nothing else.
            return;
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

    /// Patient ones some time later; the others often at once.
    fn acts_again(&mut self, user: usize) {
        let ending = self.now >= self.faults.until();
        let one = &mut self.users[user];
        one.under_way = None;
        let at = self.now.after(match one.patient {
            _ if ending => one.rng.between(1, 300),
            true => one.rng.between(25_000, 60_000),
            false if one.rng.chance(300) => one.rng.between(1, 300),
            false => one.rng.between(2_000, 40_000),
        });
        self.user_will_act(user, at);
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
                self.may_become(&attempt.edit);
                self.ask_store(life, Asker::User(user), Ask::Commit(commit));
            }
            Some(Err(denial)) => self.user_is_refused(user, &attempt, &denial),
        }
    }

    /// From now on the store may do this.
    fn may_become(&mut self, edit: &Edit) {
        match edit {
            Edit::Evacuate { .. } => self.history.may_evacuate(),
            Edit::ReleaseBrake => self.history.brake.released(self.now),
            Edit::Dead { host } => self.is_said_to_be_dead(host),
            _ => {}
        }
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
    pub(super) fn proposes_at(
        &mut self,
        of: usize,
        user: usize,
        edit: &Edit,
        request: &RequestId,
    ) -> Option<Result<Commit, Denial>> {
        let server = &mut self.servers[of];
        if self.now < server.paused_until {
            return None;
        }
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
                let stack = attempt.edit.stack().cloned();
                self.wishes.acknowledge(revision, attempt.edit);
                self.is_certain(stack.as_ref());
                self.acts_again(user);
            }
            Some(Err(StoreError::Conflict { .. })) => self.soon(5, 300, Event::UserTries(user)),
            _ => self.soon(100, 2_000, Event::UserTries(user)),
        }
    }
}
