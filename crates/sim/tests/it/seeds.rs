//! Seeds that must end well.

use muster_sim::{Plan, run_all};

/// Runs them all, and gives how many faults there were.
fn all_end_well(plans: &[Plan]) -> u64 {
    let (mut faults, mut failed) = (0, Vec::new());
    run_all(plans, |report| {
        faults += report.faults();
        if report.violation.is_some() {
            failed.push(format!(
                "{report}\nagain: muster-sim --seed {} --trace",
                report.plan.seed
            ));
        }
    });
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    faults
}

#[test]
fn sixteen_seeds_end_as_wished_and_at_rest() {
    let plans: Vec<Plan> = (1..=16).map(Plan::of).collect();
    let faults = all_end_well(&plans);
    assert!(faults > 1_000, "{faults} faults are hardly bad days");
}

#[test]
fn without_faults_nothing_goes_wrong() {
    let calm = |seed| Plan {
        faults: false,
        ..Plan::of(seed)
    };
    let plans: Vec<Plan> = (1..=5).map(calm).collect();
    // Users who want the same at the same time are no fault, and are counted.
    let in_each_others_way = all_end_well(&plans);
    assert!(in_each_others_way < 100, "{in_each_others_way}");
}
