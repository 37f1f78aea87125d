//! Who leads, read from what the store took.

use muster_model::assigned::{HostAssigned, Leader, Presence};
use muster_model::document::Document;
use muster_model::{EnvironmentId, ServerId};
use muster_sim::Life;
use muster_sim::judge::Leads;
use muster_store::Commit;

use super::host;

const FIRST: Life = Life { of: 0, number: 1 };
const SECOND: Life = Life { of: 1, number: 1 };

fn write(doc: &impl Document) -> Commit {
    Commit::new().write(doc).unwrap()
}

fn elected(epoch: u32) -> Commit {
    write(&Leader {
        epoch,
        server: ServerId::new(1, 1),
        lease_ms: 60_000,
    })
}

fn decision() -> Commit {
    write(&HostAssigned {
        host: host(1),
        environment: EnvironmentId::new(1, 1),
        networks: Vec::new(),
        presence: Presence::Active,
        braked: false,
        losses: 0,
    })
}

#[test]
fn what_a_replaced_leader_decides_is_seen() {
    let mut leads = Leads::default();
    assert!(leads.landed(FIRST, &decision()).is_some(), "nobody leads yet");
    assert_eq!(leads.landed(FIRST, &elected(3)), None);
    assert_eq!(leads.landed(FIRST, &decision()), None);
    assert_eq!(leads.landed(SECOND, &elected(5)), None);
    assert_eq!(leads.landed(SECOND, &decision()), None);
    assert!(leads.landed(FIRST, &decision()).is_some(), "it was replaced");
    let again = Life { number: 2, ..SECOND };
    assert!(
        leads.landed(again, &decision()).is_some(),
        "a restart was not elected yet"
    );
}

#[test]
fn an_election_that_goes_back_is_seen() {
    let mut leads = Leads::default();
    assert_eq!(leads.landed(FIRST, &elected(5)), None);
    assert_eq!(leads.landed(FIRST, &elected(5)), None, "its own page again");
    assert!(leads.landed(SECOND, &elected(5)).is_some());
    assert!(leads.landed(SECOND, &elected(4)).is_some());
    assert_eq!(leads.landed(SECOND, &elected(6)), None);
}
