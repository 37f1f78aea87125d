//! Pauses that double.

use std::time::Duration;

use muster_model::Timestamp;
use muster_model::limits::{RESTART_BACKOFF_MAX, RESTART_BACKOFF_MIN, RESTART_BACKOFF_RESET};

/// How often something failed in a row, and until when it is left alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backoff {
    failures: u32,
    until: Option<Timestamp>,
}

impl Backoff {
    /// It failed at `now` after it went well for `ran`. Long enough, and the pauses begin small again; none is shorter
    /// than `least`.
    pub fn fail(&mut self, now: Timestamp, ran: Duration, least: Duration) {
        if ran >= RESTART_BACKOFF_RESET {
            self.failures = 0;
        }
        self.until = Some(now + pause(self.failures).max(least));
        self.failures = self.failures.saturating_add(1);
    }

    /// When it may be tried again, if that is still to come.
    pub fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| *until > now)
    }

    /// The next try may come at once; how often it failed is kept.
    pub fn hurry(&mut self) {
        self.until = None;
    }

    /// It went well.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

/// The pause after this many failures before the last one.
fn pause(failures: u32) -> Duration {
    let factor = 1_u32.checked_shl(failures.min(31)).unwrap_or(u32::MAX);
    RESTART_BACKOFF_MIN
        .saturating_mul(factor)
        .min(RESTART_BACKOFF_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pauses_double_up_to_the_longest(times in 1_u32..200, start in 0_u64..1 << 40) {
            let (mut backoff, mut now, mut last) = (Backoff::default(), Timestamp(start), Duration::ZERO);
            for i in 0..times {
                backoff.fail(now, Duration::ZERO, Duration::ZERO);
                let until = backoff.waits_until(now).unwrap();
                let length = until.since(now);
                prop_assert!(length >= last && length <= RESTART_BACKOFF_MAX);
                prop_assert!(i > 0 || length == RESTART_BACKOFF_MIN);
                prop_assert!(length == RESTART_BACKOFF_MAX || i == 0 || length == last * 2);
                prop_assert_eq!(backoff.waits_until(until), None);
                (now, last) = (until, length);
            }
        }

        #[test]
        fn running_long_begins_anew(times in 1_u32..50) {
            let mut backoff = Backoff::default();
            (0..times).for_each(|_| backoff.fail(Timestamp(0), Duration::ZERO, Duration::ZERO));
            backoff.fail(Timestamp(0), RESTART_BACKOFF_RESET, Duration::ZERO);
            prop_assert_eq!(backoff.waits_until(Timestamp(0)), Some(Timestamp(0) + RESTART_BACKOFF_MIN));
        }
    }

    #[test]
    fn no_pause_is_shorter_than_is_asked_for() {
        let (mut backoff, least) = (Backoff::default(), RESTART_BACKOFF_MIN * 3);
        for wanted in [least, least, RESTART_BACKOFF_MIN * 4] {
            backoff.fail(Timestamp(0), Duration::ZERO, least);
            assert_eq!(backoff.waits_until(Timestamp(0)), Some(Timestamp(0) + wanted));
        }
    }
}
