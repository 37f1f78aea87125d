//! Hosts.

use muster_control::{Host, Versioned, World};
use muster_model::HostId;
use muster_model::desired::HostWish;
use muster_model::observed::Finding;
use muster_model::view::{HostPatch, HostView};

use super::join::twins;
use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::api::selector::Selector;
use crate::api::show;
use crate::desired::{self, HostChange};

/// The environment's hosts, in the order in which they joined.
pub(crate) const LIST: Listing<HostId, HostView> = Listing {
    select: |call, world| {
        let key = |id: HostId| format!("{:010}-{:010}", id.epoch, id.counter);
        let selector: Option<Selector> = call.query.read("selector")?;
        let labelled = |host: &Host<'_>| {
            let labels = host.wish.map(|wish| &wish.labels);
            selector
                .as_ref()
                .is_none_or(|selector| labels.is_some_and(|labels| selector.matches(labels)))
        };
        let hosts = world.hosts(call.env()?).filter(labelled);
        Ok(hosts.map(|host| (key(host.id), host.id)).collect())
    },
    show: |_, world, id| show::host(world, world.host(*id)?),
    id: |view| view.id.to_string(),
};

pub(crate) fn read(call: &Call) -> Result<Answer<HostView>, ApiError> {
    shown(call, &call.world, call.host()?.id)
}

fn shown(call: &Call, world: &World, id: HostId) -> Result<Answer<HostView>, ApiError> {
    let host = world.host(id);
    let modified = host
        .and_then(|host| host.wish)
        .map(|wish| wish.modified)
        .unwrap_or_default();
    let view = host.and_then(|host| show::host(world, host));
    let mut view = view.ok_or_else(|| ApiError::not_found("host", call.path.get("host")))?;
    if let Some(facts) = &mut view.facts {
        let twins = twins(world, view.environment, id, &facts.machine);
        facts.findings.extend(twins.into_iter().map(twin));
    }
    Ok(Answer::of(view).modified(modified))
}

fn twin(remark: String) -> Finding {
    let (found, mend) = remark.split_once(". ").unwrap_or((&remark, ""));
    Finding {
        check: "machine id".to_owned(),
        failing: false,
        found: found.to_owned(),
        mend: mend.to_owned(),
    }
}

pub(crate) async fn change(call: Call, asked: HostPatch) -> Result<Answer<HostView>, ApiError> {
    let change = HostChange {
        cordoned: asked.cordoned,
        evacuating: asked.evacuating,
        deadline_seconds: asked.deadline_seconds,
        labels: asked.labels.unwrap_or_default(),
        name: asked.name,
        confirmed_dead: asked.confirmed_dead,
        base: call.if_match,
    };
    let (author, id) = (call.author()?, call.host()?.id);
    let propose = |world: &World| {
        Ok(desired::change_host(
            world,
            &author,
            wish(&call, world, id)?,
            &change,
        )?)
    };
    let done = call.commit(propose).await?;
    shown(&call, &done.world, id)
}

pub(crate) async fn remove(call: Call) -> Result<Answer<()>, ApiError> {
    let (author, discard_data) = (call.author()?, call.query.flag("discard_data")?);
    let id = match call.host() {
        Ok(host) => host.id,
        Err(error) => return call.gone(error).await,
    };
    let propose = |world: &World| {
        let host = wish(&call, world, id)?;
        Ok(desired::drop_host(
            world,
            &author,
            host,
            discard_data,
            call.if_match,
        )?)
    };
    call.commit(propose).await?;
    Ok(Answer::of(()))
}

fn wish<'w>(call: &Call, world: &'w World, id: HostId) -> Result<&'w Versioned<HostWish>, ApiError> {
    let wish = world.host(id).and_then(|host| host.wish);
    wish.ok_or_else(|| ApiError::not_found("host", call.path.get("host")))
}
