//! Coming in: setup, login, logout, keys.

use muster_control::World;
use muster_model::desired::{Account, ApiKey};
use muster_model::view::{
    AccountView, KeyCreate, KeyCreated, KeyView, LoginReply, LoginRequest, Me, Membership, SetupRequest,
};
use muster_model::{AccountId, KeyId, Name, WallTime};
use muster_trust::{BearerKind, BearerToken, OsRandom};
use zeroize::Zeroizing;

use crate::api::call::{Answer, Call};
use crate::api::error::ApiError;
use crate::api::listing::Listing;
use crate::api::show;
use crate::auth::{SESSION_NOTE, role_in};
use crate::desired::{self, Author};

/// How long a login lasts.
const SESSION_SECONDS: u64 = 30 * 24 * 3_600;
/// A note longer than this is no note.
const NOTE_BYTES_MAX: usize = 200;

const SETUP_WRONG: ApiError = ApiError::Setup {
    why: "the setup token is wrong; copy it from the server's first lines, it is printed anew at every start until it is used",
};

/// Makes the first administrator: once, from this machine, with the printed token.
pub(crate) async fn setup(call: Call, asked: SetupRequest) -> Result<Answer<LoginReply>, ApiError> {
    if !call.asker.local {
        return Err(ApiError::Setup {
            why: "the first administrator is made from the server's own machine: run `muster login` there",
        });
    }
    check_setup_token(&call.world, &asked.token)?;
    let password = call
        .app
        .passwords
        .hash(asked.password)
        .await
        .map_err(ApiError::Trust)?;
    let now = call.app.now();
    let account = Account {
        id: call.app.draw(AccountId::new),
        name: asked.name,
        password: Some(password),
        admin: true,
        created: now,
    };
    let (text, session) = new_key(&call, account.id, session_note(&call), Some(SESSION_SECONDS))?;
    let author = Author {
        account: account.id,
        now,
        request: call.request.stored.clone(),
    };
    let propose = |world: &World| Ok(desired::set_up(world, &author, account.clone(), session.clone())?);
    call.commit(propose).await?;
    Ok(Answer::of(login_reply(&account, &session, &text)))
}

fn check_setup_token(world: &World, text: &str) -> Result<(), ApiError> {
    let used = ApiError::Setup {
        why: "this platform is set up; sign in with `muster login`",
    };
    if world.accounts().next().is_some() {
        return Err(used);
    }
    let kept = world
        .platform()
        .and_then(|platform| platform.setup_token)
        .ok_or(used)?;
    let given = BearerToken::parse(BearerKind::Setup, text).map_err(|_| SETUP_WRONG)?;
    if given.matches(&kept) {
        Ok(())
    } else {
        Err(SETUP_WRONG)
    }
}

/// Trades a password for a session. Unknown names take as long as wrong passwords and are told the same.
pub(crate) async fn login(call: Call, asked: LoginRequest) -> Result<Answer<LoginReply>, ApiError> {
    let (app, from, moment) = (call.app.clone(), call.asker.from, (call.app.clock.boot)());
    if let Some(wait) = app.attempts.wait(&asked.name, from, moment) {
        return Err(ApiError::TooManyAttempts { wait });
    }
    let account = Name::parse(&asked.name)
        .ok()
        .and_then(|name| call.world.account_by_name(&name))
        .cloned();
    let stored = account.as_ref().and_then(|account| account.password.clone());
    let right = app
        .passwords
        .verify(stored, asked.password)
        .await
        .map_err(ApiError::Trust)?;
    let Some(account) = account.filter(|_| right) else {
        app.attempts.failed(&asked.name, from, moment);
        tracing::info!(target: "audit", request = %call.request.shown, %from, "a login failed");
        return Err(ApiError::WrongPassword);
    };
    app.attempts.succeeded(&asked.name, from);
    let (text, session) = new_key(&call, account.id, session_note(&call), Some(SESSION_SECONDS))?;
    let author = Author {
        account: account.id,
        now: app.now(),
        request: call.request.stored.clone(),
    };
    call.commit(|world| Ok(desired::add_key(world, &author, session.clone())?))
        .await?;
    Ok(Answer::of(login_reply(&account, &session, &text)))
}

/// Gives the session, or whichever key was used, back.
pub(crate) async fn logout(call: Call) -> Result<Answer<()>, ApiError> {
    let key = call.principal()?.key;
    drop_key(&call, key).await
}

/// Who is asking.
pub(crate) fn me(call: &Call) -> Result<Answer<Me>, ApiError> {
    let principal = call.principal()?;
    let account = call.world.account(principal.account).ok_or(ApiError::SignedOut)?;
    let key = call.world.key(principal.key).ok_or(ApiError::SignedOut)?;
    let memberships = call.world.environments().filter_map(|environment| {
        let role = role_in(principal, environment)?;
        Some(Membership {
            environment: environment.id,
            name: environment.name.clone(),
            role,
        })
    });
    let me = Me {
        account: show::account(account),
        environments: memberships.collect(),
        key: show::key(key),
    };
    Ok(Answer::of(me))
}

/// The asker's own keys and sessions.
pub(crate) const KEYS: Listing<KeyId, KeyView> = Listing {
    select: |call, world| {
        let account = call.account()?;
        let own = world.keys().filter(|key| key.account == account);
        Ok(own
            .map(|key| (format!("{:010}-{:010}", key.id.epoch, key.id.counter), key.id))
            .collect())
    },
    show: |_, world, id| world.key(*id).map(|key| show::key(key)),
    id: |view| view.id.to_string(),
};

/// Makes a key for the asker.
pub(crate) async fn add_key(call: Call, asked: KeyCreate) -> Result<Answer<KeyCreated>, ApiError> {
    if asked.note.len() > NOTE_BYTES_MAX || asked.note.chars().any(char::is_control) {
        return Err(ApiError::field(
            "note",
            format!("at most {NOTE_BYTES_MAX} bytes without control characters are taken"),
        ));
    }
    let (text, key) = new_key(&call, call.account()?, asked.note, asked.ttl_seconds)?;
    let author = call.author()?;
    let done = call
        .commit(|world| Ok(desired::add_key(world, &author, key.clone())?))
        .await?;
    let key = done.made.ok_or(ApiError::AnsweredOnce)?;
    Ok(Answer::of(KeyCreated {
        text: text.to_string(),
        key: show::key(&key),
    }))
}

/// Takes one of the asker's keys back.
pub(crate) async fn delete_key(call: Call) -> Result<Answer<()>, ApiError> {
    let named = call.path.get("key").to_owned();
    let key = named.parse().map_err(|_| ApiError::not_found("key", &named))?;
    drop_key(&call, key).await
}

async fn drop_key(call: &Call, id: KeyId) -> Result<Answer<()>, ApiError> {
    let author = call.author()?;
    let own = |world: &World| {
        let key = world.key(id).filter(|key| key.account == author.account);
        key.cloned()
            .ok_or_else(|| ApiError::not_found("key", &id.to_string()))
    };
    call.commit(|world| Ok(desired::drop_key(&author, &own(world)?)?))
        .await?;
    Ok(Answer::of(()))
}

fn new_key(
    call: &Call,
    account: AccountId,
    note: String,
    ttl_seconds: Option<u64>,
) -> Result<(Zeroizing<String>, ApiKey), ApiError> {
    let (id, now) = (call.app.draw(KeyId::new), call.app.now());
    let expires: Option<WallTime> = ttl_seconds
        .map(|seconds| desired::expiry(now, seconds))
        .transpose()?;
    let secret = muster_trust::ApiKey::generate(id, &mut OsRandom).map_err(ApiError::Trust)?;
    Ok((
        secret.text(),
        ApiKey {
            id,
            account,
            note,
            hash: secret.hash(),
            created: now,
            expires,
        },
    ))
}

fn session_note(call: &Call) -> String {
    format!("{SESSION_NOTE}{}", call.asker.from)
}

fn login_reply(account: &Account, session: &ApiKey, text: &str) -> LoginReply {
    let account: AccountView = show::account(account);
    LoginReply {
        token: text.to_owned(),
        account,
        expires: session.expires.unwrap_or_default(),
    }
}
