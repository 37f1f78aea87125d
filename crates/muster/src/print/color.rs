//! Colours, only where a terminal reads them.

use std::io::IsTerminal as _;

/// Paints text, or leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    on: bool,
}

impl Paint {
    /// For standard output.
    pub fn for_stdout() -> Self {
        Self::when(std::io::stdout().is_terminal())
    }

    /// For standard error.
    pub fn for_stderr() -> Self {
        Self::when(std::io::stderr().is_terminal())
    }

    /// `NO_COLOR` (no-color.org) and dumb terminals are honoured.
    fn when(terminal: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self {
            on: terminal && !dumb && std::env::var_os("NO_COLOR").is_none(),
        }
    }

    /// Whether a terminal reads, so that lines may be redrawn.
    pub const fn is_on(self) -> bool {
        self.on
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    /// Trouble.
    pub fn red(self, text: &str) -> String {
        self.with("31", text)
    }

    /// All is well.
    pub fn green(self, text: &str) -> String {
        self.with("32", text)
    }

    /// On its way, or worth a look.
    pub fn yellow(self, text: &str) -> String {
        self.with("33", text)
    }

    /// Beside the point.
    pub fn dim(self, text: &str) -> String {
        self.with("2", text)
    }
}
