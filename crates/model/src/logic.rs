//! The one shape of a loop.

use crate::Timestamp;

/// A synchronous state machine without I/O: all that can happen is an `Input`, all it can want is an `Output`.
///
/// A shell around it waits for the next input or for [`Core::wake_at`], calls [`Core::handle`] and performs the
/// outputs in order. No clock, randomness, socket or file inside; so the simulator drives the very code that ships.
pub trait Core {
    /// What can happen.
    type Input;
    /// What it can want.
    type Output;

    /// Takes one input at `now` and says what is to be done, in order.
    fn handle(&mut self, now: Timestamp, input: Self::Input) -> Vec<Self::Output>;

    /// When to call again with the input that says "time has passed", if nothing else happens before.
    fn wake_at(&self) -> Option<Timestamp>;
}
