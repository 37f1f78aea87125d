//! One run: unrest, then rest, then the verdict.

use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::judge::Violation;
use crate::phase::Counts;
use crate::time::Moment;
use crate::trace::Story;
use crate::world::{Plan, World};

/// By how long after the last fault all must be as wished and at rest, milliseconds. The longest pause in the platform is a
/// minute (back-off of what crashed again and again), and rollouts go batch by batch.
const REST_WITHIN_MS: u64 = 10 * 60_000;
/// How often it is asked whether all is at rest.
const ASK_EVERY_MS: u64 = 1_000;

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    /// What was run.
    pub plan: Plan,
    /// What a judge found; none is a good end.
    pub violation: Option<Violation>,
    /// How long it took, in its own time.
    pub simulated: Moment,
    /// What went wrong, and how often.
    pub faults: Counts,
    /// How many faults and how many wishes were drawn, those that were left out included.
    pub drawn: (u64, u64),
    /// How often each kind of call to an engine met each kind of fault: the call first.
    pub calls: BTreeMap<(&'static str, &'static str), u64>,
    /// The story, one line a step, unless it was not told.
    pub story: String,
}

impl Report {
    /// How many faults there were.
    pub fn faults(&self) -> u64 {
        self.faults.total()
    }
}

/// Runs a plan to its end and keeps its story. With `aloud`, it is told on standard output as well.
pub fn run(plan: &Plan, aloud: bool) -> Report {
    tell(plan, if aloud { Story::Aloud } else { Story::Kept })
}

/// Runs a plan to its end.
pub fn tell(plan: &Plan, story: Story) -> Report {
    let mut world = World::new(plan, story);
    let violation = live_or_panic(&mut world).err();
    let (simulated, faults) = (world.now(), world.faults().counts().clone());
    let calls = world.faults().calls().clone();
    Report {
        plan: plan.clone(),
        violation,
        simulated,
        faults,
        drawn: (world.faults().drawn(), world.wishes_drawn()),
        calls,
        story: world.into_story(),
    }
}

/// A core that panics is found out like any other that breaks a promise.
fn live_or_panic(world: &mut World) -> Result<(), Violation> {
    catch_unwind(AssertUnwindSafe(|| live(world))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        Err(Violation {
            judge: "nothing panics",
            found: text.unwrap_or_default(),
        })
    })
}

fn live(world: &mut World) -> Result<(), Violation> {
    let heals = world.faults().until();
    pass(world, heals)?;
    let deadline = heals.after(REST_WITHIN_MS);
    let mut ask_at = heals;
    loop {
        ask_at = ask_at.after(ASK_EVERY_MS);
        pass(world, ask_at)?;
        match world.is_settled() {
            Ok(()) => return Ok(()),
            Err(violation) if ask_at >= deadline => return Err(violation),
            Err(_) => {}
        }
    }
}

/// Lets everything happen up to a moment.
fn pass(world: &mut World, until: Moment) -> Result<(), Violation> {
    while world.next_at().is_some_and(|at| at <= until) && world.step() {}
    match world.violation() {
        Some(violation) => Err(violation.clone()),
        None => Ok(()),
    }
}

impl fmt::Display for Report {
    /// One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seed, time, faults) = (self.plan.seed, self.simulated, self.faults());
        match &self.violation {
            None => write!(f, "seed {seed}: well, after {time} and {faults} faults"),
            Some(violation) => write!(f, "seed {seed}: {violation} (after {time} and {faults} faults)"),
        }
    }
}
