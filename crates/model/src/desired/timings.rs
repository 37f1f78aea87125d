//! How soon silence counts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::limits::{HEARTBEAT_EVERY, HEARTBEATS_PER_SECOND, LOST_AFTER, SUSPECT_AFTER};

/// How soon an environment's hosts count as suspect and as lost, and how long their leases are. What is not set is as usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Timings {
    /// Silence after which nothing new is placed on a host, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspect_after_ms: Option<u64>,
    /// Silence after which a host is lost and its stateless units are placed elsewhere, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_after_ms: Option<u64>,
    /// Within what time a host that nobody hears ends its exclusive units, milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_ms: Option<u64>,
}

impl Timings {
    /// Whether nothing is set.
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Silence after which a host is suspect, on a platform with so many hosts: three beats at least.
    pub fn suspect_after(&self, hosts: usize) -> Duration {
        let usual = SUSPECT_AFTER.max(heartbeat(hosts) * 3);
        self.suspect_after_ms
            .map_or(usual, Duration::from_millis)
            .max(heartbeat(hosts) * 3)
    }

    /// Silence after which a host is lost: some time after it is suspect.
    pub fn lost_after(&self, hosts: usize) -> Duration {
        let usual = LOST_AFTER.max(heartbeat(hosts) * 5);
        let wished = self.lost_after_ms.map_or(usual, Duration::from_millis);
        wished.max(self.suspect_after(hosts) + heartbeat(hosts) / 2)
    }

    /// How long it lasts from when a host is suspect until it is lost.
    pub fn grace(&self, hosts: usize) -> Duration {
        self.lost_after(hosts).saturating_sub(self.suspect_after(hosts))
    }
}

/// How often agents beat on a platform with so many hosts: beyond a thousand, all of them together no more often than they
/// did before.
pub fn heartbeat(hosts: usize) -> Duration {
    let hosts = u64::try_from(hosts).unwrap_or(u64::MAX);
    HEARTBEAT_EVERY.max(Duration::from_millis(
        hosts.saturating_mul(1_000) / HEARTBEATS_PER_SECOND,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_a_thousand_hosts_beats_are_rarer_and_patience_is_longer() {
        let usual = Timings::default();
        let seconds = |hosts| {
            let all = [
                heartbeat(hosts),
                usual.suspect_after(hosts),
                usual.lost_after(hosts),
            ];
            all.map(|time| time.as_secs())
        };
        assert_eq!(seconds(1), [2, 6, 10]);
        assert_eq!(seconds(1_000), [2, 6, 10]);
        assert_eq!(seconds(5_000), [10, 30, 50]);
    }

    #[test]
    fn what_is_set_holds_but_never_less_than_three_beats() {
        let slow = Timings {
            suspect_after_ms: Some(8_000),
            lost_after_ms: Some(20_000),
            lease_ms: None,
        };
        assert_eq!(
            (slow.suspect_after(3).as_secs(), slow.lost_after(3).as_secs()),
            (8, 20)
        );
        assert_eq!(slow.grace(3).as_secs(), 12);
        assert_eq!(slow.suspect_after(5_000).as_secs(), 30);
        assert!(slow.lost_after(5_000) > slow.suspect_after(5_000));
    }
}
