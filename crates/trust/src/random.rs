use crate::Error;

/// Where random bytes come from. Real: [`OsRandom`]. In tests: a counter or a seeded generator.
pub trait Random {
    /// Fills `bytes` completely, or fails and leaves them unusable.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error>;
}

/// The operating system's generator (`getrandom`).
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes).map_err(Error::Random)
    }
}
