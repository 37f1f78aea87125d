//! The story of a run, one line a step, in the platform's words. Two runs of one seed tell it byte for byte alike.

use std::fmt;
use std::io::Write as _;

use crate::time::Moment;

/// What becomes of a story.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Story {
    /// Nobody is told.
    #[default]
    Untold,
    /// It is kept.
    Kept,
    /// It is kept, and each line told on standard output at once: of a run that ends in a panic, all is seen.
    Aloud,
}

/// What has been told so far.
#[derive(Debug, Default)]
pub struct Trace {
    text: String,
    story: Story,
}

impl Trace {
    /// A story of which nothing was told yet.
    pub fn new(story: Story) -> Self {
        Self {
            text: String::new(),
            story,
        }
    }

    /// One step.
    pub fn tell(&mut self, at: Moment, who: impl fmt::Display, what: fmt::Arguments<'_>) {
        if self.story == Story::Untold {
            return;
        }
        let begun = self.text.len();
        self.text.push_str(&format!("{at}  {who:<9}  {what}\n"));
        if self.story == Story::Aloud {
            let line = self.text.get(begun..).unwrap_or_default();
            // Nobody is left to read it when this fails.
            let _ = std::io::stdout().lock().write_all(line.as_bytes());
        }
    }

    /// What was told so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole story.
    pub fn into_text(self) -> String {
        self.text
    }
}
