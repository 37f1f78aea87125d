//! From documents to views, field by field. Nothing here decides; nothing here has a secret's value.

use std::sync::Arc;

use muster_control::{Host, Staying, Versioned, World, staying};
use muster_model::assigned::{Presence, ServiceState, Unit, UnitWish};
use muster_model::desired::{
    Account, ApiKey, BlobObject, Environment, Evacuation, HostWish, RegistryCredential, Role, ServiceKind,
    ServiceSpec, Stack, StackRevision,
};
use muster_model::observed::{Health, Phase, UnitStatus};
use muster_model::view::{
    AccountView, ConfigView, DeathView, EnvironmentView, EvacuationView, HostState, HostView, KeyView,
    LeavingView, MemberView, RegistryView, RolloutView, SecretView, ServiceView, StackRevisionView,
    StackState, StackView, UnitView,
};
use muster_model::{EnvironmentId, HostId, Name};

use crate::auth::SESSION_NOTE;

/// A stack with the counts of its services.
pub(super) fn stack(world: &World, stack: &Stack) -> StackView {
    let spec = world.spec(stack.id, stack.revision);
    let services: Vec<ServiceView> = world
        .services(stack.id)
        .filter_map(|name| service(world, stack, &name))
        .collect();
    let sum = |count: fn(&ServiceView) -> u32| services.iter().map(count).sum();
    StackView {
        id: stack.id,
        name: stack.name.clone(),
        environment: stack.environment,
        revision: stack.revision,
        state: stack_state(stack, &services),
        services: spec.map_or(0, |spec| u32::try_from(spec.services.len()).unwrap_or(u32::MAX)),
        wanted: sum(|service| service.wanted),
        running: sum(|service| service.running),
        healthy: sum(|service| service.healthy),
        created: stack.created,
    }
}

/// As the service that is worst off.
fn stack_state(stack: &Stack, services: &[ServiceView]) -> StackState {
    if stack.removed {
        return StackState::Removing;
    }
    let badness = |state: &ServiceState| match state {
        ServiceState::Completed => 0,
        ServiceState::Steady => 1,
        ServiceState::Converging => 2,
        ServiceState::Blocked => 3,
    };
    let worst = services.iter().map(|service| service.state).max_by_key(badness);
    worst.map_or(StackState::Steady, StackState::from)
}

/// A service: of the wanted revision, or, if it is no longer in it, as its last units have it.
pub(super) fn service(world: &World, stack: &Stack, name: &Name) -> Option<ServiceView> {
    let wanted_spec = world
        .service_spec(stack.id, stack.revision, name)
        .filter(|_| !stack.removed);
    let spec = wanted_spec.or_else(|| {
        let unit = world.units_of(stack.id, name).next()?;
        world.service_spec(stack.id, unit.revision, name)
    });
    let spec: &ServiceSpec = spec.or_else(|| world.service_spec(stack.id, stack.revision, name))?;
    let verdict = world
        .verdict(stack.id, name)
        .filter(|verdict| verdict.revision == stack.revision);
    let wish = world.service_wish(stack.id, name);
    let rollout = world.rollout(stack.id, name);
    let (running, healthy) = counts(world, stack, name);
    let by_hand = wish.and_then(|wish| wish.scale);
    let wanted = if wanted_spec.is_none() {
        0
    } else {
        verdict.map_or_else(|| asked(world, stack, spec, by_hand), |verdict| verdict.wanted)
    };
    let reasons = verdict.map(|verdict| verdict.reasons.clone()).unwrap_or_default();
    Some(ServiceView {
        stack_id: stack.id,
        stack: stack.name.clone(),
        name: name.clone(),
        kind: spec.kind,
        class: spec.class(),
        image: spec.unit.primary.image.to_string(),
        sidekicks: spec
            .unit
            .sidekicks
            .iter()
            .map(|(name, spec)| (name.clone(), spec.image.to_string()))
            .collect(),
        ports: spec
            .unit
            .containers()
            .flat_map(|(_, container)| container.ports.iter().cloned())
            .collect(),
        depends_on: spec.depends_on.clone(),
        wanted,
        running,
        healthy,
        revision: stack.revision,
        state: verdict
            .filter(|_| !is_behind(world, stack, name, spec))
            .map_or(ServiceState::Converging, |v| v.state),
        why: reasons.iter().map(ToString::to_string).collect(),
        reasons,
        rollout: rollout.map(|rollout| RolloutView {
            from: rollout.from,
            to: rollout.to,
            state: rollout.state,
            reasons: rollout.reasons.clone(),
        }),
        scale_by_hand: by_hand,
        paused: wish.is_some_and(|wish| wish.paused),
    })
}

/// Whether control has still to take up what was last set on the service by hand.
fn is_behind(world: &World, stack: &Stack, name: &Name, spec: &ServiceSpec) -> bool {
    let Some(wish) = world.service_wish(stack.id, name) else {
        return false;
    };
    let verdict = world.verdict(stack.id, name);
    let by_hand = wish
        .scale
        .filter(|_| spec.kind == ServiceKind::Containers && !spec.exclusive);
    let scaled = verdict.is_some_and(|verdict| by_hand.is_some_and(|scale| scale != verdict.wanted));
    let mut running = world
        .units_of(stack.id, name)
        .filter(|unit| unit.wish == UnitWish::Run);
    scaled || running.any(|unit| unit.restarts < wish.restarts)
}

/// What is asked for, as long as control has not judged this revision.
fn asked(world: &World, stack: &Stack, spec: &ServiceSpec, by_hand: Option<u32>) -> u32 {
    match spec.kind {
        ServiceKind::Global => u32::try_from(world.hosts(stack.environment).count()).unwrap_or(u32::MAX),
        kind if !kind.has_units() => 0,
        _ => by_hand.unwrap_or_else(|| spec.scale_of_files()),
    }
}

fn counts(world: &World, stack: &Stack, name: &Name) -> (u32, u32) {
    let kept = world
        .units_of(stack.id, name)
        .filter(|unit| unit.wish == UnitWish::Run);
    let statuses = kept.filter_map(|unit| current_status(world, unit));
    statuses.fold((0, 0), |(running, healthy), status| {
        (
            running + u32::from(status.phase == Phase::Running),
            healthy + u32::from(status.is_up()),
        )
    })
}

/// What its agent says of the unit as it is meant to be now.
fn current_status<'a>(world: &'a World, unit: &Unit) -> Option<&'a UnitStatus> {
    let status = world.status(unit.id)?;
    (status.generation == unit.generation).then_some(&*status.doc)
}

pub(super) fn unit(world: &World, unit: &Unit) -> Option<UnitView> {
    let stack = world.stack(unit.stack)?;
    let status = current_status(world, unit);
    let spec = world.service_spec(unit.stack, unit.revision, &unit.service);
    let heard = world.host(unit.host).is_some_and(|host| host.heard());
    Some(UnitView {
        id: unit.id,
        stack_id: unit.stack,
        stack: stack.name.clone(),
        service: unit.service.clone(),
        number: unit.number,
        host_id: unit.host,
        host: host_name(world, unit.host)?,
        image: spec
            .map(|spec| spec.unit.primary.image.to_string())
            .unwrap_or_default(),
        revision: unit.revision,
        generation: unit.generation,
        address: unit.address,
        ports: unit.ports.clone(),
        wish: unit.wish,
        phase: status.map_or(Phase::Waiting, |status| status.phase),
        health: status.map_or(Health::None, |status| status.health),
        stale: status.is_some() && !heard,
        restarts: status.map_or(0, |status| status.restarts),
        running_since: status.and_then(|status| status.running_since),
        message: status.and_then(|status| status.message.clone()),
        containers: status.map(|status| status.containers.clone()).unwrap_or_default(),
        reasons: unit.reasons.clone(),
        created: unit.created,
    })
}

/// `shop/web-2`.
pub(super) fn unit_title(world: &World, unit: &Unit) -> String {
    let stack = world
        .stack(unit.stack)
        .map_or_else(|| unit.stack.to_string(), |stack| stack.name.to_string());
    format!("{stack}/{}-{}", unit.service, unit.number)
}

/// A host's name; its id once it left.
pub(super) fn host_name(world: &World, id: HostId) -> Option<Name> {
    let name = world
        .host(id)
        .and_then(|host| host.wish)
        .map(|wish| wish.name.clone());
    name.or_else(|| Name::parse(&id.to_string()).ok())
}

pub(super) fn host(world: &World, host: Host<'_>) -> Option<HostView> {
    let wish = host.wish?;
    let running = |unit: &&Versioned<Unit>| {
        current_status(world, unit).is_some_and(|status| status.phase == Phase::Running)
    };
    Some(HostView {
        id: host.id,
        name: wish.name.clone(),
        environment: wish.environment,
        state: host_state(host, wish),
        cordoned: wish.cordoned,
        labels: wish.labels.clone(),
        units: host.load.units,
        running: u32::try_from(world.units_on(host.id).filter(running).count()).unwrap_or(u32::MAX),
        facts: host.observed.map(|observed| observed.facts.clone()),
        since: host.observed.map(|observed| observed.session.since),
        joined: wish.joined,
        evacuation: wish
            .evacuation
            .as_ref()
            .map(|evacuation| leaving(world, host.id, evacuation)),
        braked: host.assigned.is_some_and(|assigned| assigned.braked),
        losses: host.assigned.map_or(0, |assigned| assigned.losses),
        confirmed_dead: host.confirmed_dead().map(|said| DeathView {
            by: world.account(said.by).map(|account| account.name.clone()),
            at: said.at,
        }),
    })
}

fn leaving(world: &World, host: HostId, evacuation: &Evacuation) -> EvacuationView {
    let unit = |staying: Staying| LeavingView {
        unit: unit_title(world, &staying.unit),
        why: staying.why.as_ref().map(ToString::to_string),
        reason: staying.why,
    };
    EvacuationView {
        since: evacuation.since,
        deadline: evacuation.deadline,
        units: staying(world, host).into_iter().map(unit).collect(),
    }
}

fn host_state(host: Host<'_>, wish: &HostWish) -> HostState {
    match host.presence() {
        Presence::Registering => HostState::Registering,
        Presence::Active if wish.evacuation.is_some() => HostState::Evacuating,
        Presence::Active if wish.cordoned => HostState::Inactive,
        Presence::Active => HostState::Active,
        Presence::Suspect => HostState::Suspect,
        Presence::Lost => HostState::Lost,
    }
}

pub(super) fn revision(world: &World, stack: &Stack, revision: &StackRevision) -> StackRevisionView {
    let spec = world.spec(stack.id, revision.number);
    let image =
        |(name, service): (&Name, &Arc<ServiceSpec>)| (name.clone(), service.unit.primary.image.to_string());
    StackRevisionView {
        number: revision.number,
        current: revision.number == stack.revision,
        by: world.account(revision.by).map(|account| account.name.clone()),
        at: revision.at,
        rollback_of: revision.rollback_of,
        images: spec
            .map(|spec| spec.services.iter().map(image).collect())
            .unwrap_or_default(),
    }
}

fn braked(world: &World, environment: EnvironmentId) -> Vec<Name> {
    if world.hosts_braked() == 0 {
        return Vec::new();
    }
    let hosts = world.hosts(environment);
    let braked = hosts.filter(|host| host.assigned.is_some_and(|assigned| assigned.braked));
    braked.filter_map(|host| host_name(world, host.id)).collect()
}

pub(super) fn environment(world: &World, environment: &Environment, role: Role) -> EnvironmentView {
    let member = |(account, role): (&muster_model::AccountId, &Role)| {
        let name = world.account(*account)?.name.clone();
        Some(MemberView {
            account: *account,
            name,
            role: *role,
        })
    };
    EnvironmentView {
        id: environment.id,
        name: environment.name.clone(),
        subnet: environment.subnet,
        role,
        members: environment.members.iter().filter_map(member).collect(),
        created: environment.created,
        timings: environment.timings,
        braked: braked(world, environment.id),
    }
}

pub(super) fn account(account: &Account) -> AccountView {
    AccountView {
        id: account.id,
        name: account.name.clone(),
        admin: account.admin,
        created: account.created,
    }
}

pub(super) fn key(key: &ApiKey) -> KeyView {
    KeyView {
        id: key.id,
        note: key.note.clone(),
        session: key.note.starts_with(SESSION_NOTE),
        created: key.created,
        expires: key.expires,
    }
}

pub(super) fn secret(blob: &BlobObject) -> SecretView {
    SecretView {
        name: blob.name.clone(),
        updated: blob.updated,
    }
}

pub(super) fn config(blob: &BlobObject, content: Option<String>) -> ConfigView {
    ConfigView {
        name: blob.name.clone(),
        content,
        updated: blob.updated,
    }
}

pub(super) fn registry(registry: &RegistryCredential) -> RegistryView {
    RegistryView {
        registry: registry.registry.clone(),
        username: registry.username.clone(),
    }
}
