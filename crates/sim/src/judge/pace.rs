//! Nothing is done over and over without pauses: what crashes is started at the pace of the back-off, what fails is asked for
//! at that of its own.

use std::collections::{BTreeMap, VecDeque};

use muster_model::HostId;

use super::Moment;
use super::history::Scene;
use crate::ledger::Deed;

const WINDOW_MS: u64 = 10_000;
/// Pauses of a half, one, two and four seconds make five starts within the window, a deed before them one more.
const STARTS_MAX: usize = 6;
/// The same call, by an agent that people and engines make hurry now and then.
const CALLS_MAX: usize = 20;

/// How often what happened of late.
#[derive(Debug, Default)]
pub struct Pace {
    starts: BTreeMap<(HostId, String), VecDeque<Moment>>,
    calls: BTreeMap<(HostId, String), VecDeque<Moment>>,
}

impl Pace {
    /// A host's agent begins anew, and remembers no pauses.
    pub fn agent_begins(&mut self, host: HostId) {
        self.starts.retain(|(of, _), _| *of != host);
        self.calls.retain(|(of, _), _| *of != host);
    }

    /// An engine is asked for something.
    pub fn asked(&mut self, now: Moment, host: HostId, what: String) -> Option<String> {
        let key = (host, what);
        let count = count(self.calls.entry(key.clone()).or_default(), now);
        (count > CALLS_MAX).then(|| format!("{host}: {} was asked for {count} times in 10 s", key.1))
    }

    pub(super) fn started(&mut self, scene: Scene<'_>) -> Option<String> {
        let (entry, _) = scene.ledger.last()?;
        if entry.deed != Deed::Started {
            return None;
        }
        let key = (entry.host, entry.container.clone());
        // Whoever starts with its primary does not start by itself; how often the primary does counts for both.
        let sidekick = format!("{}-", entry.container);
        self.starts
            .retain(|(host, name), _| *host != entry.host || !name.starts_with(&sidekick));
        let count = count(self.starts.entry(key).or_default(), scene.now);
        let (container, host) = (&entry.container, entry.host);
        (count > STARTS_MAX).then(|| format!("{container} on {host} was started {count} times in 10 s"))
    }
}

fn count(times: &mut VecDeque<Moment>, now: Moment) -> usize {
    times.push_back(now);
    while times.front().is_some_and(|at| now.since(*at) > WINDOW_MS) {
        times.pop_front();
    }
    times.len()
}
