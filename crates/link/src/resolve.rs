//! Names to addresses, without the C library: a statically linked one would need its own plug-ins at run
//! time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{LookupIpStrategy, ResolveHosts};

use crate::LinkError;
use crate::url::is_localhost;

/// Where names of one's own stand.
pub(crate) const HOSTS_FILE: &str = "/etc/hosts";

/// The addresses of a host, the ones to try first in front: an address is itself, then the hosts file, then
/// `localhost`, then the name servers of `/etc/resolv.conf`. Both files are read each time, so a change is
/// seen at the next dial.
pub(crate) async fn resolve(host: &str, hosts_file: &Path) -> Result<Vec<IpAddr>, LinkError> {
    if let Ok(ip) = host.parse() {
        return Ok(vec![ip]);
    }
    // Without a hosts file there is nothing to honour.
    let hosts = tokio::fs::read_to_string(hosts_file).await.unwrap_or_default();
    let listed = in_hosts_file(&hosts, host);
    if !listed.is_empty() {
        return Ok(listed);
    }
    if is_localhost(host) {
        return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    ask_name_servers(host).await
}

/// The addresses that a hosts file gives a name, in its order.
fn in_hosts_file(text: &str, host: &str) -> Vec<IpAddr> {
    let host = host.trim_end_matches('.');
    let entries = text.lines().filter_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let ip = words.next()?.parse().ok()?;
        words.any(|name| name.eq_ignore_ascii_case(host)).then_some(ip)
    });
    entries.collect()
}

async fn ask_name_servers(host: &str) -> Result<Vec<IpAddr>, LinkError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| LinkError::Resolve {
        host: host.to_owned(),
        source: Some(source),
    };
    let mut builder = TokioResolver::builder_tokio().map_err(|e| failed(e.into()))?;
    builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    builder.options_mut().use_hosts_file = ResolveHosts::Never;
    let resolver = builder.build().map_err(|e| failed(e.into()))?;
    let found: Vec<IpAddr> = resolver
        .lookup_ip(host)
        .await
        .map_err(|e| failed(e.into()))?
        .iter()
        .collect();
    if found.is_empty() {
        Err(LinkError::Resolve {
            host: host.to_owned(),
            source: None,
        })
    } else {
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTS: &str = "127.0.0.1 localhost\n# 10.0.0.9 web\n10.0.0.7\tdb Web.example.org web # 10.0.0.8 web\n::1 localhost\nnonsense web\n10.0.0.6 web\n";

    #[test]
    fn hosts_file_is_read_in_order_and_without_comments() {
        let found = |host| {
            in_hosts_file(HOSTS, host)
                .iter()
                .map(IpAddr::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(found("web"), ["10.0.0.7", "10.0.0.6"]);
        assert_eq!(found("WEB.example.org."), ["10.0.0.7"]);
        assert_eq!(found("localhost"), ["127.0.0.1", "::1"]);
        assert!(found("web2").is_empty());
        assert!(found("10.0.0.7").is_empty());
    }

    #[tokio::test]
    async fn literals_localhost_and_the_hosts_file_need_no_name_server() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("hosts");
        std::fs::write(&file, "192.0.2.7 muster.test\n").unwrap();
        let none = dir.path().join("none");
        assert_eq!(
            resolve("192.0.2.1", &none).await.unwrap(),
            ["192.0.2.1".parse::<IpAddr>().unwrap()]
        );
        assert_eq!(resolve("::1", &none).await.unwrap(), [Ipv6Addr::LOCALHOST]);
        assert_eq!(
            resolve("muster.test", &file).await.unwrap(),
            ["192.0.2.7".parse::<IpAddr>().unwrap()]
        );
        assert_eq!(resolve("localhost", &file).await.unwrap()[0], Ipv4Addr::LOCALHOST);
        assert_eq!(
            resolve("db.localhost", &none).await.unwrap()[0],
            Ipv4Addr::LOCALHOST
        );
    }

    #[tokio::test]
    async fn a_hosts_file_may_move_localhost() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("hosts");
        std::fs::write(&file, "127.0.0.9 localhost\n").unwrap();
        assert_eq!(
            resolve("localhost", &file).await.unwrap(),
            [Ipv4Addr::new(127, 0, 0, 9)]
        );
    }
}
