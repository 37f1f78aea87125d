//! A request that comes twice is done once.

use muster_model::Revision;
use muster_store::{Committed, StoreError};

/// What is wrong about the answer to a request that was done before.
pub fn echoed(done: Revision, again: &Result<Committed, StoreError>) -> Option<String> {
    let again = again.as_ref().ok()?.revision;
    (again != done).then(|| format!("it was done at revision {done}, and again at {again}"))
}
