//! Accounts, and their parts in environments.

use muster_control::{Versioned, World};
use muster_model::desired::{Account, Environment};
use muster_model::view::{AccountCreate, AccountView, EnvironmentView, MemberPut};
use muster_model::{AccountId, Name};

use super::environments;
use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::api::show;
use crate::desired;

/// All accounts, by name.
pub(crate) const LIST: Listing<AccountId, AccountView> = Listing {
    select: |_, world| {
        Ok(world
            .accounts()
            .map(|account| (account.name.to_string(), account.id))
            .collect())
    },
    show: |_, world, id| world.account(*id).map(|account| show::account(account)),
    id: |view| view.id.to_string(),
};

pub(crate) async fn create(call: Call, asked: AccountCreate) -> Result<Answer<AccountView>, ApiError> {
    let password = call
        .app
        .passwords
        .hash(asked.password)
        .await
        .map_err(ApiError::Trust)?;
    let new = Account {
        id: call.app.draw(AccountId::new),
        name: asked.name.clone(),
        password: Some(password),
        admin: asked.admin,
        created: call.app.now(),
    };
    let author = call.author()?;
    let done = call
        .commit(|world| Ok(desired::add_account(world, &author, new.clone())?))
        .await?;
    let made = done
        .world
        .account_by_name(&asked.name)
        .ok_or(ApiError::RequestReused)?;
    Ok(Answer::of(show::account(made)).modified(made.modified))
}

pub(crate) async fn remove(call: Call) -> Result<Answer<()>, ApiError> {
    let (author, named) = (call.author()?, call.path.get("account"));
    let propose = |world: &World| Ok(desired::drop_account(world, &author, account(world, named)?)?);
    call.commit(propose).await?;
    Ok(Answer::of(()))
}

fn account<'w>(world: &'w World, named: &str) -> Result<&'w Versioned<Account>, ApiError> {
    let by_id = named.parse().ok().and_then(|id| world.account(id));
    let by_name = || world.account_by_name(&Name::parse(named).ok()?);
    by_id
        .or_else(by_name)
        .ok_or_else(|| ApiError::not_found("account", named))
}

/// Gives an account a part in the environment, or another one.
pub(crate) async fn put_member(call: Call, asked: MemberPut) -> Result<Answer<EnvironmentView>, ApiError> {
    let (author, environment, named) = (call.author()?, call.env()?, call.path.get("account"));
    let propose = |world: &World| {
        let member = account(world, named)?.id;
        Ok(desired::change_member(
            world,
            &author,
            place(world, environment)?,
            member,
            Some(asked.role),
        )?)
    };
    let done = call.commit(propose).await?;
    environments::shown(&call, &done.world)
}

/// Takes an account's part in the environment away.
pub(crate) async fn delete_member(call: Call) -> Result<Answer<EnvironmentView>, ApiError> {
    let (author, environment, named) = (call.author()?, call.env()?, call.path.get("account"));
    let propose = |world: &World| {
        // One that is gone can still be a member by its id.
        let member = account(world, named)
            .map(|account| account.id)
            .or_else(|error| named.parse().map_err(|_| error))?;
        Ok(desired::change_member(
            world,
            &author,
            place(world, environment)?,
            member,
            None,
        )?)
    };
    let done = call.commit(propose).await?;
    environments::shown(&call, &done.world)
}

fn place(world: &World, id: muster_model::EnvironmentId) -> Result<&Versioned<Environment>, ApiError> {
    world
        .environment(id)
        .ok_or_else(|| ApiError::not_found("environment", &id.to_string()))
}
