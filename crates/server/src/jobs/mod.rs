//! Work beside the core: what nobody needs any more goes, and certificates are made before they run out.

mod certificate;
mod compact;
mod purge;

pub(crate) use certificate::renew;
pub(crate) use compact::compact;
pub(crate) use purge::purge;
