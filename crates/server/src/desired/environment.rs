//! Environments.

use muster_control::{Versioned, World};
use muster_model::AccountId;
use muster_model::desired::{Environment, Role};
use muster_store::Commit;

use super::{Author, Denial, Proposal, alone_in, exists, not_found, proposal, replace, unchanged};

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
