use std::fmt;
use std::io;
use std::time::Duration;

/// The steps of getting a link up, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Finding the server's addresses.
    Resolve,
    /// The TCP connection.
    Connect,
    /// The outer TLS of an `https` address.
    OuterTls,
    /// Turning HTTP into a WebSocket.
    Upgrade,
    /// The TLS inside it, with both certificates.
    InnerTls,
    /// One request and its answer, when joining.
    Request,
    /// The header of a new stream.
    StreamHeader,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Resolve => "resolving the name",
            Step::Connect => "connecting",
            Step::OuterTls => "the outer TLS handshake",
            Step::Upgrade => "the WebSocket upgrade",
            Step::InnerTls => "the TLS handshake inside the link",
            Step::Request => "the request",
            Step::StreamHeader => "reading a stream's header",
        })
    }
}

/// What failed on the link, one variant per step or operation. Texts say what to do next; the cause is the
/// `source`.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The server's address is not a usable URL.
    #[error("{url:?} is not a server address: {why}; give one such as https://muster.example.org:8080")]
    Url {
        /// As given, cut to a printable length.
        url: String,
        /// What is wrong, in words.
        why: &'static str,
    },

    /// A step took too long.
    #[error(
        "{peer}: {step} took longer than {} s; \
         check that the address is right and that no firewall drops packets",
        limit.as_secs_f32()
    )]
    Deadline {
        /// The address dialled, or that of the dialling side.
        peer: String,
        /// What was being done.
        step: Step,
        /// How long was allowed.
        limit: Duration,
    },

    /// The name has no address.
    #[error(
        "no address is known for {host:?}; check the name, /etc/hosts and the name servers in /etc/resolv.conf"
    )]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said; none if it knows the name but no address.
        #[source]
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },

    /// No address of the server answered.
    #[error("could not connect to {peer}; check that the server runs and that its port is open from here")]
    Connect {
        /// Address and port.
        peer: String,
        /// What the last attempt said.
        #[source]
        source: io::Error,
    },

    /// The outer TLS failed.
    #[error("{peer} does not speak TLS as wanted; if it serves plain HTTP, use http:// in the address")]
    OuterTls {
        /// Address and port.
        peer: String,
        /// What the TLS library said.
        #[source]
        source: io::Error,
    },

    /// The server, or something before it, would not turn the request into a WebSocket.
    #[error(
        "{peer} did not open a WebSocket; check that this is a muster server and that a proxy before it passes WebSockets"
    )]
    Upgrade {
        /// Address and port.
        peer: String,
        /// What was answered.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// A request to the link's path is not a WebSocket request.
    #[error("not a WebSocket request: {why}; this path is for muster agents")]
    NotAnUpgrade {
        /// What is missing.
        why: &'static str,
    },

    /// The inner TLS failed: one side does not accept the other's certificate.
    #[error(
        "{peer}: the two sides do not trust one another; if the platform was set up anew, this host was removed, or its certificate has ended, join it again"
    )]
    InnerTls {
        /// Address and port, or the dialling side.
        peer: String,
        /// What the TLS library said.
        #[source]
        source: io::Error,
    },

    /// The certificate is a good one, but not of the role wanted here.
    #[error("{peer} is not who it must be on this link")]
    Role {
        /// Address and port, or the dialling side.
        peer: String,
        /// What its certificate says.
        #[source]
        source: muster_trust::Error,
    },

    /// A frame is larger than allowed.
    #[error(
        "a frame of {bytes} bytes is larger than the {limit} allowed; the two sides' versions may not fit together"
    )]
    FrameTooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },

    /// A frame's text is not the message expected.
    #[error(
        "a frame of {bytes} bytes is not a message known here; the two sides' versions may not fit together"
    )]
    FrameText {
        /// Its size.
        bytes: usize,
        /// Where the text stops making sense.
        #[source]
        source: serde_json::Error,
    },

    /// What came over a stream is none of the frames that this version knows.
    #[error("a stream carried something unknown; upgrade the older side")]
    StreamFrame(#[source] muster_model::link::StreamFrameError),

    /// A message could not be written as JSON.
    #[error("a message could not be written as JSON")]
    Encode(#[source] serde_json::Error),

    /// The link ended inside a frame.
    #[error("the link was cut inside a frame")]
    Cut,

    /// The link failed while reading.
    #[error("the link failed while reading")]
    Read(#[source] io::Error),

    /// The link failed while writing.
    #[error("the link failed while writing")]
    Write(#[source] io::Error),

    /// The streams' connection failed or is over.
    #[error("the connection for streams is over")]
    Mux(#[source] Option<Box<dyn std::error::Error + Send + Sync>>),

    /// No more streams fit on this link.
    #[error("{limit} streams are open to this host already; close some of its logs, shells or forwards")]
    TooManyStreams {
        /// How many may be open.
        limit: usize,
    },

    /// Plain HTTP to another machine.
    #[error(
        "{url} is plain HTTP to another machine, and tokens must not travel in the clear; \
         use https://"
    )]
    Plain {
        /// The address.
        url: String,
    },

    /// Nothing says which CA to trust.
    #[error(
        "nothing says how to know {peer}; \
         give the fingerprint of its CA, which the server prints at start"
    )]
    NoAnchor {
        /// Address and port.
        peer: String,
    },

    /// One of the two clocks is wrong: a certificate is not valid by it.
    #[error(
        "{peer} shows a certificate that is not valid yet, or no longer, by this machine's clock; set the clock \
         (`timedatectl set-ntp true`, or `chronyd -q`), compare it with the server's, and try again"
    )]
    Clock {
        /// Address and port.
        peer: String,
        /// What the TLS library said.
        #[source]
        source: io::Error,
    },

    /// The server does not prove that it belongs to the platform meant.
    #[error(
        "{peer} did not prove that it belongs to the platform meant (or a proxy before it ends TLS); \
         give a server's own address, and check token or fingerprint"
    )]
    Pin {
        /// Address and port.
        peer: String,
        /// What the TLS library said.
        #[source]
        source: io::Error,
    },

    /// The HTTP request did not get through.
    #[error("the request to {peer} failed; try again, and look at the server's log")]
    Request {
        /// Address and port.
        peer: String,
        /// What failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// The server said no.
    #[error("{peer} refused the join (HTTP {status}): {detail}")]
    Refused {
        /// Address and port.
        peer: String,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        detail: String,
    },

    /// The server gave no new certificate.
    #[error("the server did not renew this host's certificate: {why}")]
    NotRenewed {
        /// In words, with what to do.
        why: String,
    },

    /// This host is none any more.
    #[error("{}", crate::REMOVED)]
    Removed,

    /// The server's answer makes no sense.
    #[error(
        "{peer} sent an answer that does not fit: {why}; the versions of agent and server may not fit together"
    )]
    Answer {
        /// Address and port.
        peer: String,
        /// What is wrong, in words.
        why: &'static str,
    },

    /// Keys or certificates could not be used.
    #[error("this host's keys and certificates cannot be used")]
    Trust(#[source] muster_trust::Error),
}

/// Whether TLS ended because a certificate is not valid at this time.
pub(crate) fn is_clock(error: &io::Error) -> bool {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    let tls = error.get_ref().and_then(|error| error.downcast_ref());
    matches!(
        tls,
        Some(rustls::Error::InvalidCertificate(
            Expired | ExpiredContext { .. } | NotValidYet | NotValidYetContext { .. }
        ))
    )
}

impl LinkError {
    /// Whether the same may succeed later without anyone changing something at this end: a server that is down
    /// comes back, a spent token does not.
    pub fn retry(&self) -> bool {
        match self {
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
            Self::Url { .. }
            | Self::Plain { .. }
            | Self::NoAnchor { .. }
            | Self::Pin { .. }
            | Self::Role { .. }
            | Self::Removed
            | Self::NotAnUpgrade { .. }
            | Self::Encode(_)
            | Self::Trust(_) => false,
            _ => true,
        }
    }
}
