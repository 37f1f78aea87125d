use std::time::Duration;

use muster_model::{Digest, WallTime};

use crate::Validity;

/// Whether a certificate is to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// It is good for long.
    NotYet,
    /// It is time to ask for the next one.
    Due,
    /// The same, and its end is so near that people must know.
    Urgent,
    /// Nobody takes it any more.
    Ended,
}

/// When to replace a certificate: after two thirds of its life, spread by its holder's id over a sixth of it,
/// so that hosts that joined together do not come together. At least a sixth remains for trying.
///
/// A clock before the certificate's begin was set back, or the one that issued it was ahead: then it is due,
/// for nothing else would ever say so.
pub fn renewal(validity: Validity, holder: &str, now: WallTime) -> Renewal {
    let urgent_at = validity.not_after.0 - validity.life() / 10;
    match now {
        now if now >= validity.not_after => Renewal::Ended,
        now if now.0 >= urgent_at => Renewal::Urgent,
        now if now < validity.not_before || now >= renew_at(validity, holder) => Renewal::Due,
        _ => Renewal::NotYet,
    }
}

/// How long to leave servers alone after asking: many times more often than certificates are due, and yet
/// nothing that a server feels when a wrong clock makes hosts ask for ever.
pub fn ask_again_after(validity: Validity) -> Duration {
    const LEAST: Duration = Duration::from_secs(60);
    Duration::from_millis(validity.life() / 720).max(LEAST)
}

/// Why the answer to a renewal must not take the old certificate's place: the clock that issued it is not
/// ours, and one of the two would make it useless.
pub fn objection(old: Validity, new: Validity, now: WallTime) -> Option<&'static str> {
    if new.not_before > now {
        Some("it begins in the future: set the clocks of this host and of the server")
    } else if new.not_after <= old.not_after {
        Some("it ends no later than the one in use: set the clocks of this host and of the server")
    } else {
        None
    }
}

fn renew_at(validity: Validity, holder: &str) -> WallTime {
    let life = validity.life();
    let [high, low, ..] = Digest::of(holder.as_bytes()).0;
    let spread = u128::from(life / 6) * u128::from(u16::from_be_bytes([high, low])) / u128::from(u16::MAX);
    let spread = u64::try_from(spread).unwrap_or(life / 6);
    WallTime(validity.not_after.0 - life / 3 + spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: u64 = 24 * 3600 * 1000;
    const MONTH: Validity = Validity {
        not_before: WallTime(1_000 * DAY),
        not_after: WallTime(1_030 * DAY),
    };

    fn at(day: u64) -> Renewal {
        renewal(MONTH, "host-1-3", WallTime(day * DAY))
    }

    #[test]
    fn a_month_is_renewed_in_its_last_third() {
        assert_eq!([at(1_000), at(1_019)], [Renewal::NotYet; 2]);
        assert_eq!([at(1_025), at(1_026)], [Renewal::Due; 2]);
        assert_eq!([at(1_027), at(1_029)], [Renewal::Urgent; 2]);
        assert_eq!([at(1_030), at(9_999)], [Renewal::Ended; 2]);
        assert_eq!(at(990), Renewal::Due, "the clock was set back");
        assert_eq!(ask_again_after(MONTH), Duration::from_secs(3_600));
    }

    #[test]
    fn a_fleet_does_not_come_at_once() {
        let mut days = [0; 5];
        for n in 0..1_000 {
            let at = renew_at(MONTH, &format!("host-1-{n}")).0 - 1_020 * DAY;
            days[usize::try_from((at / DAY).min(4)).unwrap()] += 1;
        }
        assert!(days.iter().all(|hosts| (100..300).contains(hosts)), "{days:?}");
    }

    #[test]
    fn what_another_clock_made_does_not_replace_a_good_one() {
        let (old, now) = (MONTH, WallTime(1_021 * DAY));
        let new = |from: u64, to: u64| Validity {
            not_before: WallTime(from * DAY),
            not_after: WallTime(to * DAY),
        };
        assert_eq!(objection(old, new(1_021, 1_051), now), None);
        assert!(objection(old, new(1_400, 1_430), now).is_some(), "ahead");
        assert!(objection(old, new(900, 930), now).is_some(), "behind");
    }

    proptest! {
        #[test]
        fn any_dates_and_any_clock_have_an_answer(begin: u64, end: u64, now: u64, holder: String) {
            let validity = Validity { not_before: WallTime(begin), not_after: WallTime(end) };
            let said = renewal(validity, &holder, WallTime(now));
            prop_assert_eq!(said == Renewal::Ended, now >= end);
            if begin < end {
                let at = renew_at(validity, &holder).0;
                prop_assert!(at >= end - validity.life() / 3 && at <= end - validity.life() / 3 + validity.life() / 6);
            }
            let _ = ask_again_after(validity);
        }
    }
}
