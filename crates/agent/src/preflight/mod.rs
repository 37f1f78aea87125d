//! Whether this machine is fit to be a host: facts are gathered first, then each check judges them.

mod checks;
mod echo;
mod gather;

use std::path::Path;

use muster_model::observed::Finding;

use checks::CHECKS;
pub use checks::{Gathered, Level, OLDEST_ENGINE, OLDEST_KERNEL, Verdict};
pub use gather::{Question, ask};

use crate::engine::EngineFacts;

/// All checks that have something to go by.
pub fn judge(gathered: &Gathered) -> Vec<Verdict> {
    let judged = CHECKS.iter().map(|(name, check)| (name, check(gathered)));
    let told = judged.filter_map(|(name, judged)| judged.map(|judged| (name, judged)));
    told.map(|(name, judged)| Verdict {
        check: name,
        level: judged.level,
        found: judged.found,
        mend: judged.mend,
    })
    .collect()
}

/// What can be seen without asking anyone or starting anything: at each start of the agent.
pub(crate) fn in_short(engine: &EngineFacts, data_dir: &Path) -> Vec<Finding> {
    let mut gathered = gather::own(data_dir);
    gathered.engine = Some(Ok(engine.clone()));
    let verdicts = judge(&gathered).into_iter();
    verdicts.filter_map(Verdict::finding).collect()
}
