//! Virtual time: what happens when, and what each machine's own clocks make of it.

use std::collections::BTreeMap;
use std::fmt;

use muster_model::{Timestamp, WallTime};

use crate::rng::Rng;

/// Milliseconds since the history began. No machine of the simulation sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub u64);

impl Moment {
    /// So many milliseconds later.
    #[must_use]
    pub const fn after(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds since `earlier`.
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Moment {
    /// Minutes, seconds, milliseconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02}:{:02}.{:03}",
            self.0 / 60_000,
            self.0 / 1_000 % 60,
            self.0 % 1_000
        )
    }
}

/// What is to come, in order; what was put in first comes first among equals.
#[derive(Debug)]
pub struct Queue<E> {
    to_come: BTreeMap<(Moment, u64), E>,
    put: u64,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self {
            to_come: BTreeMap::new(),
            put: 0,
        }
    }
}

impl<E> Queue<E> {
    /// Puts something in.
    pub fn put(&mut self, at: Moment, event: E) {
        self.put += 1;
        self.to_come.insert((at, self.put), event);
    }

    /// When the next one comes.
    pub fn next_at(&self) -> Option<Moment> {
        self.to_come.keys().next().map(|(at, _)| *at)
    }

    /// Forgets what is not to come after all.
    pub fn keep(&mut self, comes: impl Fn(&E) -> bool) {
        self.to_come.retain(|_, event| comes(event));
    }

    /// Takes the next one out.
    pub fn take(&mut self) -> Option<(Moment, E)> {
        self.to_come.pop_first().map(|((at, _), event)| (at, event))
    }
}

/// One machine's clocks. Cores must not mind that no two agree.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// When the machine was last started, or the history began.
    since: Moment,
    /// What `CLOCK_BOOTTIME` said then.
    booted: u64,
    /// Its milliseconds in a thousand true ones.
    rate: u64,
    /// What the wall clock would have said as the history began.
    wall: u64,
}

/// Some time in 2026; nothing may depend on it.
const WALL_AT_BEGINNING: u64 = 1_780_000_000_000;
/// By how many of a thousand milliseconds a clock may go wrong.
const DRIFT_MAX: u64 = 50;

impl Clocks {
    /// Booted up to a day before the history began, with a wall clock that is up to ten minutes off.
    pub fn draw(rng: &mut Rng) -> Self {
        Self {
            since: Moment(0),
            booted: rng.between(1_000, 86_400_000),
            rate: 1_000,
            wall: WALL_AT_BEGINNING + rng.between(0, 1_200_000),
        }
    }

    /// From its beginning on, `CLOCK_BOOTTIME` goes too fast or too slow, by up to five in a hundred.
    pub fn drift(&mut self, rng: &mut Rng) {
        self.rate = rng.between(1_000 - DRIFT_MAX, 1_000 + DRIFT_MAX);
    }

    /// From its beginning on, `CLOCK_BOOTTIME` goes as much too fast, or too slow, as one may.
    pub const fn drift_most(&mut self, fast: bool) {
        self.rate = if fast {
            1_000 + DRIFT_MAX
        } else {
            1_000 - DRIFT_MAX
        };
    }

    /// The machine is started again.
    pub fn boot_anew(&mut self, now: Moment, rng: &mut Rng) {
        (self.since, self.booted) = (now, rng.between(1_000, 60_000));
    }

    /// The wall clock is set, forwards or backwards.
    pub const fn set_wall(&mut self, later: u64, earlier: u64) {
        self.wall = self.wall.saturating_add(later).saturating_sub(earlier);
    }

    /// `CLOCK_BOOTTIME`. It counts pauses.
    pub const fn boot(&self, now: Moment) -> Timestamp {
        Timestamp(self.booted + now.since(self.since) * self.rate / 1_000)
    }

    /// The wall clock.
    pub const fn wall(&self, now: Moment) -> WallTime {
        WallTime(self.wall + now.0)
    }

    /// When this machine's `CLOCK_BOOTTIME` reaches `at`.
    pub const fn moment(&self, at: Timestamp) -> Moment {
        let own = at.0.saturating_sub(self.booted);
        self.since.after(own.saturating_mul(1_000).div_ceil(self.rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_come_in_the_order_they_were_put() {
        let mut queue = Queue::default();
        for (at, what) in [(5, 'c'), (1, 'a'), (5, 'd'), (1, 'b')] {
            queue.put(Moment(at), what);
        }
        let order: String = std::iter::from_fn(|| queue.take())
            .map(|(_, what)| what)
            .collect();
        assert_eq!(order, "abcd");
    }

    #[test]
    fn clocks_translate_back() {
        let mut rng = Rng::new(3);
        let mut clocks = Clocks::draw(&mut rng);
        let now = Moment(123_456);
        assert_eq!(clocks.moment(clocks.boot(now)), now);
        assert_eq!(
            clocks.moment(Timestamp(0)),
            Moment(0),
            "before the history began is its beginning"
        );
        for _ in 0..20 {
            clocks.drift(&mut rng);
            let at = clocks.boot(now) + std::time::Duration::from_millis(777);
            assert!(
                clocks.boot(clocks.moment(at)) >= at,
                "who wakes then finds it has come"
            );
            assert!(
                clocks.boot(Moment(clocks.moment(at).0 - 2)) < at,
                "and not much later"
            );
        }
    }

    #[test]
    fn a_machine_that_is_started_again_counts_from_there() {
        let mut rng = Rng::new(4);
        let mut clocks = Clocks::draw(&mut rng);
        clocks.boot_anew(Moment(5_000), &mut rng);
        assert!(clocks.boot(Moment(5_000)).0 <= 60_000);
        let later = clocks.boot(Moment(5_000)) + std::time::Duration::from_secs(1);
        assert_eq!(clocks.moment(later), Moment(6_000));
        assert_eq!(Moment(123_456).to_string(), "02:03.456");
    }
}
