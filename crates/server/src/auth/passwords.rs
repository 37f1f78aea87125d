//! Passwords are hashed off the async threads, a few at a time: each costs tens of milliseconds and 19 MiB.

use muster_trust::{Error, OsRandom, hash_password, verify_password};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Two hashes at a time: 40 MiB, and a flood of logins leaves the other cores alone.
const AT_A_TIME: usize = 2;

/// Hashes and compares passwords.
#[derive(Debug)]
pub struct Passwords {
    turns: Semaphore,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Semaphore::new(AT_A_TIME),
        }
    }
}

impl Passwords {
    /// Hashes a new password, as it is kept; refuses a weak one.
    pub async fn hash(&self, password: String) -> Result<String, Error> {
        self.apart(move || hash_password(&password, &mut OsRandom)).await
    }

    /// Whether `attempt` is the password. Takes as long where there is none.
    pub async fn verify(&self, stored: Option<String>, attempt: String) -> Result<bool, Error> {
        self.apart(move || verify_password(stored.as_deref(), &attempt))
            .await
    }

    async fn apart<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let turn = self.turns.acquire().await;
        let done = spawn_blocking(work).await;
        drop(turn);
        match done {
            Ok(value) => value,
            // Blocking work is never aborted, so it panicked: this request ends the same way, and no other.
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }
}
