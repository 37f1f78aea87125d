//! Judges: what must hold, looked for in what the engines really ran.
//!
//! Safety is judged after every entry of the ledger; the end of a run is judged once faults have stopped. No judge asks the
//! platform how it thinks it is doing. [`wished`] compares with what users were told, [`placed`] with the raw documents.

mod alone;
mod brake;
mod data;
mod echo;
mod exclusive;
mod held;
mod history;
mod kept;
mod leads;
mod left;
mod minimum;
mod once;
mod pace;
mod placed;
mod quiet;
mod surplus;
mod troubles;
mod unchanged;
mod wished;

use std::fmt;

use crate::ledger::{Deed, Ledger};
use crate::time::Moment;

pub use echo::echoed;
pub use exclusive::EXCLUSIVE_LABEL;
pub use history::{History, Scene, Wished};
pub use kept::kept;
pub use leads::Leads;
pub use left::left;
pub use placed::{Assignments, placed};
pub use quiet::Activity;
pub use troubles::Troubles;
pub use wished::wished;

/// What a judge found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The judge.
    pub judge: &'static str,
    /// What it found, in words.
    pub found: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.judge, self.found)
    }
}

type Judge = fn(&Ledger) -> Option<String>;

/// What is judged after every entry, under what must hold.
pub const AT_EVERY_STEP: &[(&str, Judge)] = &[
    ("a unit's container runs once", once::judge),
    ("a port has one holder on a host", held::ports),
    ("an address has one holder", held::addresses),
    ("no start meets what another container holds", held::refusals),
    ("an exclusive service runs once", exclusive::judge),
];

/// What is not judged yet, because what it is about does not exist yet, or not in here.
pub const PENDING: &[&str] = &[
    "an exclusive unit whose agent is dead or wedged as its lease runs out, or whose engine hangs when it is to kill, ends in time \
     (I1): the simulator has no watchdog yet",
    "an acknowledged write survives a crash of the store itself (I4): the store's own tests kill it",
    "an exclusive volume is mounted by one live host (I8): volumes are local so far",
    "somebody leads as long as a server runs (I9): servers take the leadership over when they start, not when the leader is gone, so \
     until its supervisor has started it again nobody leads",
    "a host whose server is gone for good counts as silent: only that server, started again, says so",
    "nothing is left of a host's network while the host stays (I15)",
    "a volume made by a call that outlived its agent goes (I15): an open bug",
];

/// Judges the ledger after its last entry.
pub fn at_every_step(ledger: &Ledger) -> Result<(), Violation> {
    let (entry, _) = ledger.last().unzip();
    // The other deeds only end what was judged when it began.
    if !entry.is_some_and(|entry| matches!(entry.deed, Deed::Started | Deed::Refused)) {
        return Ok(());
    }
    for (judge, look) in AT_EVERY_STEP {
        if let Some(found) = look(ledger) {
            return Err(Violation { judge, found });
        }
    }
    Ok(())
}
