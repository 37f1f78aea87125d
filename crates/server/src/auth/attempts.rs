//! How often a wrong password may be tried.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use muster_model::Timestamp;

/// Wrong attempts in a row that cost nothing: people mistype.
const FREE: u32 = 5;
/// The first pause after that; it doubles with each further wrong attempt.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// The longest pause: a guesser gets 12 tries an hour, an owner is not locked out for long.
const PAUSE_MAX: Duration = Duration::from_secs(300);
/// Pairs of name and address that are remembered; beyond it the oldest is forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// Wrong attempts by (name, address).
#[derive(Debug, Default)]
pub struct Attempts {
    failed: Mutex<BTreeMap<(String, IpAddr), Failed>>,
}

#[derive(Debug, Clone, Copy)]
struct Failed {
    times: u32,
    last: Timestamp,
}

impl Attempts {
    /// How long `name` must wait before the next attempt from `from`; none is not at all.
    pub fn wait(&self, name: &str, from: IpAddr, now: Timestamp) -> Option<Duration> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = failed.get(&key(name, from))?;
        let pause = failed.pause()?;
        let over = now.since(failed.last);
        (over < pause).then(|| pause.saturating_sub(over))
    }

    /// Counts a wrong attempt.
    pub fn failed(&self, name: &str, from: IpAddr, now: Timestamp) {
        let mut all = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = all
            .entry(key(name, from))
            .or_insert(Failed { times: 0, last: now });
        failed.times = failed.times.saturating_add(1);
        failed.last = now;
        if all.len() > REMEMBERED_MAX {
            let oldest = all
                .iter()
                .min_by_key(|(_, failed)| failed.last)
                .map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                all.remove(&oldest);
            }
        }
    }

    /// Forgets the wrong ones after a right one.
    pub fn succeeded(&self, name: &str, from: IpAddr) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.remove(&key(name, from));
    }
}

impl Failed {
    fn pause(self) -> Option<Duration> {
        let doublings = self.times.checked_sub(FREE)?;
        Some(PAUSE_MIN.saturating_mul(1 << doublings.min(16)).min(PAUSE_MAX))
    }
}

/// A name is no longer than an account's can be, whatever is sent.
fn key(name: &str, from: IpAddr) -> (String, IpAddr) {
    (name.chars().take(64).collect(), from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn pauses_grow_and_end() {
        let attempts = Attempts::default();
        let mut now = Timestamp(0);
        for _ in 0..FREE {
            assert_eq!(attempts.wait("root", HERE, now), None);
            attempts.failed("root", HERE, now);
        }
        let mut last = Duration::ZERO;
        for _ in 0..20 {
            let wait = attempts.wait("root", HERE, now).unwrap();
            assert!(wait >= last && wait <= PAUSE_MAX);
            last = wait;
            assert_eq!(attempts.wait("other", HERE, now), None);
            now = now + wait;
            assert_eq!(attempts.wait("root", HERE, now), None);
            attempts.failed("root", HERE, now);
        }
        attempts.succeeded("root", HERE);
        assert_eq!(attempts.wait("root", HERE, now), None);
    }

    #[test]
    fn many_names_do_not_fill_the_memory() {
        let attempts = Attempts::default();
        for i in 0..u64::try_from(REMEMBERED_MAX).unwrap() + 50 {
            attempts.failed(&format!("name-{i}"), HERE, Timestamp(i));
        }
        assert_eq!(attempts.failed.lock().unwrap().len(), REMEMBERED_MAX);
    }
}
