//! Judges that remember what was before.

use std::sync::Arc;

use muster_model::Revision;
use muster_model::desired::{Healthcheck, HealthcheckTest, ServiceKind, UpdateOrder};
use muster_sim::judge::{EXCLUSIVE_LABEL, History, Scene, Troubles};
use muster_sim::ledger::{By, Deed, Entry, Ledger, Made};
use muster_sim::time::Moment;
use muster_sim::wish::{Edit, Wishes};

use super::{deployed, host, made, name, runs, shop};

/// A ledger with its judges, to which things happen one after another.
#[derive(Default)]
struct Court {
    ledger: Ledger,
    history: History,
    troubles: Troubles,
    now: Moment,
}

impl Court {
    fn pass(&mut self, ms: u64) {
        self.now = self.now.after(ms);
    }

    fn scene(&self) -> Scene<'_> {
        Scene {
            now: self.now,
            ledger: &self.ledger,
            troubles: &self.troubles,
        }
    }

    /// What the judges say to it.
    fn enter(&mut self, on: u32, made: &Made, deed: Deed) -> Option<&'static str> {
        self.ledger.write(Entry {
            at: self.now,
            host: host(on),
            container: made.name.clone(),
            deed,
        });
        let scene = Scene {
            now: self.now,
            ledger: &self.ledger,
            troubles: &self.troubles,
        };
        self.history.judge(scene).err().map(|violation| violation.judge)
    }

    fn runs(&mut self, on: u32, made: &Made) -> Option<&'static str> {
        let first = self.enter(on, made, Deed::Made(Arc::new(made.clone())));
        first.or_else(|| self.enter(on, made, Deed::Started))
    }

    fn edit(&mut self, wishes: &Wishes, edit: &Edit) {
        let (before, after) = wishes.around(edit);
        let anew = matches!(edit, Edit::Remove { .. });
        let scene = Scene {
            now: self.now,
            ledger: &self.ledger,
            troubles: &self.troubles,
        };
        self.history
            .may_become(scene, &name("shop"), anew, &before, &after);
    }
}

fn scaled(units: u32) -> Edit {
    Edit::Scale {
        stack: name("shop"),
        service: name("web"),
        units,
    }
}

fn redeployed(image: &str) -> Edit {
    Edit::Deploy {
        stack: name("shop"),
        spec: shop(image, ServiceKind::Containers, Some(2)),
    }
}

/// Two units of `shop/web`, wished and steady for long.
fn steady() -> (Court, Wishes) {
    let (mut court, wishes) = (
        Court::default(),
        deployed(shop("app:1", ServiceKind::Containers, Some(2))),
    );
    court.edit(&Wishes::default(), &redeployed("app:1"));
    for unit in [1, 2] {
        assert_eq!(court.runs(unit, &made(unit, 1)), None);
    }
    court.pass(600_000);
    (court, wishes)
}

#[test]
fn a_unit_too_many_is_seen() {
    let (mut court, _) = steady();
    assert_eq!(
        court.runs(3, &made(3, 1)),
        Some("a service has no more units than wished and its surge")
    );
}

#[test]
fn while_nobody_leads_what_was_wished_last_is_not_followed_and_what_was_before_is() {
    let many = Some("a service has no more units than wished and its surge");
    let change = |court: &mut Court, led| {
        court.history.servers_change(court.now, &court.troubles);
        court.troubles.servers(court.now, true, led);
    };
    let (mut court, mut wishes) = steady();
    court.edit(&wishes, &scaled(1));
    wishes.acknowledge(Revision(9), scaled(1));
    court
        .history
        .is_certain(court.now, &name("shop"), &wishes.services());
    change(&mut court, false);
    court.pass(600_000);
    court.enter(2, &made(2, 1), Deed::Ended(By::Itself));
    assert_eq!(
        court.enter(2, &made(2, 1), Deed::Started),
        None,
        "nobody decided that it goes"
    );
    assert_eq!(court.runs(3, &made(3, 1)), many, "three never were wished");
    let (mut court, _) = steady();
    change(&mut court, true);
    court.pass(600_000);
    assert_eq!(court.runs(3, &made(3, 1)), many);
}

#[test]
fn what_was_wished_of_late_or_hides_on_a_host_in_trouble_is_not_too_many() {
    let (mut court, mut wishes) = steady();
    for (at, units) in [(9, 3), (10, 1)] {
        court.edit(&wishes, &scaled(units));
        wishes.acknowledge(Revision(at), scaled(units));
        court
            .history
            .is_certain(court.now, &name("shop"), &wishes.services());
        court.pass(1_000);
    }
    court.pass(60_000);
    assert_eq!(court.runs(3, &made(3, 1)), None, "three were wished a minute ago");
    court.pass(600_000);
    court.troubles.host(host(1), court.now);
    assert_eq!(
        court.runs(4, &made(4, 1)),
        Some("a service has no more units than wished and its surge"),
        "three on hosts that are well"
    );
    let (mut court, _) = steady();
    court.troubles.host(host(1), court.now);
    assert_eq!(
        court.runs(3, &made(3, 1)),
        None,
        "one of them may not be heard of"
    );
}

const KEEPS_ENOUGH: &str = "a rollout keeps enough of them healthy";

#[test]
fn a_rollout_that_takes_too_many_at_once_is_seen() {
    let (mut court, wishes) = steady();
    court.edit(&wishes, &redeployed("app:2"));
    assert_eq!(
        court.enter(1, &made(1, 1), Deed::Ended(By::Platform)),
        None,
        "one batch"
    );
    assert_eq!(
        court.enter(2, &made(2, 1), Deed::Ended(By::Platform)),
        Some(KEEPS_ENOUGH)
    );
}

#[test]
fn what_starts_is_not_healthy_yet() {
    let (mut court, wishes) = steady();
    court.edit(&wishes, &redeployed("app:2"));
    court.enter(1, &made(1, 1), Deed::Ended(By::Platform));
    let mut checked = runs("app:2");
    checked.healthcheck = Some(Healthcheck {
        test: HealthcheckTest::Shell("true".to_owned()),
        interval_ms: None,
        timeout_ms: None,
        retries: None,
        start_period_ms: None,
        start_interval_ms: None,
    });
    let new = Made {
        runs: Arc::new(checked),
        ..made(3, 1)
    };
    court.runs(1, &new);
    let mut early = Court::default();
    std::mem::swap(&mut early, &mut court);
    assert_eq!(
        early.enter(2, &made(2, 1), Deed::Ended(By::Platform)),
        Some(KEEPS_ENOUGH)
    );
}

#[test]
fn a_new_one_that_turned_healthy_counts() {
    let (mut court, wishes) = steady();
    court.edit(&wishes, &redeployed("app:2"));
    court.enter(1, &made(1, 1), Deed::Ended(By::Platform));
    assert_eq!(court.runs(1, &made(3, 1)), None);
    assert_eq!(court.enter(2, &made(2, 1), Deed::Ended(By::Platform)), None);
}

#[test]
fn who_starts_first_never_has_less() {
    let (mut court, _) = steady();
    let first = |image| {
        let mut spec = (*shop(image, ServiceKind::Containers, Some(2))).clone();
        let mut service = (*spec.services[&name("web")]).clone();
        service.update.order = UpdateOrder::StartFirst;
        spec.services.insert(name("web"), Arc::new(service));
        Arc::new(spec)
    };
    let then = Edit::Deploy {
        stack: name("shop"),
        spec: first("app:2"),
    };
    court.edit(&deployed(first("app:1")), &then);
    assert_eq!(
        court.enter(1, &made(1, 1), Deed::Ended(By::Platform)),
        Some(KEEPS_ENOUGH)
    );
}

/// Three units, whose next rollout starts new ones before old ones.
fn three_that_start_first(image: &str) -> Edit {
    let mut spec = (*shop(image, ServiceKind::Containers, Some(3))).clone();
    let mut service = (*spec.services[&name("web")]).clone();
    service.update.order = UpdateOrder::StartFirst;
    spec.services.insert(name("web"), Arc::new(service));
    Edit::Deploy {
        stack: name("shop"),
        spec: Arc::new(spec),
    }
}

/// They ran steadily; then a restart was asked for, and nothing came of it for a minute.
fn three_to_restart() -> (Court, Wishes) {
    let (mut court, mut wishes) = (Court::default(), Wishes::default());
    let first = three_that_start_first("app:1");
    court.edit(&wishes, &first);
    wishes.acknowledge(Revision(1), first);
    for unit in 1..=3 {
        assert_eq!(court.runs(unit, &made(unit, 1)), None);
    }
    court.pass(600_000);
    let restart = Edit::Restart {
        stack: name("shop"),
        service: name("web"),
    };
    court.edit(&wishes, &restart);
    wishes.acknowledge(Revision(2), restart);
    court.pass(60_000);
    (court, wishes)
}

#[test]
fn a_restart_that_waits_may_take_its_batch_although_a_deploy_came() {
    let (mut court, wishes) = three_to_restart();
    court.edit(&wishes, &three_that_start_first("app:2"));
    let end = Deed::Ended(By::Platform);
    assert_eq!(court.enter(1, &made(1, 1), end.clone()), None, "the restart did");
    assert_eq!(court.enter(2, &made(2, 1), end), Some(KEEPS_ENOUGH), "nobody may");
}

#[test]
fn once_a_restart_is_done_it_excuses_nothing() {
    let (mut court, wishes) = three_to_restart();
    for unit in 1..=3 {
        assert_eq!(court.enter(unit, &made(unit, 1), Deed::Ended(By::Platform)), None);
        court.enter(unit, &made(unit, 1), Deed::Removed(By::Platform));
        assert_eq!(court.runs(unit, &made(unit, 2)), None);
    }
    court.pass(60_000);
    court.edit(&wishes, &three_that_start_first("app:2"));
    assert_eq!(
        court.enter(1, &made(1, 2), Deed::Ended(By::Platform)),
        Some(KEEPS_ENOUGH)
    );
}

#[test]
fn a_rollout_is_not_to_blame_for_a_bad_day() {
    let (mut court, wishes) = steady();
    court.edit(&wishes, &redeployed("app:2"));
    court.enter(1, &made(1, 1), Deed::Ended(By::Platform));
    court.troubles.host(host(2), court.now);
    assert_eq!(court.enter(2, &made(2, 1), Deed::Ended(By::Itself)), None);
}

#[test]
fn data_that_moves_is_seen() {
    let with_data = |unit| Made {
        volumes: vec!["shop_data".to_owned()],
        ..made(unit, 1)
    };
    let (mut court, wishes) = steady();
    court.edit(&wishes, &scaled(9));
    assert_eq!(court.runs(1, &with_data(5)), None);
    court.enter(1, &with_data(5), Deed::Ended(By::Platform));
    court.edit(&Wishes::default(), &Edit::Remove { stack: name("shop") });
    assert_eq!(court.runs(2, &with_data(6)), None, "the stack began anew");
    court.enter(2, &with_data(6), Deed::Ended(By::Platform));
    court.history.volume_gone(host(2), "shop_data");
    assert_eq!(court.runs(1, &with_data(7)), None, "its data was removed");
    court.enter(1, &with_data(7), Deed::Ended(By::Platform));
    assert_eq!(court.runs(2, &with_data(8)), Some("data stays on its host"));
}

#[test]
fn what_the_platform_ended_and_starts_again_as_it_was_is_seen() {
    let one = made(1, 1);
    let (mut court, _) = steady();
    court.enter(1, &one, Deed::Ended(By::Itself));
    assert_eq!(court.enter(1, &one, Deed::Started), None, "it ended by itself");
    court.enter(1, &one, Deed::Ended(By::Platform));
    assert_eq!(
        court.enter(1, &one, Deed::Started),
        Some("what is as wished is not restarted")
    );
    let mut spec = runs("app:1");
    spec.labels.insert(EXCLUSIVE_LABEL.to_owned(), "true".to_owned());
    let exclusive = Made {
        runs: Arc::new(spec),
        ..made(2, 1)
    };
    let mut court = Court::default();
    court.runs(1, &exclusive);
    court.enter(1, &exclusive, Deed::Ended(By::Platform));
    assert_eq!(
        court.enter(1, &exclusive, Deed::Started),
        None,
        "its lease ended it"
    );
}

#[test]
fn whatever_is_touched_while_no_server_is_there_is_seen() {
    let alone = "without servers nothing is touched";
    let (mut court, _) = steady();
    court.troubles.servers(court.now, false, false);
    court.pass(60_000);
    assert_eq!(
        court.enter(1, &made(1, 1), Deed::Ended(By::Platform)),
        None,
        "it may have been told so before"
    );
    court.pass(300_000);
    assert_eq!(court.enter(2, &made(2, 1), Deed::Ended(By::Itself)), None);
    assert_eq!(court.enter(2, &made(2, 1), Deed::Started), Some(alone));
    court.troubles.host(host(2), court.now);
    assert_eq!(
        court.enter(2, &made(2, 1), Deed::Ended(By::Platform)),
        None,
        "something was wrong there"
    );
    court.pass(300_000);
    court.troubles.servers(court.now, true, true);
    assert_eq!(court.enter(2, &made(2, 1), Deed::Removed(By::Platform)), None);
}

#[test]
fn starting_over_and_over_is_seen() {
    let (mut court, one) = (Court::default(), made(1, 1));
    court.runs(1, &one);
    let mut found = None;
    for _ in 0..6 {
        court.pass(1_000);
        court.enter(1, &one, Deed::Ended(By::Itself));
        found = found.or(court.enter(1, &one, Deed::Started));
    }
    assert_eq!(found, Some("what crashes is started with pauses"));
    let mut court = Court::default();
    for _ in 0..50 {
        court.pass(2_000);
        court.enter(1, &one, Deed::Ended(By::Itself));
        assert_eq!(court.enter(1, &one, Deed::Started), None);
    }
}

#[test]
fn a_sidekick_that_starts_with_its_primary_is_not_started_over_and_over() {
    let (mut court, one) = (Court::default(), made(1, 1));
    let log = Made {
        name: format!("{}-log", one.name),
        sidekick: Some(name("log")),
        ..made(1, 1)
    };
    court.runs(1, &one);
    court.runs(1, &log);
    let again = |court: &mut Court, made: &Made| {
        court.pass(1_000);
        court.enter(1, made, Deed::Ended(By::Itself));
        court.enter(1, made, Deed::Started)
    };
    for _ in 0..3 {
        assert_eq!(again(&mut court, &log), None);
    }
    assert_eq!(again(&mut court, &one), None);
    let found = (0..7).find_map(|_| again(&mut court, &log));
    assert_eq!(
        found,
        Some("what crashes is started with pauses"),
        "by itself it is"
    );
}

#[test]
fn asking_over_and_over_is_seen() {
    let mut court = Court::default();
    let mut found = None;
    for _ in 0..30 {
        court.pass(100);
        let now = court.scene().now;
        found = found.or(court
            .history
            .pace
            .asked(now, host(1), "start unit-3-1-1".to_owned()));
    }
    assert!(found.is_some());
    for _ in 0..30 {
        court.pass(1_000);
        let now = court.scene().now;
        let found = court
            .history
            .pace
            .asked(now, host(2), "start unit-3-2-1".to_owned());
        assert_eq!(found, None);
    }
}

/// Three of five hosts with a unit each vanish at once; then units of so many of them are made anew on a fourth.
fn after_mass_loss(moved: u32, calm: bool, change: impl FnOnce(&mut Court)) -> Option<&'static str> {
    let mut court = Court::default();
    court.history.brake.hosts(5);
    for unit in [1, 2, 3] {
        assert_eq!(court.runs(unit, &made(unit, 1)), None);
    }
    court.pass(600_000);
    for lost in [1, 2, 3] {
        let (now, until) = (court.now, court.now.after(60_000));
        court
            .history
            .brake
            .vanishes(&court.ledger, host(lost), now, until, calm);
    }
    change(&mut court);
    court.pass(12_000);
    let anew = |number| Made {
        number,
        ..made(10 + number, 1)
    };
    (1..=moved).find_map(|number| court.enter(4, &anew(number), Deed::Made(Arc::new(anew(number)))))
}

#[test]
fn replacing_hosts_that_vanished_together_is_seen() {
    let braked = Some("hosts that vanish together are not replaced");
    assert_eq!(after_mass_loss(3, false, |_| ()), braked);
    assert_eq!(
        after_mass_loss(1, true, |_| ()),
        braked,
        "all were missed at once"
    );
    assert_eq!(
        after_mass_loss(2, false, |_| ()),
        None,
        "two may have been given up before the third was missed"
    );
    assert_eq!(
        after_mass_loss(3, false, |court| court.history.brake.hosts(6)),
        None,
        "three of six are not more than half"
    );
    assert_eq!(
        after_mass_loss(3, false, |court| court.history.brake.released(court.now)),
        None,
        "an operator said so"
    );
    assert_eq!(
        after_mass_loss(3, false, |court| court.pass(60_000)),
        None,
        "they are back"
    );
    assert_eq!(
        after_mass_loss(3, false, |court| court
            .history
            .brake
            .wished(court.now, &name("shop"))),
        None,
        "users wished something"
    );
}
