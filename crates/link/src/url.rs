use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use hyper::http::uri::{Scheme, Uri};

use crate::LinkError;

/// The port of every server, where an address names none.
const DEFAULT_PORT: u16 = 8080;

/// Where a server is reached: `https://host[:port][/prefix]`. `http`, `ws` and `wss` are accepted too; the
/// port is 8080 unless given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerUrl {
    /// Whether TLS stands around the WebSocket.
    pub(crate) tls: bool,
    /// Name or address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Without a slash at its end; often empty.
    prefix: String,
    /// Where the host is, if no name server need be asked.
    known: Vec<IpAddr>,
}

impl ServerUrl {
    /// Whether the host is this very machine, by address or as `localhost`.
    pub fn is_loopback(&self) -> bool {
        is_localhost(&self.host) || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// Name or address, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The same server, at these addresses, whatever name servers say; with none of them it is asked as ever.
    #[must_use]
    pub fn at(self, known: Vec<IpAddr>) -> Self {
        Self { known, ..self }
    }

    /// The addresses that are known without asking.
    pub(crate) fn known(&self) -> &[IpAddr] {
        &self.known
    }

    /// Host and port, as in messages and `Host:` headers.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// A path on the server, below the prefix.
    pub fn path(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }
}

/// `localhost` and what ends in it (RFC 6761 §6.3).
pub(crate) fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost")
}

impl FromStr for ServerUrl {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<Self, LinkError> {
        let wrong = |why| LinkError::Url {
            url: text.chars().take(200).collect(),
            why,
        };
        let uri: Uri = text.trim().parse().map_err(|_| wrong("it is not a URL"))?;
        let tls = match uri.scheme().map(Scheme::as_str) {
            Some("https" | "wss") => true,
            Some("http" | "ws") => false,
            Some(_) => return Err(wrong("only https:// and http:// are spoken here")),
            None => return Err(wrong("it must begin with https://")),
        };
        if uri.query().is_some() || uri.authority().is_some_and(|a| a.as_str().contains('@')) {
            return Err(wrong("it has parts that do not belong there"));
        }
        let (host, port) = host_and_port(&uri).map_err(wrong)?;
        Ok(Self {
            tls,
            host,
            port,
            prefix: uri.path().trim_end_matches('/').to_owned(),
            known: Vec::new(),
        })
    }
}

fn host_and_port(uri: &Uri) -> Result<(String, u16), &'static str> {
    let host = uri
        .host()
        .filter(|host| !host.is_empty())
        .ok_or("it names no host")?;
    let after = uri
        .authority()
        .and_then(|authority| authority.as_str().strip_prefix(host));
    let port = match (uri.port_u16(), after) {
        (Some(port @ 1..), _) => port,
        (None, Some("")) => DEFAULT_PORT,
        _ => return Err("its port is not one of 1 to 65535"),
    };
    Ok((
        host.trim_start_matches('[').trim_end_matches(']').to_owned(),
        port,
    ))
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.prefix)
    }
}
