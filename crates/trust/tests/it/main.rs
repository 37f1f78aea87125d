//! What this room promises, tried through its public face.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod certificates;
mod handshake;
mod passwords;
mod sealing;
mod tokens;

use muster_model::WallTime;
use muster_trust::{Ca, Error, IssuedServer, Random, ServerNames};

/// 2026-11-21, so that nothing here depends on when it runs, unless a handshake does.
const NOW: WallTime = WallTime(1_795_225_853_000);
const DAY_MS: u64 = 24 * 3600 * 1000;

/// Counts, so that two draws are never equal and every run sees the same.
struct Counter(u64);

impl Random for Counter {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        for chunk in bytes.chunks_mut(8) {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            chunk.copy_from_slice(&self.0.to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

fn ca_at(now: WallTime) -> Ca {
    Ca::generate("Muster test CA", now, &mut Counter(now.0)).unwrap()
}

fn server_of(ca: &Ca, now: WallTime) -> IssuedServer {
    let names = ServerNames {
        dns: vec!["muster.example.org".into()],
        ips: vec!["192.0.2.7".parse().unwrap()],
    };
    ca.issue_server("server-1-1", &names, now, &mut Counter(7))
        .unwrap()
}
