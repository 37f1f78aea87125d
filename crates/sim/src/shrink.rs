//! From a history that fails to a shorter one that fails alike: fewer servers, hosts, users, services, kinds of faults, a shorter
//! unrest, and then as few single wishes and faults as will do.
//!
//! Leaving something out changes all that comes after it, so each attempt is a run of its own, and counts if the same judge
//! finds something. Halves are tried before quarters, quarters before eighths, down to one by one.

use std::collections::BTreeSet;

use crate::narrow::Numbers;
use crate::run::{Report, tell};
use crate::trace::Story;
use crate::world::Plan;

/// The shortest history found that fails at the same judge, told step by step; none if the plan does not fail.
pub fn shrink(plan: &Plan, told: impl FnMut(String)) -> Option<Report> {
    let judge = tell(plan, Story::Untold).violation?.judge;
    let alike = |report: &Report| {
        report
            .violation
            .as_ref()
            .is_some_and(|found| found.judge == judge)
    };
    shrink_by(plan, alike, told)
}

/// The same for any way of failing.
pub fn shrink_by(
    plan: &Plan,
    fails: impl Fn(&Report) -> bool,
    mut told: impl FnMut(String),
) -> Option<Report> {
    let first = Some(tell(plan, Story::Untold)).filter(&fails)?;
    told(first.to_string());
    let mut shrinker = Shrinker {
        best: first,
        fails,
        runs: 1,
    };
    loop {
        let before = shrinker.best.plan.clone();
        shrinker.fewer_machines();
        shrinker.shorter();
        shrinker.fewer_services();
        shrinker.fewer_kinds();
        shrinker.fewer_wishes();
        shrinker.fewer_faults();
        told(format!("{} (after {} runs)", shrinker.best, shrinker.runs));
        if shrinker.best.plan == before {
            return Some(shrinker.best);
        }
    }
}

struct Shrinker<F> {
    best: Report,
    fails: F,
    runs: u32,
}

impl<F: Fn(&Report) -> bool> Shrinker<F> {
    /// Runs a plan that is smaller, and keeps it if it fails alike.
    fn keeps(&mut self, plan: Plan) -> bool {
        if plan == self.best.plan {
            return false;
        }
        self.runs += 1;
        let report = tell(&plan, Story::Untold);
        let alike = (self.fails)(&report);
        if alike {
            self.best = report;
        }
        alike
    }

    fn plan(&self) -> Plan {
        self.best.plan.clone()
    }

    fn fewer_machines(&mut self) {
        let fewer_servers = |plan: Plan, servers| Plan { servers, ..plan };
        let fewer_hosts = |plan: Plan, hosts| Plan { hosts, ..plan };
        let fewer_users = |plan: Plan, users| Plan { users, ..plan };
        for servers in 1..self.best.plan.servers {
            if self.keeps(fewer_servers(self.plan(), servers)) {
                break;
            }
        }
        for hosts in 1..self.best.plan.hosts {
            if self.keeps(fewer_hosts(self.plan(), hosts)) {
                break;
            }
        }
        for users in 1..self.best.plan.users {
            if self.keeps(fewer_users(self.plan(), users)) {
                break;
            }
        }
    }

    /// Nothing happens after the failure that it could need; and maybe less before it will do.
    fn shorter(&mut self) {
        let whole = self.best.plan.unrest_ms.min(self.best.simulated.0);
        for eighths in 1..=8 {
            let unrest_ms = whole * eighths / 8;
            if unrest_ms < self.best.plan.unrest_ms
                && self.keeps(Plan {
                    unrest_ms,
                    ..self.plan()
                })
            {
                break;
            }
        }
    }

    fn fewer_services(&mut self) {
        for service in crate::files::SERVICES {
            let mut plan = self.plan();
            plan.narrow.without_services.insert(service.to_owned());
            self.keeps(plan);
        }
    }

    fn fewer_kinds(&mut self) {
        for kind in self.best.faults.kinds() {
            let mut plan = self.plan();
            plan.narrow.without_faults.insert(kind.to_owned());
            self.keeps(plan);
        }
    }

    fn fewer_wishes(&mut self) {
        let now = self.best.plan.narrow.only_wishes.clone();
        let drawn = self.best.drawn.1;
        self.fewer(now, drawn, |plan, numbers| {
            plan.narrow.only_wishes = Some(numbers)
        });
    }

    fn fewer_faults(&mut self) {
        let now = self.best.plan.narrow.only_faults.clone();
        let drawn = self.best.drawn.0;
        self.fewer(now, drawn, |plan, numbers| {
            plan.narrow.only_faults = Some(numbers)
        });
    }

    /// Leaves parts of what is numbered out, larger parts first.
    fn fewer(&mut self, now: Option<Numbers>, drawn: u64, set: impl Fn(&mut Plan, Numbers)) {
        let mut kept: Vec<u64> = match now {
            Some(numbers) => numbers.0.into_iter().collect(),
            None => (1..=drawn).collect(),
        };
        let mut size = kept.len();
        while size > 0 {
            let mut at = 0;
            while at < kept.len() {
                let end = (at + size).min(kept.len());
                let without: Vec<u64> = [&kept[..at], &kept[end..]].concat();
                let mut plan = self.plan();
                set(
                    &mut plan,
                    Numbers(without.iter().copied().collect::<BTreeSet<_>>()),
                );
                if self.keeps(plan) {
                    kept = without;
                } else {
                    at = end;
                }
            }
            size /= 2;
        }
    }
}
