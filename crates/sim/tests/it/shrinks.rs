//! A failure is made shorter, and what is found can be had again.

use muster_sim::narrow::Numbers;
use muster_sim::shrink::shrink_by;
use muster_sim::{Plan, Story, run, run_all, tell};

#[test]
fn what_is_left_out_does_not_happen_and_the_rest_repeats() {
    let mut plan = Plan::of(3);
    plan.narrow.only_faults = Some("2-9".parse::<Numbers>().unwrap());
    plan.narrow.without_services.insert("web".to_owned());
    let first = run(&plan, false);
    let all = run(&Plan::of(3), false).faults();
    assert!(first.faults() * 2 < all, "{} of {all}", first.faults());
    assert!(!first.story.contains("muster/web:"));
    assert_eq!(first.story, run(&plan, false).story);
    plan.narrow.only_wishes = Some(Numbers::default());
    assert!(!run(&plan, false).story.contains("wishes: "));
}

#[test]
fn reports_come_in_the_order_of_their_plans_and_are_the_same_untold() {
    let plans: Vec<Plan> = (1..=12).map(Plan::of).collect();
    let mut told = Vec::new();
    run_all(&plans, |report| told.push(report.to_string()));
    let one_by_one: Vec<String> = plans
        .iter()
        .map(|plan| tell(plan, Story::Kept).to_string())
        .collect();
    assert_eq!(told, one_by_one);
}

#[test]
fn the_least_that_still_fails_is_found() {
    let fails = |report: &muster_sim::Report| report.faults.kinds().contains(&"link cut");
    let plan = (1..)
        .map(Plan::of)
        .find(|plan| plan.hosts > 1 && fails(&tell(plan, Story::Untold)))
        .unwrap();
    let found = shrink_by(&plan, fails, |_| {}).unwrap();
    assert_eq!((found.faults(), found.plan.hosts), (1, 1));
    assert_eq!(found.plan.narrow.only_wishes, Some(Numbers::default()));
    assert!(found.plan.unrest_ms < plan.unrest_ms);
    assert!(fails(&tell(&found.plan, Story::Untold)), "it can be had again");
}
