use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use muster_control::World;
use muster_model::Revision;
use muster_store::Store;
use tokio::sync::watch;

use crate::shell::chain;

/// How often it is looked, and how many looks back history is kept: ten minutes.
const LOOK_EVERY: Duration = Duration::from_secs(60);
const LOOKS_KEPT: usize = 10;
/// At least so many revisions are kept, however old: followers that were away resume after them.
const REVISIONS_KEPT: u64 = 10_000;

/// Lets the store forget how it came to be as it is, beyond ten minutes and ten thousand revisions.
pub(crate) async fn compact(store: Arc<dyn Store>, worlds: watch::Receiver<World>) {
    let mut looks: VecDeque<Revision> = VecDeque::new();
    let mut done = Revision(0);
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(upto) = look(&mut looks, worlds.borrow().revision()).filter(|upto| *upto > done) else {
            continue;
        };
        match store.compact(upto).await {
            Ok(()) => done = upto,
            Err(error) => tracing::warn!(
                error = chain(&error),
                "the store could not forget its oldest changes"
            ),
        }
    }
}

/// Takes a look into account; up to where may be forgotten.
fn look(looks: &mut VecDeque<Revision>, latest: Revision) -> Option<Revision> {
    looks.push_back(latest);
    if looks.len() <= LOOKS_KEPT {
        return None;
    }
    let old = looks.pop_front()?;
    let enough = Revision(latest.0.saturating_sub(REVISIONS_KEPT));
    Some(old.min(enough)).filter(|upto| upto.0 > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_time_and_number_are_kept() {
        let mut looks = VecDeque::new();
        for _ in 0..LOOKS_KEPT {
            assert_eq!(look(&mut looks, Revision(50_000)), None, "not ten minutes yet");
        }
        assert_eq!(
            look(&mut looks, Revision(90_000)),
            Some(Revision(50_000)),
            "ten minutes ago"
        );
        let mut looks = VecDeque::from([Revision(1_000); LOOKS_KEPT]);
        assert_eq!(
            look(&mut looks, Revision(10_500)),
            Some(Revision(500)),
            "ten thousand revisions"
        );
        let mut looks = VecDeque::from([Revision(1_000); LOOKS_KEPT]);
        assert_eq!(look(&mut looks, Revision(9_000)), None);
    }
}
