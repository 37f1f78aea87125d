//! What was said of whom. A peer that fails again and again is spoken of once in a while, or the log would be full of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The same of the same peer, at most this often;
const SAME_EVERY: Duration = Duration::from_secs(60);
/// something else of it, this often.
const OTHER_EVERY: Duration = Duration::from_secs(5);
/// Peers that are remembered. Whoever fills this may fill the log too.
const PEERS_MAX: usize = 4_096;

#[derive(Default)]
pub(super) struct Said(Mutex<HashMap<String, Last>>);

struct Last {
    why: String,
    at: Instant,
    /// How often it was not said since.
    kept_back: u64,
}

impl Said {
    /// Whether to say this now: then, how often something was not said of this peer.
    pub(super) fn worth_saying(&self, who: &str, why: &str, now: Instant) -> Option<u64> {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = peers.get_mut(who) {
            let every = if last.why == why { SAME_EVERY } else { OTHER_EVERY };
            if now.saturating_duration_since(last.at) < every {
                last.kept_back += 1;
                return None;
            }
        }
        if peers.len() >= PEERS_MAX {
            peers.retain(|_, last| now.saturating_duration_since(last.at) < SAME_EVERY);
        }
        if peers.len() >= PEERS_MAX {
            peers.clear();
        }
        let last = Last {
            why: why.to_owned(),
            at: now,
            kept_back: 0,
        };
        let before = peers.insert(who.to_owned(), last);
        Some(before.map_or(0, |before| before.kept_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_said_once_a_minute_and_counted() {
        let (said, began) = (Said::default(), Instant::now());
        let say = |who, why, s| said.worth_saying(who, why, began + Duration::from_secs(s));
        assert_eq!(say("h1", "cut", 0), Some(0));
        assert_eq!(say("h1", "cut", 1), None);
        assert_eq!(say("h1", "cut", 59), None);
        assert_eq!(say("h2", "cut", 59), Some(0), "another peer");
        assert_eq!(say("h1", "cut", 60), Some(2));
        // A peer that fails each time in another way is not everything there is to say either.
        assert_eq!(say("h1", "7 bytes", 61), None);
        assert_eq!(say("h1", "8 bytes", 65), Some(1));
    }

    #[test]
    fn it_does_not_grow_without_bound() {
        let (said, now) = (Said::default(), Instant::now());
        for n in 0..3 * PEERS_MAX {
            assert_eq!(said.worth_saying(&n.to_string(), "cut", now), Some(0));
        }
        assert!(said.0.lock().unwrap().len() <= PEERS_MAX);
    }
}
