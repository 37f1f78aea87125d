//! A terminal that hands over every key, and is put back however the command ends.

use anyhow::Context as _;

/// Raw mode for as long as this lives.
pub struct RawTerminal(());

impl RawTerminal {
    /// Switches it on.
    pub fn enter() -> anyhow::Result<Self> {
        crossterm::terminal::enable_raw_mode().context("could not take over the terminal; run without -t")?;
        Ok(Self(()))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that has gone.
        let _ = crossterm::terminal::disable_raw_mode();
    }
}
