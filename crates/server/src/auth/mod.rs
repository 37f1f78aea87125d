//! Who is asking, and what they may do.
//!
//! A request carries a key or a session; both are the same kind of text and stand in the store as a hash, so a session
//! outlives the server and is given back by deleting it. What the account behind it may do is looked up in the world at
//! every call: a right that was taken away is gone with the next request.
//!
//! ```text
//!   Authorization: Bearer … ─► Principal ─┐
//!   route table: Permission ──────────────┼─► allow ─► handler, or 401 / 403 / 404
//!   environment of the path: Role ────────┘
//! ```
//!
//! An environment that the asker has no part in does not exist for them: they get the same 404 as for a name that
//! nobody has. This room does not know routes or handlers; [`allows`] is the one table of who may do what.

mod allow;
mod attempts;
mod passwords;
mod permission;
mod principal;

pub use allow::{allows, role_in};
pub use attempts::Attempts;
pub use passwords::Passwords;
pub use permission::Permission;
pub use principal::{Principal, SESSION_NOTE, authenticate};
