//! Requests that come once more.

use muster_model::Revision;

use super::event::Echo;
use super::people::Attempt;
use super::{Event, World};
use crate::fault::CommitFate;
use crate::judge;
use crate::store::{Ask, Told};

impl World {
    /// Sometimes a request that was answered comes once more: somebody between the user and the server sent it again.
    pub(super) fn echoes(&mut self, user: usize, attempt: &Attempt, done: Revision) {
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
