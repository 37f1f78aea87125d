//! Who may come in: the first administrator, accounts, keys, and the hosts that join.

use std::collections::BTreeMap;

use muster_control::{Versioned, World};
use muster_model::desired::{Account, ApiKey, Environment, HostWish, JoinToken, Platform};
use muster_model::{HostId, Name, Refusal, WallTime};
use muster_store::Commit;
use muster_trust::TokenRefusal;

use super::host::labels_fit;
use super::{
    Author, Denial, Proposal, alone_in, exists, not_found, out_of_bounds, proposal, remove, replace,
    unchanged,
};

/// A key or token made to last longer was a mistake.
const TTL_SECONDS_MAX: u64 = 10 * 365 * 24 * 3_600;
/// Expired tokens are remembered for a day.
const TOKEN_KEPT_MS: u64 = 24 * 3_600 * 1_000;
/// Hosts that may join with one token.
const USES_MAX: u32 = 10_000;
/// Keys that go in one commit with their account; those of no account open nothing.
const OWN_MAX: usize = 40;
/// Keys and sessions of one account; the store and the world hold them all.
const KEYS_MAX: usize = 1_000;

/// The first administrator and their session are made, and the setup token is used up.
pub fn set_up(
    world: &World,
    author: &Author,
    account: Account,
    session: ApiKey,
) -> Result<Proposal<()>, Denial> {
    let platform = world.platform().ok_or_else(|| not_found("platform", "self"))?;
    if let Some(account) = world.accounts().next() {
        return Err(exists("account", &account.name).into());
    }
    let commit = used_up(Commit::new(), platform)?
        .create(&account)?
        .create(&session)?;
    Ok(proposal(author, commit, ()))
}

fn used_up(commit: Commit, platform: &Versioned<Platform>) -> Result<Commit, Denial> {
    Ok(replace(
        commit,
        platform,
        &Platform {
            setup_token: None,
            ..(*platform.doc).clone()
        },
    )?)
}

/// An account is made.
pub fn add_account(world: &World, author: &Author, new: Account) -> Result<Proposal<Account>, Denial> {
    if world.account_by_name(&new.name).is_some() {
        return Err(exists("account", &new.name).into());
    }
    let platform = world.platform().ok_or_else(|| not_found("platform", "self"))?;
    let commit = alone_in(Commit::new().create(&new)?, platform)?;
    Ok(proposal(author, commit, new))
}

/// An account goes, with its keys and its parts in environments. The last administrator stays.
pub fn drop_account(
    world: &World,
    author: &Author,
    old: &Versioned<Account>,
) -> Result<Proposal<()>, Denial> {
    let platform = world.platform().ok_or_else(|| not_found("platform", "self"))?;
    if old.admin && world.accounts().filter(|account| account.admin).count() < 2 {
        let by = vec!["the platform as its last administrator".to_owned()];
        return Err(Refusal::InUse {
            kind: "account".to_owned(),
            name: old.name.to_string(),
            by,
        }
        .into());
    }
    let mut commit = alone_in(remove(Commit::new(), old)?, platform)?;
    for key in world.keys().filter(|key| key.account == old.id).take(OWN_MAX) {
        commit = remove(commit, key)?;
    }
    Ok(proposal(author, commit, ()))
}

/// A key or session is made for an account that still is as it was. Those of its keys that have expired go.
pub fn add_key(world: &World, author: &Author, new: ApiKey) -> Result<Proposal<ApiKey>, Denial> {
    let account = world
        .account(new.account)
        .ok_or_else(|| not_found("account", &new.account.to_string()))?;
    let own = || world.keys().filter(|key| key.account == new.account);
    let expired = |key: &&Versioned<ApiKey>| key.expires.is_some_and(|expires| expires <= author.now);
    let alive = own().filter(|key| !expired(key)).count();
    if alive >= KEYS_MAX {
        return Err(out_of_bounds(
            "the number of your keys and sessions",
            alive,
            format!("below {KEYS_MAX}; delete some"),
        )
        .into());
    }
    let mut commit = unchanged(Commit::new().create(&new)?, account)?;
    for key in own().filter(expired).take(20) {
        commit = remove(commit, key)?;
    }
    Ok(proposal(author, commit, new))
}

/// A key or session is given back.
pub fn drop_key(author: &Author, key: &Versioned<ApiKey>) -> Result<Proposal<()>, Denial> {
    Ok(proposal(author, remove(Commit::new(), key)?, ()))
}

/// A join token is made. Those that nobody could use for a day go: until then, whoever tries one is told what is wrong.
pub fn add_join_token(world: &World, author: &Author, new: JoinToken) -> Result<Proposal<JoinToken>, Denial> {
    if !(1..=USES_MAX).contains(&new.uses_left) {
        return Err(out_of_bounds("`uses`", new.uses_left, format!("1 to {USES_MAX}")).into());
    }
    let environment = world.environment(new.environment);
    let environment = environment.ok_or_else(|| not_found("environment", &new.environment.to_string()))?;
    let mut commit = unchanged(Commit::new().create(&new)?, environment)?;
    labels_fit(&new.labels)?;
    let forgotten = |token: &&Versioned<JoinToken>| token.expires.0 + TOKEN_KEPT_MS <= author.now.0;
    for token in world.join_tokens().filter(forgotten).take(20) {
        commit = remove(commit, token)?;
    }
    Ok(proposal(author, commit, new))
}

/// A join token is taken back.
pub fn drop_join_token(author: &Author, token: &Versioned<JoinToken>) -> Result<Proposal<()>, Denial> {
    Ok(proposal(author, remove(Commit::new(), token)?, ()))
}

/// A machine that wants to become a host.
#[derive(Debug, Clone)]
pub struct Join {
    /// The token it shows.
    pub token: muster_trust::JoinToken,
    /// Its id, if it is let in.
    pub new_id: HostId,
    /// What it calls itself.
    pub name: Name,
    /// The environment that it was told to join.
    pub environment: Option<String>,
    /// Labels that it brings.
    pub labels: BTreeMap<String, String>,
}

/// Why a machine does not become a host.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum JoinDenial {
    /// The token lets nobody in.
    #[error(
        "the join token is not taken: {0}. Make a new one with `muster host token create` and run the command that it prints"
    )]
    Token(TokenRefusal),
    /// It lets hosts into another environment than the machine was told.
    #[error(
        "the join token is for the environment `{actual}`, and this machine is to join `{wished}`: make a token with \
         `muster host token create --environment {wished}`, or join `{actual}`"
    )]
    Elsewhere {
        /// The machine's.
        wished: String,
        /// The token's.
        actual: Name,
    },
    /// The platform will not.
    #[error(transparent)]
    Denied(#[from] Denial),
}

/// A host joins the environment of its token, under its own name or, if that is taken, with a number behind it. Only who
/// holds the token's secret is told that it has expired or is used up: to all others it is unknown.
pub fn use_join_token(world: &World, author: &Author, join: &Join) -> Result<Proposal<HostWish>, JoinDenial> {
    let unknown = || JoinDenial::Token(TokenRefusal::Unknown);
    let token = world.join_token(join.token.id()).ok_or_else(unknown)?;
    let used = join.token.admit(token, author.now).map_err(JoinDenial::Token)?;
    let environment = world.environment(token.environment).ok_or_else(unknown)?;
    if let Some(wished) = &join.environment
        && *wished != environment.name.as_str()
        && *wished != environment.id.to_string()
    {
        return Err(JoinDenial::Elsewhere {
            wished: wished.chars().take(80).collect(),
            actual: environment.name.clone(),
        });
    }
    let mut labels = join.labels.clone();
    labels.extend(token.labels.clone());
    labels_fit(&labels).map_err(Denial::from)?;
    let name = free_name(world, environment.id, &join.name);
    let host = HostWish {
        labels,
        ..HostWish::new(join.new_id, environment.id, name, author.now)
    };
    Ok(admission(author, token, &used, environment, host)?)
}

fn admission(
    author: &Author,
    token: &Versioned<JoinToken>,
    used: &JoinToken,
    environment: &Versioned<Environment>,
    host: HostWish,
) -> Result<Proposal<HostWish>, Denial> {
    let commit = alone_in(replace(Commit::new(), token, used)?, environment)?.create(&host)?;
    Ok(proposal(author, commit, host))
}

fn free_name(world: &World, environment: muster_model::EnvironmentId, wished: &Name) -> Name {
    let free = |name: &Name| world.host_by_name(environment, name).is_none();
    let numbered = |n: u32| {
        let start: String = wished.as_str().chars().take(50).collect();
        Name::parse(&format!("{start}-{n}")).ok()
    };
    let first = free(wished).then(|| wished.clone());
    first
        .or_else(|| (2..u32::MAX).filter_map(numbered).find(free))
        .unwrap_or_else(|| wished.clone())
}

/// When something made now for so many seconds ends.
pub(crate) fn expiry(now: WallTime, ttl_seconds: u64) -> Result<WallTime, Denial> {
    if !(1..=TTL_SECONDS_MAX).contains(&ttl_seconds) {
        return Err(out_of_bounds("`ttl_seconds`", ttl_seconds, format!("1 to {TTL_SECONDS_MAX}")).into());
    }
    Ok(WallTime(now.0 + ttl_seconds * 1_000))
}
