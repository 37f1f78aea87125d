//! Stories: scripts that people read, played in a simulated world, with what they show recorded in the same file.
//!
//! A story is documentation that is tested. A line is one of:
//!
//! * `# words`: for the reader, as are empty lines;
//! * a command at the beginning of a line ([`script`] has them all), such as `advance 40s`;
//! * an indented line below `deploy`: the compose file;
//! * `| words`: what the command above it showed. [`play`] leaves these out and writes what is shown now.

mod play;
mod script;
mod show;

use std::fmt;

/// Plays a story, and gives it back with what it shows now.
pub fn play(text: &str) -> Result<String, StoryError> {
    let mut stage = play::Stage::new();
    let mut told = String::new();
    for part in script::parts(text) {
        part.lines
            .iter()
            .for_each(|line| told.push_str(&format!("{line}\n")));
        let shown = part
            .play(&mut stage)
            .map_err(|why| StoryError { line: part.line, why })?;
        for line in shown {
            told.push_str(format!("| {line}").trim_end());
            told.push('\n');
        }
    }
    Ok(told)
}

/// A story that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryError {
    /// In which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for StoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.why)
    }
}
