//! The simulator itself: its seeds end well, repeat byte for byte, and its judges see what is wrong.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod judges;
mod repeats;
mod seeds;
mod shrinks;
mod stories;
