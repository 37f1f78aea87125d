//! Who asks, and whether in a way that is served.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::body::Body;
use axum::http::header::{HOST, LOCATION};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::api::ClientAddress;
use crate::config::ServerConfig;

const FORWARDED: [&str; 4] = [
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "forwarded",
];
/// Nobody's address: a request that came through a stranger's proxy comes from nowhere that is trusted.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// What becomes of a request at the door.
pub(super) enum Entry {
    /// It goes on, and says whom it is from.
    Admitted(Request<Body>),
    /// It got its answer.
    Answered(Response),
}

pub(super) fn enter(mut request: Request<Body>, from: SocketAddr, tls: bool, config: &ServerConfig) -> Entry {
    let peer = from.ip().to_canonical();
    let is_balancer = config.trusts(peer);
    let is_plain = match header(request.headers(), "x-forwarded-proto").filter(|_| is_balancer) {
        Some(spoken) => spoken.eq_ignore_ascii_case("http"),
        None => !tls && !is_balancer && !peer.is_loopback(),
    };
    if is_plain {
        return Entry::Answered(to_https(&request));
    }
    let client = if is_balancer {
        behind(request.headers(), from, config)
    } else {
        itself(request.headers(), from)
    };
    for name in FORWARDED {
        request.headers_mut().remove(name);
    }
    request.extensions_mut().insert(ClientAddress(client));
    Entry::Admitted(request)
}

/// The last address that is not a balancer's: those before it are what that client said of itself.
fn behind(headers: &HeaderMap, balancer: SocketAddr, config: &ServerConfig) -> SocketAddr {
    let said = headers
        .get_all("x-forwarded-for")
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    let mut hops: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    while let Some(hop) = hops.pop() {
        match hop.parse::<IpAddr>() {
            Ok(ip) if config.trusts(ip) => {}
            // A balancer elsewhere that says `127.0.0.1` means its own machine, not this one.
            Ok(ip) if ip.to_canonical().is_loopback() => return NOWHERE,
            Ok(ip) => return SocketAddr::new(ip, 0),
            Err(_) => return NOWHERE,
        }
    }
    if balancer.ip().to_canonical().is_loopback() {
        NOWHERE
    } else {
        balancer
    }
}

/// The peer, unless it is a proxy on this machine that nobody declared: then its clients are not this machine.
fn itself(headers: &HeaderMap, from: SocketAddr) -> SocketAddr {
    let is_proxy = FORWARDED.iter().any(|name| headers.contains_key(*name));
    if is_proxy && from.ip().to_canonical().is_loopback() {
        NOWHERE
    } else {
        from
    }
}

fn to_https(request: &Request<Body>) -> Response {
    let host =
        header(request.headers(), HOST.as_str()).or_else(|| request.uri().authority().map(|at| at.as_str()));
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let target = host.and_then(|host| HeaderValue::from_str(&format!("https://{host}{path}")).ok());
    match target {
        Some(target) => (
            StatusCode::PERMANENT_REDIRECT,
            [(LOCATION, target)],
            "speak TLS: use https://\n",
        )
            .into_response(),
        None => (StatusCode::BAD_REQUEST, "speak TLS: use https://\n").into_response(),
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(from: &str, tls: bool, headers: &[(&str, &str)]) -> Result<SocketAddr, String> {
        let mut config = ServerConfig::new("unused".into());
        config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        let mut request = Request::builder()
            .uri("/v1/me?x=1")
            .header("host", "muster.test:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        match enter(request, format!("{from}:4000").parse().unwrap(), tls, &config) {
            Entry::Admitted(request) => {
                assert!(
                    FORWARDED
                        .iter()
                        .all(|name| !request.headers().contains_key(*name))
                );
                Ok(request.extensions().get::<ClientAddress>().unwrap().0)
            }
            Entry::Answered(response) => Err(response.headers()[LOCATION].to_str().unwrap().to_owned()),
        }
    }

    fn ip(from: Result<SocketAddr, String>) -> String {
        from.map(|from| from.ip().to_string()).unwrap_or_else(|to| to)
    }

    #[test]
    fn plain_http_is_for_this_machine_and_balancers() {
        let https = "https://muster.test:8080/v1/me?x=1";
        assert_eq!(ip(ask("203.0.113.9", false, &[])), https);
        assert_eq!(ip(ask("203.0.113.9", true, &[])), "203.0.113.9");
        assert_eq!(ip(ask("127.0.0.1", false, &[])), "127.0.0.1");
        assert_eq!(ip(ask("10.1.1.1", false, &[])), "10.1.1.1");
        let spoken = |proto| [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-proto", proto)];
        assert_eq!(ip(ask("10.1.1.1", false, &spoken("https"))), "203.0.113.9");
        assert_eq!(ip(ask("10.1.1.1", false, &spoken("http"))), https);
    }

    #[test]
    fn only_balancers_are_believed() {
        let said = |chain| [("x-forwarded-for", chain), ("x-forwarded-proto", "https")];
        assert_eq!(
            ip(ask("203.0.113.9", false, &said("127.0.0.1"))),
            "https://muster.test:8080/v1/me?x=1"
        );
        assert_eq!(ip(ask("203.0.113.9", true, &said("127.0.0.1"))), "203.0.113.9");
        assert_eq!(
            ip(ask("10.1.1.1", false, &said("127.0.0.1, 198.51.100.7, 10.2.2.2"))),
            "198.51.100.7"
        );
        assert_eq!(ip(ask("10.1.1.1", false, &said("127.0.0.1"))), "0.0.0.0");
        assert_eq!(ip(ask("10.1.1.1", false, &said("nonsense"))), "0.0.0.0");
        assert_eq!(
            ip(ask("127.0.0.1", false, &said("203.0.113.9"))),
            "0.0.0.0",
            "a proxy nobody declared"
        );
    }
}
