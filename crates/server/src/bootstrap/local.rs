//! This very machine becomes a host, without a token: whoever has the data directory has the CA.

use muster_control::World;
use muster_link::Joined;
use muster_model::desired::HostWish;
use muster_model::limits::NAME_BYTES_MAX;
use muster_model::name::NameError;
use muster_model::{EnvironmentId, HostId, Name, Revision, WallTime};
use muster_store::{Commit, KeyError, Precondition, StoreError, typed};
use muster_trust::{AgentRequest, Ca, OsRandom};

use super::DEFAULT_ENVIRONMENT;
use crate::api::App;

/// Others may write the environment's page at the same moment; each time one of us got through.
const ATTEMPTS: usize = 10;

/// Why this machine did not become a host.
#[derive(Debug, thiserror::Error)]
pub enum LocalJoinError {
    /// There is nowhere to go.
    #[error("there is no environment for this machine: make one, then start again")]
    NoEnvironment,
    /// Somebody else was quicker, again and again.
    #[error("the environment is being changed by others all the time: start again")]
    Contended,
    /// The store does not take it.
    #[error("this machine could not be written down as a host")]
    Store(#[from] StoreError),
    /// A key of ours is none.
    #[error("this binary is broken; please report this as a bug")]
    Key(#[from] KeyError),
    /// The machine's name cannot be a host's.
    #[error(transparent)]
    Name(#[from] NameError),
    /// No certificate could be made.
    #[error(transparent)]
    Trust(#[from] muster_trust::Error),
}

/// Credentials for an agent on this machine: for the host that it was, if that is still one. A host of the first
/// environment with the same name is taken to be this machine too: its agent lost its directory.
pub(crate) async fn join(app: &App, wished: &str, former: Option<HostId>) -> Result<Joined, LocalJoinError> {
    let name = host_name(wished)?;
    for _ in 0..ATTEMPTS {
        let world = app.mirror.world();
        if let Some(known) = former.filter(|id| world.host(*id).is_some_and(|host| host.wish.is_some())) {
            let place = world.host(known).and_then(|host| host.wish);
            let place = place.map(|wish| wish.environment);
            return credentials(&app.ca, known, place, (app.clock.wall)());
        }
        let place = first_environment(&world);
        if let Some(known) = place.and_then(|at| world.host_by_name(at, &name)) {
            return credentials(&app.ca, known.id, place, (app.clock.wall)());
        }
        let (host, commit) = registration(app, &world, &name)?;
        match app.store.commit(commit).await {
            Ok(committed) => {
                reached(app, committed.revision).await;
                return credentials(&app.ca, host, place, (app.clock.wall)());
            }
            Err(StoreError::Conflict { found, .. }) => reached(app, found.unwrap_or_default()).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(LocalJoinError::Contended)
}

fn first_environment(world: &World) -> Option<muster_model::EnvironmentId> {
    let default = Name::parse(DEFAULT_ENVIRONMENT)
        .ok()
        .and_then(|name| world.environment_by_name(&name));
    default
        .or_else(|| world.environments().next())
        .map(|environment| environment.id)
}

fn registration(app: &App, world: &World, name: &Name) -> Result<(HostId, Commit), LocalJoinError> {
    let environment = first_environment(world).and_then(|id| world.environment(id));
    let environment = environment.ok_or(LocalJoinError::NoEnvironment)?;
    let wish = HostWish::new(
        app.draw(HostId::new),
        environment.id,
        name.clone(),
        (app.clock.wall)(),
    );
    // Two hosts of one name are prevented as everywhere: whoever adds one also writes the environment's page.
    let unchanged = Precondition::At(typed::key(&*environment.doc)?, environment.modified);
    Ok((
        wish.id,
        Commit::new()
            .expect(unchanged)
            .write(&*environment.doc)?
            .create(&wish)?,
    ))
}

async fn reached(app: &App, revision: Revision) {
    // If the mirror goes down, the next attempt says so.
    let _ = app.mirror.reached(revision).await;
}

fn credentials(
    ca: &Ca,
    host: HostId,
    environment: Option<EnvironmentId>,
    now: WallTime,
) -> Result<Joined, LocalJoinError> {
    let request = AgentRequest::generate()?;
    let environment = environment.map(|id| id.to_string());
    let certificate_pem = ca.issue_agent(
        &request.csr_pem,
        &host.to_string(),
        environment.as_deref(),
        now,
        &mut OsRandom,
    )?;
    let ca_pem = ca.certificate_pem().to_owned();
    Ok(Joined {
        host: host.to_string(),
        key: request.key,
        certificate_pem,
        ca_pem,
        name: None,
        remarks: Vec::new(),
    })
}

/// The machine's own name as far as names go.
fn host_name(wished: &str) -> Result<Name, NameError> {
    let fits = |c: char| {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '-'
        }
    };
    let text: String = wished.chars().map(fits).take(NAME_BYTES_MAX).collect();
    Name::parse(text.trim_start_matches(['-', '_', '.'])).or_else(|_| Name::parse("local"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_machine_has_a_name() {
        for (machine, name) in [
            ("web-1", "web-1"),
            ("my host!", "my-host-"),
            ("", "local"),
            ("--", "local"),
            ("ünix", "nix"),
        ] {
            assert_eq!(host_name(machine).unwrap().as_str(), name);
        }
        assert_eq!(
            host_name(&"x".repeat(200)).unwrap().as_str().len(),
            NAME_BYTES_MAX
        );
    }
}
