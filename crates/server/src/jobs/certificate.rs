use std::sync::Arc;
use std::time::Duration;

use muster_model::ServerId;
use muster_trust::{Ca, ServerNames};
use tokio::sync::watch;

use crate::clock;
use crate::listen::ServerTls;
use crate::shell::chain;

/// The wall clock may jump, so it is asked again and again rather than slept towards.
const LOOK_EVERY: Duration = Duration::from_secs(3_600);

/// Makes the server's certificate anew when two thirds of its life are over. Connections that stand keep the old one.
pub(crate) async fn renew(
    tls: watch::Sender<Arc<ServerTls>>,
    ca: Arc<Ca>,
    server: ServerId,
    names: ServerNames,
) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = clock::wall();
        if tls.borrow().renew_at > now {
            continue;
        }
        match ServerTls::issue(&ca, server, &names, now) {
            Ok(new) => drop(tls.send_replace(Arc::new(new))),
            Err(error) => tracing::error!(
                error = chain(&error),
                "the server's certificate could not be renewed"
            ),
        }
    }
}
