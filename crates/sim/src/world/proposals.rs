//! What handlers of the API would commit for what users ask.

use muster_control::Versioned;
use muster_control::World as Seen;
use muster_model::desired::Stack;
use muster_model::{Name, StackId};
use muster_server::desired::{
    Author, Base, Denial, Deploy, HostChange, Proposal, ServiceChange, change_host, change_service, deploy,
    removal, restart_service, rollback,
};
use muster_store::Commit;

use super::people::ENVIRONMENT;
use crate::wish::Edit;

/// What the API would commit.
pub(super) fn propose(world: &Seen, author: &Author, new_id: StackId, edit: &Edit) -> Result<Commit, Denial> {
    let base = Base::default();
    let find = |name: &Name| -> Result<&Versioned<Stack>, Denial> {
        let gone = || muster_model::Refusal::NotFound {
            kind: "stack".to_owned(),
            name: name.to_string(),
        };
        Ok(world.stack_by_name(ENVIRONMENT, name).ok_or_else(gone)?)
    };
    match edit {
        Edit::Deploy { stack, spec } => {
            let (name, spec) = (stack.clone(), spec.clone());
            let asked = Deploy {
                environment: ENVIRONMENT,
                name,
                new_id,
                spec,
                base,
                host_access: true,
            };
            deploy(world, author, &asked).map(whole)
        }
        Edit::Scale {
            stack,
            service,
            units,
        } => {
            let change = ServiceChange {
                scale: Some(*units),
                ..ServiceChange::default()
            };
            change_service(world, author, find(stack)?, service, change).map(whole)
        }
        Edit::Rollback { stack, to } => {
            rollback(world, author, find(stack)?, Some(*to), base, true).map(whole)
        }
        Edit::Restart { stack, service } => restart_service(world, author, find(stack)?, service).map(whole),
        Edit::Remove { stack } => removal(world, author, find(stack)?, true, base).map(whole),
        Edit::Cordon { host, cordoned } => {
            let gone = || muster_model::Refusal::NotFound {
                kind: "host".to_owned(),
                name: host.to_string(),
            };
            let old = world.host_by_name(ENVIRONMENT, host).and_then(|host| host.wish);
            let change = HostChange {
                cordoned: Some(*cordoned),
                ..HostChange::default()
            };
            change_host(world, author, old.ok_or_else(gone)?, &change).map(whole)
        }
    }
}

/// The stacks here are small: nothing has to be written before.
fn whole<T>(proposal: Proposal<T>) -> Commit {
    proposal.commit
}
