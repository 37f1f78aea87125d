//! The end of a run: all has come to be as wished and to rest; then users remove everything, and nothing is left.

use muster_model::HostId;

use super::World;
use crate::judge::{self, Violation};

/// By how long after the last fault all is as wished, milliseconds. The longest pauses are a minute, a call may hang for half of
/// one, a watch be behind for one and a half, and a rollout goes batch by batch.
const RESTS_WITHIN_MS: u64 = 240_000;

impl World {
    /// Whether the run has come to its good end; if not, what is not as it should be yet.
    pub fn is_settled(&mut self) -> Result<(), Violation> {
        self.is_at_rest()?;
        self.is_as_wished()?;
        if !self.is_ending {
            self.is_in_time()?;
            self.is_ending = true;
            self.trace
                .tell(self.now, "users", format_args!("remove everything"));
            let (user, at) = (0, self.now.after(1_000));
            self.user_will_act(user, at);
        }
        if !self.wishes.stacks().is_empty() || !self.wishes.volumes().is_empty() {
            return Err(found("users remove everything", "they have not yet".to_owned()));
        }
        self.is_empty()
    }

    fn is_in_time(&self) -> Result<(), Violation> {
        let last = self.activity.last().unwrap_or_default();
        let late = last.since(self.faults.until()) > RESTS_WITHIN_MS;
        judged(
            "all comes to rest in time",
            late.then(|| format!("something moved at {last} for the last time")),
        )
    }

    fn is_at_rest(&self) -> Result<(), Violation> {
        if let Some(user) = self.somebody_waits() {
            return Err(found(
                "users are answered",
                format!("{user} still waits for an answer"),
            ));
        }
        if let Some(edit) = self.wishes.remedy(self.hosts.len()) {
            return Err(found("users let all go on", format!("not yet: {edit}")));
        }
        let moves = self.activity.judge(self.now);
        judged("nothing moves once all is as wished", moves)
    }

    fn is_as_wished(&self) -> Result<(), Violation> {
        let ids: Vec<HostId> = self.hosts.iter().map(|host| host.id).collect();
        judged(
            "what runs is what users were told",
            judge::wished(&self.ledger, &self.wishes, &ids),
        )?;
        let entries = self.store.read().entries;
        judged(
            "what users were told is in the store",
            judge::kept(&entries, &self.wishes),
        )?;
        let assignments = judge::Assignments::read(&entries);
        judged(
            "an engine has exactly its host's units",
            judge::placed(&self.ledger, &assignments),
        )
    }

    fn is_empty(&self) -> Result<(), Violation> {
        let volumes = self
            .hosts
            .iter()
            .flat_map(|host| host.engine.volumes().iter().map(|volume| (host.id, volume)));
        let entries = self.store.read().entries;
        let left = judge::left(&self.ledger, volumes, &entries);
        judged("nothing is left of what was removed", left)
    }
}

fn found(judge: &'static str, found: String) -> Violation {
    Violation { judge, found }
}

fn judged(judge: &'static str, found: Option<String>) -> Result<(), Violation> {
    found.map_or(Ok(()), |found| Err(Violation { judge, found }))
}
