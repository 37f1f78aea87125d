//! How good a cable is, and what that means for a frame: pure, told the time and a random number.

use std::fmt;
use std::time::{Duration, Instant};

/// A frame that would wait longer than this for its turn on a slow cable is dropped, as by a small router.
const PATIENCE: Duration = Duration::from_millis(200);
/// What a cable with delay may hold; a frame too many is dropped.
const FRAMES_MAX: usize = 8192;
const MILLION: u32 = 1_000_000;

/// How good a cable is, each way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conditions {
    /// Of a million frames so many are lost.
    pub loss_ppm: u32,
    /// Bits that pass in a second; as many as come if none is said.
    pub rate: Option<u64>,
    /// What each frame takes longer.
    pub delay: Duration,
}

impl Conditions {
    pub(crate) fn is_perfect(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if self.loss_ppm > 0 {
            parts.push(format!("loss {}%", f64::from(self.loss_ppm) / 10_000.0));
        }
        if let Some(rate) = self.rate {
            let units = [
                (1_000_000_000, "gbit"),
                (1_000_000, "mbit"),
                (1_000, "kbit"),
                (1, "bit"),
            ];
            let fits = units.iter().find(|(size, _)| rate % size == 0);
            let (size, unit) = fits.unwrap_or(&(1, "bit"));
            parts.push(format!("rate {}{unit}", rate / size));
        }
        if !self.delay.is_zero() {
            parts.push(format!("delay {:?}", self.delay));
        }
        f.write_str(&parts.join(", "))
    }
}

/// One way of a cable: when each frame arrives at the other end.
#[derive(Debug)]
pub(crate) struct Lane {
    /// Until then the cable is busy with frames before.
    busy_until: Instant,
}

impl Lane {
    pub(crate) fn new(now: Instant) -> Self {
        Self { busy_until: now }
    }

    /// When a frame of `bytes` arrives; none if it is lost. `dice` is any number, `on_the_way` counts frames under way.
    pub(crate) fn offer(
        &mut self,
        now: Instant,
        bytes: usize,
        on_the_way: usize,
        dice: u64,
        conditions: &Conditions,
    ) -> Option<Instant> {
        if dice % u64::from(MILLION) < u64::from(conditions.loss_ppm) || on_the_way >= FRAMES_MAX {
            return None;
        }
        let begins = self.busy_until.max(now);
        let Some(rate) = conditions.rate else {
            return Some(now + conditions.delay);
        };
        if begins - now > PATIENCE {
            return None;
        }
        let takes = Duration::from_secs_f64(bytes as f64 * 8.0 / rate.max(1) as f64);
        self.busy_until = begins + takes;
        Some(self.busy_until + conditions.delay)
    }
}

/// Numbers that look random (SplitMix64): for a simulated fault that is enough.
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn so_many_are_lost() {
        let (now, mut dice) = (Instant::now(), Dice(1));
        let mut lane = Lane::new(now);
        let fifth = Conditions {
            loss_ppm: 200_000,
            ..Conditions::default()
        };
        let lost = (0..10_000)
            .filter(|_| lane.offer(now, 100, 0, dice.roll(), &fifth).is_none())
            .count();
        assert!((1_800..2_200).contains(&lost), "{lost}");
    }

    #[test]
    fn frames_wait_for_their_turn_and_not_for_ever() {
        let now = Instant::now();
        let mut lane = Lane::new(now);
        let slow = Conditions {
            rate: Some(1_000_000),
            delay: 50 * MS,
            ..Conditions::default()
        };
        // 1250 bytes are 10 ms at a megabit a second.
        let arrivals: Vec<_> = (0..30).map(|_| lane.offer(now, 1250, 0, 0, &slow)).collect();
        assert_eq!(arrivals[0], Some(now + 60 * MS));
        assert_eq!(arrivals[4], Some(now + 100 * MS));
        assert_eq!(arrivals[20], Some(now + 260 * MS));
        assert_eq!(arrivals[22..], [None; 8]);
        assert_eq!(
            lane.offer(now + Duration::from_secs(1), 1250, 0, 0, &slow),
            Some(now + 1060 * MS)
        );
    }

    #[test]
    fn conditions_read_as_they_are_typed() {
        let all = Conditions {
            loss_ppm: 5_000,
            rate: Some(10_000_000),
            delay: 50 * MS,
        };
        assert_eq!(all.to_string(), "loss 0.5%, rate 10mbit, delay 50ms");
        assert_eq!(Conditions::default().to_string(), "");
    }

    #[test]
    fn a_perfect_cable_changes_nothing_and_a_full_one_takes_nothing() {
        let now = Instant::now();
        let mut lane = Lane::new(now);
        assert_eq!(lane.offer(now, 1500, 0, 7, &Conditions::default()), Some(now));
        assert_eq!(lane.offer(now, 1500, FRAMES_MAX, 7, &Conditions::default()), None);
    }
}
