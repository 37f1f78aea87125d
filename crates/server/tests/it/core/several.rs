//! Several servers on one store: leases that another one gave.

use std::time::Duration;

use muster_model::limits::LEASE_MARGIN;
use muster_model::observed::{HostObserved, SessionRecord};
use muster_model::{HostId, ServerId, SessionId, Timestamp, WallTime};

use super::bench::{Bench, facts};
use super::trouble::{moves_only_after, with_an_exclusive_unit};

const LEASE: Duration = Duration::from_secs(60);

/// Another server has a host's session, or says that it fell silent.
fn with_another(bench: &mut Bench, host: HostId, session: u32, silent: bool) {
    let session = SessionRecord {
        id: SessionId::new(7, session),
        server: ServerId::new(7, 1),
        epoch: 7,
        silent,
        since: WallTime(0),
        lease_ms: None,
    };
    let facts = facts();
    bench.put(&HostObserved { host, session, facts });
}

fn fence(bench: &Bench) -> Timestamp {
    bench.now + LEASE + LEASE_MARGIN
}

/// A leader's own last acknowledgement says nothing about the lease that another server gave since.
#[test]
fn a_lease_that_another_server_gave_counts_from_when_its_silence_is_seen() {
    let (mut bench, exclusive, [dying, living]) = with_an_exclusive_unit();
    bench.beat(dying, 1);
    with_another(&mut bench, exclusive, 1, false);
    for beat in 1..=40 {
        bench.beat(living, beat);
        bench.pass(Duration::from_secs(1));
    }
    with_another(&mut bench, exclusive, 1, true);
    let fence = fence(&bench);
    moves_only_after(&mut bench, exclusive, fence, living);
}

/// A leader that reads everything again may have missed that a silent host came back in between, and fell silent anew.
#[test]
fn a_silence_counts_from_when_it_is_seen_although_an_earlier_one_was_seen_before() {
    let (mut bench, exclusive, [_, living]) = with_an_exclusive_unit();
    with_another(&mut bench, exclusive, 1, true);
    bench.beat(living, 1);
    bench.watching = false;
    with_another(&mut bench, exclusive, 2, false);
    for beat in 2..=30 {
        bench.beat(living, beat);
        bench.pass(Duration::from_secs(1));
    }
    with_another(&mut bench, exclusive, 2, true);
    bench.watching = true;
    bench.start();
    let fence = fence(&bench);
    moves_only_after(&mut bench, exclusive, fence, living);
}
