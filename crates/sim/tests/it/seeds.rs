//! Seeds that must end well.

use muster_sim::{Plan, run};

fn ends_well(plan: &Plan) {
    let report = run(plan, false);
    assert_eq!(
        report.violation, None,
        "{report}\nagain: muster-sim --seed {} --trace",
        plan.seed
    );
}

#[test]
fn sixteen_seeds_end_as_wished_and_at_rest() {
    let mut faults = 0;
    for seed in 1..=16 {
        let report = run(&Plan::of(seed), false);
        assert_eq!(
            report.violation, None,
            "{report}\nagain: muster-sim --seed {seed} --trace"
        );
        faults += report.faults();
    }
    assert!(faults > 1_000, "{faults} faults are hardly a bad day");
}

#[test]
fn without_faults_nothing_goes_wrong() {
    for seed in 1..=5 {
        ends_well(&Plan {
            faults: false,
            ..Plan::of(seed)
        });
    }
}
