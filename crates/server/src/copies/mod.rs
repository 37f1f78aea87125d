//! Images that no registry gives: copied from a host that has them to the hosts whose units wait for them.
//!
//! Hosts tell which images could not be pulled ([`HostFacts::missing_images`]). [`plan`] says what is to be copied where
//! and from whom; [`transfer`] carries one image, piece by piece, through this server. What breaks off begins anew, after
//! growing pauses and not for ever; the host's own tries to pull go on beside.
//!
//! [`HostFacts::missing_images`]: muster_model::observed::HostFacts::missing_images

mod plan;
mod transfer;

use std::sync::Arc;
use std::time::Duration;

use muster_control::World;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::api::Agents;
use crate::clock;
use plan::{Job, Plan};

/// Wants are looked for after a change, at most this often, and now and then without one, for pauses end.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const LOOK_AT_LEAST: Duration = Duration::from_secs(5);

/// Copies what is missing for as long as the server runs.
pub(crate) async fn copy(agents: Arc<dyn Agents>, mut worlds: watch::Receiver<World>) {
    let (mut plan, mut copies) = (Plan::default(), JoinSet::new());
    loop {
        let next = Instant::now() + LOOK_EVERY;
        tokio::select! {
            changed = worlds.changed() => if changed.is_err() { return },
            Some(ended) = copies.join_next(), if !copies.is_empty() => {
                if let Ok((job, worked)) = ended {
                    plan.ended(clock::boot(), &job, worked);
                }
            }
            () = tokio::time::sleep(LOOK_AT_LEAST) => {}
        }
        let world = worlds.borrow_and_update().clone();
        for job in plan.next(clock::boot(), &world) {
            copies.spawn(one(agents.clone(), job));
        }
        tokio::time::sleep_until(next).await;
    }
}

/// Tries one source after the other, and says whether one gave the image.
async fn one(agents: Arc<dyn Agents>, job: Job) -> (Job, bool) {
    for source in &job.sources {
        match transfer::transfer(&*agents, &job, source).await {
            Ok(bytes) => {
                tracing::info!(image = job.image, from = %source.name, to = %job.name, bytes, "image copied");
                return (job, true);
            }
            Err(why) => {
                tracing::info!(image = job.image, from = %source.name, to = %job.name, "image not copied: {why}")
            }
        }
    }
    (job, false)
}
