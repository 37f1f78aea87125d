//! What people see: tables and objects on standard output, talk on standard error.

mod color;
mod table;
mod terminal;
mod yaml;

pub use color::Paint;
pub use table::Table;
pub use terminal::RawTerminal;

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use muster_model::{Diagnostic, Severity};
use serde::Serialize;

/// How a listing is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns for people.
    #[default]
    Table,
    /// More columns.
    Wide,
    /// The API's objects as JSON.
    Json,
    /// The API's objects as YAML.
    Yaml,
    /// Remarks on files as SARIF 2.1.0; of `check` only.
    Sarif,
}

/// Writes objects as asked: `table` makes the columns, whose last ones may be for `wide` only.
pub fn listing<T: Serialize>(
    output: Output,
    items: &T,
    table: impl FnOnce(bool) -> Table,
) -> anyhow::Result<()> {
    match output {
        Output::Table => data(&table(false).to_string()),
        Output::Wide => data(&table(true).to_string()),
        Output::Json => {
            data(&(serde_json::to_string_pretty(items).context("could not print as JSON")? + "\n"))
        }
        Output::Yaml => data(&yaml::text(
            &serde_json::to_value(items).context("could not print as YAML")?,
        )),
        Output::Sarif => anyhow::bail!("only `muster check` writes SARIF; ask for json or yaml here"),
    }
}

/// Remarks on files, one a line.
pub fn diagnostics(all: &[Diagnostic], paint: Paint) -> String {
    let line = |diagnostic: &Diagnostic| {
        let line = diagnostic.to_string();
        let painted = match diagnostic.severity {
            Severity::Error => paint.red(&line),
            Severity::Warning => paint.yellow(&line),
            Severity::Unsupported => line,
            Severity::Note => paint.dim(&line),
        };
        painted + "\n"
    };
    all.iter().map(line).collect()
}

/// Writes to standard output; a reader that has gone ends the command quietly.
pub fn data(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(141),
        done => done.context("could not write to standard output"),
    }
}

/// Says something to the person, on standard error.
pub fn say(text: impl std::fmt::Display) {
    // Nobody to talk to is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The chain of an error, once, and the exit code of a command that failed.
pub fn failure(error: &anyhow::Error) -> ExitCode {
    let paint = Paint::for_stderr();
    let mut text = format!("{} {error}", paint.red("error:"));
    for cause in error.chain().skip(1) {
        text.push_str(&format!("\n  because: {cause}"));
    }
    say(text);
    ExitCode::FAILURE
}

/// Asks a yes-or-no question on a terminal; without one, refuses and names the flag that answers.
pub fn confirm(question: &str, flag: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        anyhow::bail!("{question} Nobody is at the terminal to say; repeat with {flag} to go ahead");
    }
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("could not read the answer")?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Has the person type a name on a terminal, and says whether it is that one; without a terminal, refuses and names the flag
/// that answers.
pub fn typed(name: &str, flag: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        anyhow::bail!("nobody is at the terminal to type `{name}`; repeat with {flag} to go ahead");
    }
    let _ = write!(std::io::stderr(), "Type `{name}` to go ahead: ");
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .context("could not read the answer")?;
    Ok(answer.trim() == name)
}

/// How long ago, for people: `12s`, `5m`, `3h`, `2d`.
pub fn age(since: muster_model::WallTime) -> String {
    let seconds = crate::context::wall_now().0.saturating_sub(since.0) / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A line that fits a terminal of `width` columns; escapes that colour take none.
pub fn cut(line: &str, width: usize) -> String {
    use unicode_width::UnicodeWidthChar as _;
    let (mut out, mut used, mut in_escape) = (String::new(), 0, false);
    for c in line.chars() {
        if c == '\x1b' || in_escape {
            in_escape = c != 'm';
            out.push(c);
            continue;
        }
        used += c.width().unwrap_or(0);
        if used < width {
            out.push(c);
        }
    }
    out
}
