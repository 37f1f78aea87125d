//! The bytes between server and agent, both ends of them, so that they are written once.
//!
//! An agent dials out, twice per session, and from then on both connections are symmetric pipes:
//!
//! ```text
//!   TCP ─ (TLS of whoever stands in front, not trusted) ─ WebSocket ─ TLS 1.3, both certificates ─┬─ control: JSON frames
//!                                                                                                 └─ streams: yamux
//! ```
//!
//! The WebSocket is only a tunnel: it passes any balancer that speaks HTTP. Who is at the other end is
//! settled by the TLS *inside* it, where each side shows a certificate of the platform's own CA. That is why
//! the outer TLS need not be verified, and why nothing is ever sent outside the inner one except the path
//! `/v1/link/…`: a balancer, or someone who plays one, can cut or delay a link, not read it, change it or
//! speak for either side.
//!
//! * An agent makes a [`Dialer`] and calls [`Dialer::dial`]; a server answers the request with [`upgrade`]
//!   and gets the same [`Peer`] from [`Upgrade::accept`].
//! * [`Peer::into_control`] gives a [`FrameReader`] and a [`FrameWriter`]: length-prefixed JSON, in order.
//! * [`Peer::into_streams`] gives a [`StreamMux`]: either side opens streams, each beginning with one JSON
//!   header. Every stream has its own credit, so one that nobody reads stops itself and no other.
//! * Over the streams of an established link a host gets its next certificate with [`renew`].
//! * A host without a certificate first calls [`join`], and a person's client [`open`]: plain requests to the
//!   API, over TLS that is checked right there.
//!
//! Every step of a handshake has a deadline; an established link has none. This room does not know which
//! messages are sent, what a session is, when a peer counts as dead or when to dial again: the cores decide
//! that from heartbeats.

mod accept;
mod connect;
mod dial;
mod error;
mod frame;
mod join;
mod mux;
mod open;
mod outer_tls;
mod peer;
mod preflight;
mod raw_frame;
mod renew;
mod resolve;
mod stream_frame;
mod url;
mod ws_bytes;

pub use accept::{Upgrade, accept, upgrade};
pub use dial::{Channel, Dialer};
pub use error::{LinkError, Step};
pub use frame::{FrameReader, FrameWriter};
pub use join::{Applicant, JOIN_PATH, JoinReply, JoinRequest, Joined, join};
pub use mux::{MuxStream, StreamMux};
pub use open::open;
pub use peer::{Control, LinkIo, Peer};
pub use preflight::{PREFLIGHT_PATH, own_address, own_address_towards, preflight};
pub use renew::{REMOVED, renew};
pub use stream_frame::{STREAM_DATA_BYTES_MAX, StreamFrameReader, StreamFrameWriter};
pub use url::ServerUrl;
pub use ws_bytes::WsBytes;

use std::time::Duration;

/// How long each step of a handshake may take.
pub const STEP_DEADLINE: Duration = Duration::from_secs(10);
