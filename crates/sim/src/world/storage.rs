//! What servers ask of the store, and what it tells them.

use muster_control::{Purge, ready_to_purge};
use muster_model::assigned::{Leader, Presence};
use muster_model::document::Record;
use muster_model::{Document as _, RequestId};
use muster_server::logic::Event as ServerEvent;
use muster_store::{Commit, Key, KeyError, Precondition, StoreError, Write};

use super::{Asker, Event, World};
use crate::fault::CommitFate;
use crate::link::Life;
use crate::store::{Ask, Told};
use crate::telling;

/// How often a server removes what nobody needs any more.
pub(super) const PURGE_EVERY_MS: u64 = 10_000;

/// History this young is kept.
const COMPACTS_AFTER_MS: u64 = 60_000;

impl World {
    pub(super) fn ask_store(&mut self, server: Life, asker: Asker, ask: Ask) {
        let fate = match &ask {
            Ask::Commit(_) => self.faults.commit(self.now),
            Ask::Find(_) => CommitFate::Works,
        };
        let (from, to) = if fate == CommitFate::Slow {
            (500, 4_000)
        } else {
            (1, 4)
        };
        self.soon(
            from,
            to,
            Event::StoreDoes {
                server,
                asker,
                ask,
                fate,
            },
        );
    }

    pub(super) fn store_does(&mut self, server: Life, asker: Asker, ask: &Ask, fate: CommitFate) {
        // What a server asked for just before it died happens, or does not.
        if !self.servers[server.of].is_life(server) && self.rng.chance(500) {
            if let Asker::User(user) = asker {
                self.user_is_told(user, None);
            }
            return;
        }
        let before = self.store.revision();
        let told = self.store.answer(ask, fate);
        let revision = self.store.revision();
        if let Ask::Commit(commit) = ask {
            let told = telling::commit(commit, &told, revision);
            self.trace.tell(self.now, "store", format_args!("{told}"));
            if revision != before {
                if !is_about_calm(commit) {
                    self.activity.moved(self.now, told);
                }
                self.has_landed(server, asker, commit);
            }
        }
        if let Told::Committed(Err(StoreError::Conflict { key, .. })) = &told {
            let fenced = key.as_str().starts_with(Leader::PREFIX);
            self.faults.count(if fenced {
                "leader was replaced"
            } else {
                "store conflicts"
            });
        }
        if revision != before {
            self.tell_watches();
        }
        self.soon(1, 5, Event::StoreTells { server, asker, told });
    }

    /// The store took a commit.
    fn has_landed(&mut self, server: Life, asker: Asker, commit: &Commit) {
        if matches!(asker, Asker::Core(_))
            && let Some(found) = self.history.leads.landed(server, commit)
        {
            self.violated("who was replaced decides nothing more", found);
        }
    }

    /// The store forgets its history up to a while ago: whoever is further behind has to read everything again. Requests are
    /// kept for as long as somebody may ask again.
    pub(super) fn store_compacts(&mut self) {
        let since = self.store.compacts_from();
        if since.is_some_and(|since| self.now.since(since) < COMPACTS_AFTER_MS || self.asked_before(since)) {
            return;
        }
        self.tell_fault(format_args!("the store forgets its history"));
        self.store.compact(self.now);
    }

    pub(super) fn tell_watches(&mut self) {
        for of in 0..self.servers.len() {
            let ms = self.rng.between(1, 10);
            let server = &mut self.servers[of];
            if let Some(watch) = &mut server.watch {
                watch.last = watch.last.max(self.now.after(ms));
                self.queue.put(
                    watch.last,
                    Event::WatchTells(Life {
                        of,
                        number: server.life,
                    }),
                );
            }
        }
    }

    pub(super) fn store_tells(&mut self, server: Life, asker: Asker, told: Told) {
        let alive = self.servers[server.of].is_life(server);
        match (asker, told) {
            // The handler died with its server: the user sees the connection end, and knows nothing.
            (Asker::User(user), Told::Committed(result)) => self.user_is_told(user, alive.then_some(result)),
            _ if !alive => {}
            (Asker::Core(ticket), Told::Committed(result)) => {
                self.server_takes(server, ServerEvent::Committed { ticket, result });
            }
            (Asker::Core(ticket), Told::Found(result)) => {
                self.server_takes(server, ServerEvent::Found { ticket, result });
            }
            (Asker::Purge, Told::Committed(Ok(_))) => self.purges_next(server),
            // What could not go is found again.
            (Asker::User(_) | Asker::Purge, _) => self.servers[server.of].purges.clear(),
        }
    }

    /// The job that removes what nobody needs any more.
    pub(super) fn purges(&mut self, life: Life) {
        let server = &self.servers[life.of];
        let Some(core) = server.core.as_ref().filter(|_| server.is_life(life)) else {
            return;
        };
        let wall = server.clocks.wall(self.now);
        let purges = if core.leads().is_some() {
            ready_to_purge(core.world(), wall)
        } else {
            Vec::new()
        };
        let commits = purges.into_iter().enumerate().filter_map(|(number, purge)| {
            let request = format!("purge.{}.{}.{}.{number}", life.of, life.number, self.now.0);
            removal(&purge, &request)
        });
        self.servers[life.of].purges = commits.collect();
        self.purges_next(life);
        self.soon(PURGE_EVERY_MS, PURGE_EVERY_MS, Event::Purges(life));
    }

    /// One after another, in their order.
    fn purges_next(&mut self, life: Life) {
        if let Some(commit) = self.servers[life.of].purges.pop_front() {
            self.ask_store(life, Asker::Purge, Ask::Commit(commit));
        }
    }
}

fn removal(purge: &Purge, request: &str) -> Option<Commit> {
    let request = RequestId::parse(request).ok()?;
    let mut keys = purge.keys.iter();
    let commit = keys.try_fold(Commit::new(), |commit, (key, revision)| {
        let key = Key::parse(key)?;
        let unchanged = Precondition::At(key.clone(), *revision);
        Ok::<_, KeyError>(commit.expect(unchanged).delete(key))
    });
    Some(commit.ok()?.request(request))
}

/// That a host has been calm for long is noted without anything moving.
fn is_about_calm(commit: &Commit) -> bool {
    let [Write::Put { key, value, .. }] = &commit.writes[..] else {
        return false;
    };
    match Record::decode(key.as_str(), value) {
        Ok(Record::HostAssigned(host)) => host.presence == Presence::Active && host.losses == 0,
        _ => false,
    }
}
