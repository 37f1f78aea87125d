//! The story of a run, one line a step, in the platform's words. Two runs of one seed tell it byte for byte alike.

use std::fmt;
use std::io::Write as _;

use crate::time::Moment;

/// What has been told so far.
#[derive(Debug, Default)]
pub struct Trace {
    text: String,
    aloud: bool,
}

impl Trace {
    /// Tells each line on standard output as well, at once: of a run that ends in a panic, all is seen.
    pub fn new(aloud: bool) -> Self {
        Self {
            text: String::new(),
            aloud,
        }
    }

    /// One step.
    pub fn tell(&mut self, at: Moment, who: impl fmt::Display, what: fmt::Arguments<'_>) {
        let begun = self.text.len();
        self.text.push_str(&format!("{at}  {who:<9}  {what}\n"));
        if self.aloud {
            let line = self.text.get(begun..).unwrap_or_default();
            // Nobody is left to read it when this fails.
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        }
    }

    /// The whole story.
    pub fn into_text(self) -> String {
        self.text
    }
}
