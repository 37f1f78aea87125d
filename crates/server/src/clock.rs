//! The two clocks, read here and nowhere below.

use std::time::SystemTime;

use muster_model::{Timestamp, WallTime};
use rustix::time::{ClockId, clock_gettime};

/// `CLOCK_BOOTTIME`: counts suspends, never jumps.
pub fn boot() -> Timestamp {
    let now = clock_gettime(ClockId::Boottime);
    let millis = i128::from(now.tv_sec) * 1_000 + i128::from(now.tv_nsec) / 1_000_000;
    Timestamp(u64::try_from(millis).unwrap_or(0))
}

/// The time on the wall.
pub fn wall() -> WallTime {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    WallTime(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
