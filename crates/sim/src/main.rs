//! `muster-sim`: runs seeds, says of each that fails how to have it again, and finds the shortest way to it.

mod arguments;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;
use muster_sim::judge::PENDING;
use muster_sim::phase::Counts;
use muster_sim::{Plan, Report, Story, marks, run_all, shrink, story, tell};

use arguments::{Arguments, Command};

/// As in the binary that ships.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match &arguments.command {
        Some(Command::Story { files, update }) => stories(files, *update),
        None if arguments.shrink => shorten(&arguments.plan(arguments.seed)),
        None => seeds(&arguments),
    }
}

fn seeds(arguments: &Arguments) -> ExitCode {
    let mut total = Total::default();
    if arguments.trace {
        let report = tell(&arguments.plan(arguments.seed), Story::Aloud);
        total.add(&report);
    } else {
        run_all(&arguments.plans(), |report| total.add(&report));
    }
    total.tell(arguments)
}

#[derive(Debug, Default)]
struct Total {
    seeds: u64,
    failed: u64,
    simulated_ms: u64,
    faults: Counts,
    /// How often each kind of call to an engine met each kind of fault.
    calls: BTreeMap<(&'static str, &'static str), u64>,
}

impl Total {
    fn add(&mut self, report: &Report) {
        self.seeds += 1;
        self.simulated_ms += report.simulated.0;
        self.faults.add(&report.faults);
        for (met, count) in &report.calls {
            *self.calls.entry(*met).or_default() += count;
        }
        if report.violation.is_some() {
            self.failed += 1;
            let again = arguments::command(&report.plan);
            say(&format!("{report}\n  again: {again} --trace"));
        }
    }

    fn tell(&self, arguments: &Arguments) -> ExitCode {
        if !arguments.trace {
            say(&self.faults.to_string());
            let calls = self
                .calls
                .iter()
                .map(|((verb, what), count)| format!("{verb}: {what} {count}"));
            say(&calls.collect::<Vec<_>>().join(", "));
            say(&format!("not judged yet: {}", PENDING.join("; ")));
        }
        let missed = marks::missed();
        if arguments.marks || arguments.require_marks {
            let all = marks::all().count();
            say(&format!("marks: {} of {all} reached", all - missed.len()));
            missed
                .iter()
                .for_each(|mark| say(&format!("  never reached: {mark}")));
        }
        let all_well = self.failed == 0 && (missed.is_empty() || !arguments.require_marks);
        say(&self.last_line(arguments.require_marks && !missed.is_empty()));
        if all_well {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    fn last_line(&self, marks_missed: bool) -> String {
        let (minutes, faults) = (self.simulated_ms / 60_000, self.faults.total());
        let verdict = match (self.failed, marks_missed) {
            (0, false) => "all well".to_owned(),
            (0, true) => "all well, but marks were never reached".to_owned(),
            (failed, _) => format!("{failed} failed"),
        };
        let seeds = self.seeds;
        format!("{seeds} seeds, {minutes} simulated minutes, {faults} faults: {verdict}")
    }
}

/// Looks for the shortest way to the same failure.
fn shorten(plan: &Plan) -> ExitCode {
    let Some(found) = shrink::shrink(plan, |step| say(&format!("  {step}"))) else {
        say(&format!(
            "seed {} ends well: there is nothing to shorten",
            plan.seed
        ));
        return ExitCode::FAILURE;
    };
    let again = arguments::command(&found.plan);
    say(&format!("{found}\n  again: {again} --trace"));
    ExitCode::SUCCESS
}

/// Plays stories. Those that show something else than they say are written anew, or fail.
fn stories(files: &[PathBuf], update: bool) -> ExitCode {
    let mut all_well = true;
    for file in files {
        match play(file, update) {
            Ok(well) => all_well &= well,
            Err(error) => {
                say(&format!("{}: {error}", file.display()));
                all_well = false;
            }
        }
    }
    if all_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn play(file: &Path, update: bool) -> Result<bool, String> {
    let before = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let now = story::play(&before).map_err(|error| error.to_string())?;
    let same = before == now;
    if update {
        std::fs::write(file, &now).map_err(|error| error.to_string())?;
    } else {
        say(&now);
        if !same {
            say(&format!(
                "{} says something else; --update writes this",
                file.display()
            ));
        }
    }
    Ok(same || update)
}

/// One line; nobody is left to read it when that fails.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
