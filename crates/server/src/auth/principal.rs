//! From the text of a key to the account behind it.

use muster_control::World;
use muster_model::{AccountId, KeyId, Name, WallTime};
use muster_trust::ApiKey;

/// How the notes of keys begin that came from a login.
pub const SESSION_NOTE: &str = "login from ";

/// Who is asking, as the world has them at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub account: AccountId,
    /// Its name.
    pub name: Name,
    /// May do everything in all environments.
    pub admin: bool,
    /// The key or session that was used.
    pub key: KeyId,
}

/// The account whose key `text` is; none if it is no key, an unknown one or one that has expired. The id in the text finds
/// the record, the whole text's hash is compared in constant time.
pub fn authenticate(world: &World, text: Option<&str>, now: WallTime) -> Option<Principal> {
    let presented = ApiKey::parse(text?).ok()?;
    let key = world.key(presented.id())?;
    presented.admit(key, now).ok()?;
    let account = world.account(key.account)?;
    Some(Principal {
        account: account.id,
        name: account.name.clone(),
        admin: account.admin,
        key: key.id,
    })
}
