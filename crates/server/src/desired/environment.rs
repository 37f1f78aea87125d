//! Environments.

use std::ops::RangeInclusive;

use muster_control::{Versioned, World};
use muster_model::desired::{Environment, Role, Timings};
use muster_model::limits::{LOST_AFTER, SUSPECT_AFTER};
use muster_model::{AccountId, Refusal};
use muster_store::Commit;

use super::{
    Author, Denial, Proposal, alone_in, exists, not_found, out_of_bounds, proposal, remove, replace,
    still_at, unchanged,
};

/// Of what is still there so many are named; the rest is counted.
const NAMED_MAX: usize = 10;
/// Join tokens that go in one commit with their environment; the others let nobody in any more.
const TOKENS_MAX: usize = 40;

/// Three heartbeats at least; who wants to wait for longer than an hour wants no failover.
const SUSPECT_AFTER_MS: RangeInclusive<u64> = 6_000..=3_600_000;
/// The others have to be heard of as silent before the first is lost.
const LOST_AFTER_MS: RangeInclusive<u64> = 8_000..=7_200_000;
/// Of being suspect before being lost.
const GRACE_MS: u64 = 2_000;
/// An agent has to have the time to end what it runs; longer than half an hour, nobody waits.
const LEASE_MS: RangeInclusive<u64> = 15_000..=1_800_000;

/// An environment is made.
pub fn add_environment(
    world: &World,
    author: &Author,
    new: Environment,
) -> Result<Proposal<Environment>, Denial> {
    if world.environment_by_name(&new.name).is_some() {
        return Err(exists("environment", &new.name).into());
    }
    let platform = world.platform().ok_or_else(|| not_found("platform", "self"))?;
    let commit = alone_in(Commit::new().create(&new)?, platform)?;
    Ok(proposal(author, commit, new))
}

/// An empty environment goes, with its members' parts and its join tokens.
pub fn drop_environment(
    world: &World,
    author: &Author,
    old: &Versioned<Environment>,
) -> Result<Proposal<()>, Denial> {
    let left = contents(world, old);
    if !left.is_empty() {
        let (kind, name) = ("environment".to_owned(), old.name.to_string());
        return Err(Refusal::InUse {
            kind,
            name,
            by: shortened(left),
        }
        .into());
    }
    let platform = world.platform().ok_or_else(|| not_found("platform", "self"))?;
    // Whoever puts something into an environment also writes its page: the two cannot both happen.
    let mut commit = alone_in(remove(Commit::new(), old)?, platform)?;
    let tokens = world.join_tokens().filter(|token| token.environment == old.id);
    for token in tokens.take(TOKENS_MAX) {
        commit = remove(commit, token)?;
    }
    Ok(proposal(author, commit, ()))
}

/// Everything that would be lost with it, in words.
fn contents(world: &World, environment: &Environment) -> Vec<String> {
    let id = environment.id;
    let hosts = world.hosts(id).filter_map(|host| host.wish);
    let hosts = hosts.map(|host| format!("host {}", host.name));
    let stacks = world.stacks(id).map(|stack| format!("stack {}", stack.name));
    let volumes = world.volumes_in(id).filter(|volume| !volume.removed);
    let volumes = volumes.map(|volume| format!("volume {}", volume.engine_name));
    let wished = world
        .volume_wishes(id)
        .map(|volume| format!("volume {}", volume.name));
    let blobs = world.blobs(id).map(|blob| {
        let kind = if blob.secret { "secret" } else { "config" };
        format!("{kind} {}", blob.name)
    });
    let registries = world
        .registries(id)
        .map(|login| format!("registry {}", login.registry));
    let all = hosts.chain(stacks).chain(volumes).chain(wished);
    let mut all: Vec<String> = all.chain(blobs).chain(registries).collect();
    all.dedup();
    all
}

fn shortened(mut all: Vec<String>) -> Vec<String> {
    let more = all.len().saturating_sub(NAMED_MAX);
    if more > 0 {
        all.truncate(NAMED_MAX);
        all.push(format!("{more} more"));
    }
    all
}

/// An account gets a part in an environment, another one, or none.
pub fn change_member(
    world: &World,
    author: &Author,
    old: &Versioned<Environment>,
    member: AccountId,
    role: Option<Role>,
) -> Result<Proposal<()>, Denial> {
    let mut members = old.members.clone();
    let commit = match role {
        Some(role) => {
            let account = world
                .account(member)
                .ok_or_else(|| not_found("account", &member.to_string()))?;
            members.insert(member, role);
            unchanged(Commit::new(), account)?
        }
        None => {
            members
                .remove(&member)
                .ok_or_else(|| not_found("member", &member.to_string()))?;
            Commit::new()
        }
    };
    let new = Environment {
        members,
        ..(*old.doc).clone()
    };
    Ok(proposal(author, replace(commit, old, &new)?, ()))
}

/// Silent hosts are given up from now on although most fell silent with them: those that are silent now, and this time only.
pub fn release_brake(
    world: &World,
    author: &Author,
    old: &Versioned<Environment>,
) -> Result<Proposal<()>, Denial> {
    let silent = world.hosts(old.id).filter_map(|host| {
        let session = &host.observed?.session;
        session.silent.then_some((host.id, session.id))
    });
    let new = Environment {
        released: silent.collect(),
        ..(*old.doc).clone()
    };
    Ok(proposal(author, replace(Commit::new(), old, &new)?, ()))
}

/// How soon silence counts becomes something else.
pub fn change_timings(
    author: &Author,
    old: &Versioned<Environment>,
    timings: Timings,
    base: Option<u64>,
) -> Result<Proposal<()>, Denial> {
    still_at("environment", old.name.as_str(), base, old.modified.0)?;
    let bounds = [
        ("suspect_after_ms", timings.suspect_after_ms, SUSPECT_AFTER_MS),
        ("lost_after_ms", timings.lost_after_ms, LOST_AFTER_MS),
        ("lease_ms", timings.lease_ms, LEASE_MS),
    ];
    for (what, given, allowed) in bounds {
        if let Some(given) = given.filter(|given| !allowed.contains(given)) {
            let allowed = format!("{} to {} milliseconds", allowed.start(), allowed.end());
            return Err(out_of_bounds(what, given, allowed).into());
        }
    }
    let (suspect, lost) = (timings.suspect_after_ms, timings.lost_after_ms);
    let usual = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let (suspect, lost) = (
        suspect.unwrap_or(usual(SUSPECT_AFTER)),
        lost.unwrap_or(usual(LOST_AFTER)),
    );
    if lost < suspect + GRACE_MS {
        let allowed = format!("at least {GRACE_MS} ms more than suspect_after_ms, which is {suspect}");
        return Err(out_of_bounds("lost_after_ms", lost, allowed).into());
    }
    let new = Environment {
        timings,
        ..(*old.doc).clone()
    };
    Ok(proposal(author, replace(Commit::new(), old, &new)?, ()))
}
