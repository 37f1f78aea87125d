use std::path::PathBuf;

/// What failed in this room, one variant per operation. Texts say what to do next; the cause is the `source`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes; keys and tokens cannot be made until it does")]
    Random(#[source] getrandom::Error),

    /// A key pair could not be made.
    #[error("could not make a private key")]
    MakeKey(#[source] rcgen::Error),

    /// The CA's certificate could not be made.
    #[error("could not make the platform's own CA")]
    MakeCa(#[source] rcgen::Error),

    /// The CA's certificate or key, as kept, cannot be used.
    #[error("the platform's CA cannot be used: {why}; restore ca certificate and key from a backup")]
    ReadCa {
        /// What is wrong, in words.
        why: &'static str,
    },

    /// A name or address does not fit into a server certificate.
    #[error("{name:?} cannot stand in a server certificate; give a DNS name such as muster.example.org")]
    ServerName {
        /// The name as given.
        name: String,
        /// What the encoder said.
        #[source]
        source: rcgen::Error,
    },

    /// An id does not fit into a certificate or token.
    #[error("{id:?} cannot be an id here: 1 to 128 of a-z, A-Z, 0-9, '.', '_' and '-' are wanted")]
    Id {
        /// The id as given, cut to a printable length.
        id: String,
    },

    /// A server certificate could not be issued.
    #[error("could not issue a certificate for server {id}")]
    IssueServer {
        /// The server's id.
        id: String,
        /// What failed.
        #[source]
        source: rcgen::Error,
    },

    /// A joining agent's request is not one that is signed here.
    #[error("the agent's certificate request was refused: {why}; join again with a current muster binary")]
    Request {
        /// What is wrong, in words.
        why: &'static str,
    },

    /// An agent certificate could not be issued.
    #[error("could not issue a certificate for host {host}")]
    IssueAgent {
        /// The host's id.
        host: String,
        /// What failed.
        #[source]
        source: rcgen::Error,
    },

    /// The agent's signing request could not be made.
    #[error("could not make a certificate request")]
    MakeRequest(#[source] rcgen::Error),

    /// PEM text holds no certificate, or a broken one.
    #[error("{what} holds no usable certificate; a PEM file with a CERTIFICATE block is wanted")]
    ReadCertificate {
        /// Which text was read.
        what: &'static str,
    },

    /// PEM text holds no private key, or a broken one.
    #[error("{what} holds no usable private key; a PEM file with a PRIVATE KEY block is wanted")]
    ReadKey {
        /// Which text was read.
        what: &'static str,
    },

    /// A peer proved who it is, but is not one of ours or not what it must be here.
    #[error("the other side's certificate was refused: {why}")]
    Identity {
        /// What is wrong, in words.
        why: &'static str,
    },

    /// A TLS configuration could not be put together.
    #[error("could not set up TLS for {what}")]
    Tls {
        /// Whose configuration.
        what: &'static str,
        /// What the TLS library said.
        #[source]
        source: rustls::Error,
    },

    /// The verifier of certificates could not be put together.
    #[error("could not set up certificate checks for {what}")]
    Verifier {
        /// Whose configuration.
        what: &'static str,
        /// What the TLS library said.
        #[source]
        source: rustls::server::VerifierBuilderError,
    },

    /// A password that is not accepted as a new one.
    #[error("the password was not accepted: {why}")]
    WeakPassword {
        /// What is wrong, in words.
        why: &'static str,
    },

    /// A password could not be hashed, or a stored hash not read.
    #[error("could not {doing} a password")]
    Password {
        /// `hash` or `check`.
        doing: &'static str,
        /// What the hash function said.
        #[source]
        source: argon2::password_hash::Error,
    },

    /// A token or key text is not one.
    #[error("this is not a {wanted}: {why}; copy it whole, it begins with {prefix}")]
    TokenText {
        /// What should stand there.
        wanted: &'static str,
        /// The prefix it must begin with.
        prefix: &'static str,
        /// What is wrong, in words.
        why: &'static str,
    },

    /// A secret could not be sealed.
    #[error("could not seal a secret for {context}")]
    Seal {
        /// What the secret belongs to.
        context: String,
    },

    /// A sealed secret did not open.
    #[error(
        "the sealed secret of {context} does not open with key {key:?}: it was changed, or belongs elsewhere; set the secret again"
    )]
    Open {
        /// What the secret should belong to.
        context: String,
        /// The key it names.
        key: String,
    },

    /// A sealed secret names a key that is not in the key file.
    #[error(
        "the secret of {context} is sealed with key {key:?}, which is not in the key file; restore that file from its backup"
    )]
    UnknownKey {
        /// What the secret belongs to.
        context: String,
        /// The key it names.
        key: String,
    },

    /// The key file may be read by others.
    #[error(
        "{} can be read by other users (mode {mode:04o}); \
         run: chmod 600 {}",
        path.display(), path.display()
    )]
    KeyFileMode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },

    /// The key file's text is not ours.
    #[error("{} is not a key file, line {line}: {why}; restore it from its backup", path.display())]
    KeyFileText {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong, in words.
        why: &'static str,
    },

    /// The key file could not be read or written.
    #[error("could not {doing} the key file {}", path.display())]
    KeyFile {
        /// `read`, `create`, …
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
}
