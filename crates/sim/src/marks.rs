//! The marks of all rooms that the simulator drives: which of them this process has reached.

use muster_model::mark::Mark;

/// All marks.
pub fn all() -> impl Iterator<Item = &'static Mark> {
    let rooms = [
        muster_control::marks::ALL,
        muster_server::logic::marks::ALL,
        muster_agent::logic::marks::ALL,
    ];
    rooms.into_iter().flatten().copied()
}

/// Those that were never reached, in words.
pub fn missed() -> Vec<&'static str> {
    all().filter(|mark| !mark.is_reached()).map(Mark::says).collect()
}
