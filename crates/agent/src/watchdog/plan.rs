use std::collections::BTreeSet;
use std::time::Duration;

use muster_model::Timestamp;

use crate::logic::LeaseRecord;

/// The record is read this often: a lease may be replaced by a shorter one.
const READ_EVERY: Duration = Duration::from_secs(1);
/// While others may already start what is ended here, processes are looked for this often,
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// for so long after the lease was over;
const LOOK_FOR: Duration = Duration::from_secs(10);
/// later, when only a start that hung in the engine can bring one, this often.
const LOOK_LATER_EVERY: Duration = Duration::from_millis(500);
/// A watchdog that nobody needs stays for this long: services come and go.
const STAY: Duration = Duration::from_secs(60);

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Read the record again at this moment.
    Sleep(Timestamp),
    /// End what runs of these containers, then read the record again.
    End {
        /// The engine's ids.
        containers: BTreeSet<String>,
        /// When.
        again: Timestamp,
    },
    /// There is nothing to watch.
    Leave,
}

/// What is known when it is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known<'a> {
    /// The record as it was last read.
    pub(super) record: Option<&'a LeaseRecord>,
    /// It could be read just now.
    pub(super) is_there: bool,
    /// The kernel's boot id.
    pub(super) boot: &'a str,
    /// When a lease last bound someone.
    pub(super) bound_last: Timestamp,
}

impl<'a> Known<'a> {
    /// The lease, if it binds anyone. One of an earlier boot binds nobody: all its processes are gone.
    pub(super) fn binding(&self) -> Option<&'a LeaseRecord> {
        self.record
            .filter(|record| record.boot == self.boot && !record.binds.is_empty())
    }
}

/// What that demands.
pub(super) fn next(known: &Known<'_>, now: Timestamp) -> Next {
    let Some(record) = known.binding() else {
        return if now < known.bound_last + STAY {
            Next::Sleep(now + READ_EVERY)
        } else {
            Next::Leave
        };
    };
    let at = record.watchdog_at();
    if now < at {
        return Next::Sleep(at.min(now + READ_EVERY));
    }
    let fresh = now < at + LOOK_FOR;
    if !known.is_there && !fresh {
        return Next::Leave;
    }
    Next::End {
        containers: record.containers.values().flatten().cloned().collect(),
        again: now + if fresh { LOOK_EVERY } else { LOOK_LATER_EVERY },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use muster_model::{SessionId, UnitId};

    use super::*;

    fn record(binds: bool) -> LeaseRecord {
        let unit = UnitId::new(1, 1);
        let names = BTreeMap::from([("unit-1-1-1".to_owned(), "SIGTERM".to_owned())]);
        LeaseRecord {
            boot: "b".to_owned(),
            session: SessionId::new(1, 1),
            sent: Timestamp(100_000),
            lease_ms: 10_000,
            binds: binds.then_some((unit, names)).into_iter().collect(),
            containers: BTreeMap::from([(unit, BTreeSet::from(["c1".to_owned()]))]),
        }
    }

    #[test]
    fn what_is_done_when() {
        let sleep = |ms| Next::Sleep(Timestamp(ms));
        let end = |again| Next::End {
            containers: BTreeSet::from(["c1".to_owned()]),
            again: Timestamp(again),
        };
        let (bound, free) = (record(true), record(false));
        let earlier = LeaseRecord {
            boot: "a".to_owned(),
            ..record(true)
        };
        // Its agent sends heartbeats at 100 s; 0.95 of ten seconds later it acts.
        for (record, is_there, bound_last, now, wanted) in [
            (Some(&bound), true, 100_000, 100_000, sleep(101_000)),
            (Some(&bound), true, 109_000, 109_000, sleep(109_500)),
            (Some(&bound), true, 109_499, 109_499, sleep(109_500)),
            (Some(&bound), true, 109_500, 109_500, end(109_600)),
            (Some(&bound), true, 119_499, 119_499, end(119_599)),
            (Some(&bound), true, 119_500, 119_500, end(120_000)),
            // Its file is gone: the deadline stands, and then there is nothing to wait for.
            (Some(&bound), false, 109_000, 109_000, sleep(109_500)),
            (Some(&bound), false, 109_500, 109_500, end(109_600)),
            (Some(&bound), false, 119_500, 119_500, Next::Leave),
            // Nobody is bound.
            (Some(&free), true, 100_000, 109_500, sleep(110_500)),
            (Some(&free), true, 100_000, 160_000, Next::Leave),
            // The machine began again since.
            (Some(&earlier), true, 100_000, 109_500, sleep(110_500)),
            (Some(&earlier), true, 100_000, 160_000, Next::Leave),
            (None, false, 100_000, 100_000, sleep(101_000)),
            (None, true, 100_000, 160_000, Next::Leave),
        ] {
            let known = Known {
                record,
                is_there,
                boot: "b",
                bound_last: Timestamp(bound_last),
            };
            assert_eq!(
                next(&known, Timestamp(now)),
                wanted,
                "at {now}, there: {is_there}"
            );
        }
    }
}
