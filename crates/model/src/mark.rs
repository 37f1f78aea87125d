//! Marks: places in the code that tests want to know they have reached.
//!
//! A room lists its marks by name in one file, so that a mark that was never reached is known. Reaching one costs a load that
//! is not ordered with anything; nothing in the platform ever reads a mark.

use std::sync::atomic::{AtomicBool, Ordering};

/// One place in the code.
#[derive(Debug)]
pub struct Mark {
    says: &'static str,
    reached: AtomicBool,
}

impl Mark {
    /// A place that was not reached yet.
    pub const fn new(says: &'static str) -> Self {
        let reached = AtomicBool::new(false);
        Self { says, reached }
    }

    /// It is reached now.
    pub fn reach(&self) {
        if !self.is_reached() {
            self.reached.store(true, Ordering::Relaxed);
        }
    }

    /// Whether this process ever reached it.
    pub fn is_reached(&self) -> bool {
        self.reached.load(Ordering::Relaxed)
    }

    /// What happens there, in words.
    pub const fn says(&self) -> &'static str {
        self.says
    }
}

/// Declares the marks of a room, and `ALL` of them.
#[macro_export]
macro_rules! marks {
    ($($name:ident = $says:literal;)*) => {
        $(
            #[doc = $says]
            pub static $name: $crate::mark::Mark = $crate::mark::Mark::new($says);
        )*
        /// All of this room.
        pub static ALL: &[&$crate::mark::Mark] = &[$(&$name),*];
    };
}

#[cfg(test)]
mod tests {
    crate::marks! {
        HERE = "it is here";
        THERE = "it is there";
    }

    #[test]
    fn a_mark_is_reached_once_it_was() {
        HERE.reach();
        HERE.reach();
        let reached: Vec<_> = ALL.iter().filter(|mark| mark.is_reached()).collect();
        assert_eq!(reached.len(), 1);
        assert_eq!(reached[0].says(), "it is here");
        assert!(!THERE.is_reached());
    }
}
