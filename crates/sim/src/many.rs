//! Many seeds at once: as many threads as there are processors, and reports in the order of the seeds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use crate::run::{Report, tell};
use crate::trace::Story;
use crate::world::Plan;

/// Runs these plans, and hands each report over as soon as all before it were handed over.
pub fn run_all(plans: &[Plan], mut told: impl FnMut(Report)) {
    let next = AtomicUsize::new(0);
    let (sender, reports) = channel();
    std::thread::scope(|scope| {
        for _ in 0..threads(plans.len()) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || work(plans, next, &sender));
        }
        drop(sender);
        let (mut early, mut due) = (BTreeMap::new(), 0);
        for (at, report) in reports {
            early.insert(at, report);
            while let Some(report) = early.remove(&due) {
                told(report);
                due += 1;
            }
        }
    });
}

fn threads(plans: usize) -> usize {
    std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(plans)
}

fn work(plans: &[Plan], next: &AtomicUsize, reports: &Sender<(usize, Report)>) {
    loop {
        let at = next.fetch_add(1, Ordering::Relaxed);
        let Some(plan) = plans.get(at) else { return };
        if reports.send((at, tell(plan, Story::Untold))).is_err() {
            return;
        }
    }
}
