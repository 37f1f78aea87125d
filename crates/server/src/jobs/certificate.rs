use std::sync::Arc;
use std::time::Duration;

use muster_model::{ServerId, WallTime};
use muster_trust::{Ca, Error, Renewal, ServerKey, ServerNames, certificate_validity, renewal};
use tokio::sync::watch;

use crate::clock;
use crate::listen::ServerTls;
use crate::shell::chain;

/// The wall clock may jump, so it is asked again and again rather than slept towards.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// People are told of the CA's end so long before.
const CA_NOTICE_MS: u64 = 365 * 24 * 3_600 * 1_000;

/// Makes the server's certificate anew in the last third of its life, and when the clock was set to before it.
/// Connections that stand keep the old one; agents trust whatever this CA signs for a server.
pub(crate) async fn renew(
    tls: watch::Sender<Arc<ServerTls>>,
    ca: Arc<Ca>,
    server: ServerId,
    names: ServerNames,
    key: ServerKey,
) {
    let mut ca_was_told = false;
    loop {
        let now = clock::wall();
        if !ca_was_told && let Ok(Some(ends)) = ca_ends_soon(&ca, now) {
            ca_was_told = true;
            tracing::warn!(
                "the platform's own CA ends at {ends}: hosts, servers and the CLI go on trusting it, but browsers and \
                 other tools will not; this version cannot replace a CA, so look for a newer one before then"
            );
        }
        if is_due(&tls.borrow(), server, now) {
            match ServerTls::issue(&ca, server, &names, &key, now) {
                Ok(new) => drop(tls.send_replace(Arc::new(new))),
                Err(error) => tracing::error!(
                    error = chain(&error),
                    "the server's certificate could not be renewed; it is tried again each minute"
                ),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn is_due(tls: &ServerTls, server: ServerId, now: WallTime) -> bool {
    renewal(tls.validity, &server.to_string(), now) != Renewal::NotYet
}

fn ca_ends_soon(ca: &Ca, now: WallTime) -> Result<Option<WallTime>, Error> {
    let ends = certificate_validity(ca.certificate())?.not_after;
    Ok(Some(ends).filter(|ends| ends.0.saturating_sub(now.0) < CA_NOTICE_MS))
}

#[cfg(test)]
mod tests {
    use muster_trust::OsRandom;

    use super::*;

    const DAY: u64 = 24 * 3_600 * 1_000;

    #[test]
    fn whatever_the_clock_does_the_next_look_makes_it_good() {
        let (made, server) = (WallTime(20_000 * DAY), ServerId::new(1, 1));
        let ca = Ca::generate("test", made, &mut OsRandom).unwrap();
        let (names, key) = (ServerNames::default(), ServerKey::generate().unwrap());
        let issue = |now| ServerTls::issue(&ca, server, &names, &key, now).unwrap();
        let tls = issue(made);
        for (day, due) in [(0, false), (200, false), (330, true), (5_000, true)] {
            let now = WallTime(made.0 + day * DAY);
            assert_eq!(is_due(&tls, server, now), due, "day {day}");
            assert!(!is_due(&issue(now), server, now));
        }
        // It was made by a clock that was ahead, and no agent takes it before its begin.
        let now = WallTime(made.0 - DAY);
        assert!(is_due(&tls, server, now) && !is_due(&issue(now), server, now));
        assert_eq!(ca_ends_soon(&ca, made).unwrap(), None);
        assert!(
            ca_ends_soon(&ca, WallTime(made.0 + 9 * 366 * DAY))
                .unwrap()
                .is_some()
        );
    }
}
