//! What browsers can be made to do by pages of others.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName};
use std::net::IpAddr;

use super::error::ApiError;
use super::route::{Gives, Row};

/// Changes and WebSockets are for our own pages only: a browser says whose page asks. Programs say nothing.
pub(super) fn check_origin(row: &Row, headers: &HeaderMap) -> Result<(), ApiError> {
    let matters = row.changes() || matches!(row.gives, Gives::WebSocket);
    let Some(origin) = headers.get(ORIGIN).filter(|_| matters) else {
        return Ok(());
    };
    let origin = origin.to_str().unwrap_or_default();
    let asking = origin.split_once("://").map(|(_, host)| host);
    let ours = text(headers, HOST);
    if asking.is_some() && asking == ours {
        Ok(())
    } else {
        Err(ApiError::Origin)
    }
}

/// Whether a request was meant for this machine by name: a page of others can make a browser ask a loopback address under a
/// name of its own choice.
pub(super) fn names_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = text(headers, HOST) else {
        return true;
    };
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let name = if port.bytes().all(|b| b.is_ascii_digit()) {
        name
    } else {
        host
    };
    let address = name
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn names_of_this_machine() {
        let named = |host: &'static str| {
            names_this_machine(&HeaderMap::from_iter([(HOST, HeaderValue::from_static(host))]))
        };
        for own in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:8080",
            "127.1.2.3",
            "[::1]:8080",
            "[::1]",
        ] {
            assert!(named(own), "{own}");
        }
        for other in [
            "evil.example.com",
            "localhost.evil.com:8080",
            "10.0.0.1",
            "",
            ":80",
            "127.0.0.1.nip.io",
        ] {
            assert!(!named(other), "{other}");
        }
        assert!(names_this_machine(&HeaderMap::new()));
    }
}
