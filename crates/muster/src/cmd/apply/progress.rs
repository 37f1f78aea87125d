//! How it goes: redrawn in place on a terminal, else a line for each change.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use muster_model::link;
use muster_model::observed::Phase;
use muster_model::view::{ServiceView, UnitView};

use crate::client::ServerEvent;
use crate::cmd::services;
use crate::print::{self, Paint};

/// What was shown last.
pub struct Progress {
    began: Instant,
    paint: Paint,
    pulls: BTreeMap<String, (u64, u64)>,
    shown: BTreeMap<String, String>,
    drawn_lines: usize,
}

impl Progress {
    /// Nothing shown yet.
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            paint: Paint::for_stderr(),
            pulls: BTreeMap::new(),
            shown: BTreeMap::new(),
            drawn_lines: 0,
        }
    }

    /// Since the start.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Takes an event in; only bytes of pulls are news that no listing has.
    pub fn event(&mut self, event: &ServerEvent) {
        if event.event != "progress" {
            return;
        }
        if let Ok(pull) = serde_json::from_str::<link::Progress>(&event.data) {
            self.pulls.insert(pull.image, (pull.bytes, pull.total));
        }
    }

    /// Shows the services as they are now.
    pub fn show(&mut self, services: &[ServiceView], units: &[UnitView]) {
        let lines: BTreeMap<String, String> = services
            .iter()
            .map(|service| (service.name.to_string(), self.line(service, units)))
            .collect();
        if self.paint.is_on() {
            self.redraw(&lines);
        } else {
            for (name, line) in &lines {
                if self.shown.get(name) != Some(line) {
                    print::say(format!("{:>5.1}s {line}", self.elapsed().as_secs_f64()));
                }
            }
        }
        self.shown = lines;
    }

    /// Leaves what was drawn last, but for the time: the verdict says how long it took.
    pub fn finish(&mut self) {
        if std::mem::take(&mut self.drawn_lines) > 0 {
            // Nobody to see it is no reason to stop.
            let _ = write!(std::io::stderr(), "\x1b[1A\x1b[J");
        }
    }

    fn line(&self, service: &ServiceView, units: &[UnitView]) -> String {
        let mut line = format!(
            "{}: {} wanted, {} running, {} healthy, {}",
            service.name,
            service.wanted,
            service.running,
            service.healthy,
            services::state(service.state, self.paint)
        );
        let ours = units.iter().filter(|unit| unit.service == service.name);
        let mut pulling = false;
        for unit in ours {
            pulling |= unit.phase == Phase::Pulling;
            if let (Phase::Backoff, Some(message)) = (unit.phase, &unit.message) {
                let _ = write!(
                    line,
                    "\n    {}-{}: {}",
                    unit.service,
                    unit.number,
                    self.paint.red(message)
                );
            }
        }
        if let (true, Some((bytes, total))) = (pulling, self.pulls.get(&service.image)) {
            let _ = write!(
                line,
                ", pulling {} of {} MB",
                bytes / 1_000_000,
                total.div_ceil(1_000_000)
            );
        }
        for why in &service.why {
            let _ = write!(line, "\n    {}", self.paint.dim(why));
        }
        line
    }

    /// Moves up over what was drawn and draws anew, each line cut at the terminal's width.
    fn redraw(&mut self, lines: &BTreeMap<String, String>) {
        let width = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        let mut text = String::new();
        if self.drawn_lines > 0 {
            let _ = write!(text, "\x1b[{}A\x1b[J", self.drawn_lines);
        }
        let seconds = self.paint.dim(&format!("{:.0}s", self.elapsed().as_secs_f64()));
        let rows: Vec<String> = lines
            .values()
            .flat_map(|line| line.lines())
            .map(|line| print::cut(line, width))
            .collect();
        let _ = write!(text, "{}\n{seconds}", rows.join("\n"));
        self.drawn_lines = rows.len() + 1;
        print::say(text);
    }
}
