//! `muster-sim`: runs seeds, and says of each that fails how to have it again.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use muster_sim::judge::PENDING;
use muster_sim::{Plan, Report, run};

/// Runs the platform's real logic in a simulated world where everything that can fail does.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many seeds, one after another.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Tell the whole story as it happens.
    #[arg(long)]
    trace: bool,
    /// Without any faults.
    #[arg(long)]
    calm: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut total = Total::default();
    for seed in (arguments.seed..).take(usize::try_from(arguments.seeds).unwrap_or(usize::MAX)) {
        let plan = Plan {
            faults: !arguments.calm,
            ..Plan::of(seed)
        };
        total.add(&run(&plan, arguments.trace), &arguments);
    }
    total.tell()
}

#[derive(Debug, Default)]
struct Total {
    seeds: u64,
    failed: u64,
    minutes: u64,
    faults: BTreeMap<&'static str, u64>,
}

impl Total {
    fn add(&mut self, report: &Report, arguments: &Arguments) {
        self.seeds += 1;
        self.minutes += report.simulated.0.div_ceil(60_000);
        for (what, count) in &report.faults {
            *self.faults.entry(what).or_default() += count;
        }
        if report.violation.is_some() {
            self.failed += 1;
            let calm = if arguments.calm { " --calm" } else { "" };
            say(&format!(
                "{report}\n  again: muster-sim --seed {}{calm} --trace",
                report.plan.seed
            ));
        }
    }

    fn tell(&self) -> ExitCode {
        let each: Vec<String> = self
            .faults
            .iter()
            .map(|(what, count)| format!("{what} {count}"))
            .collect();
        say(&format!("faults: {}", each.join(", ")));
        say(&format!("not judged yet: {}", PENDING.join("; ")));
        let (seeds, minutes, faults) = (self.seeds, self.minutes, self.faults.values().sum::<u64>());
        let verdict = if self.failed == 0 {
            "all well".to_owned()
        } else {
            format!("{} failed", self.failed)
        };
        say(&format!(
            "{seeds} seeds, {minutes} simulated minutes, {faults} faults: {verdict}"
        ));
        if self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// One line; nobody is left to read it when that fails.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
