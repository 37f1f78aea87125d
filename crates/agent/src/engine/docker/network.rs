use std::collections::HashMap;

use bollard::models::{Ipam, IpamConfig, NetworkCreateRequest, NetworkInspect};
use muster_model::Digest;
use muster_model::assigned::NetworkAssigned;

use super::DockerEngine;
use super::errors::{is_status, translate, words};
use crate::engine::{Answer, Failure};

/// The kernel's bound on interface names.
const INTERFACE_BYTES_MAX: usize = 15;
/// Tells our networks from strangers', for people.
const LABEL: &str = "io.muster.network";

/// Makes the environment's bridge network, in which every unit has a fixed address, unless it is there.
pub(super) async fn ensure(engine: &DockerEngine, wanted: &NetworkAssigned) -> Result<Answer, Failure> {
    let client = engine.client().await?;
    match client.inspect_network(&wanted.name, None).await {
        Ok(found) => return compare(wanted, &found),
        Err(error) if is_status(&error, 404) => {}
        Err(error) => {
            return Err(translate(
                "look for a network",
                &wanted.name,
                error,
                engine.socket(),
            ));
        }
    }
    let made = client.create_network(request(wanted)).await;
    // Whatever was answered, what counts is what is there: someone may have been quicker, perhaps we ourselves with a
    // request whose answer was lost.
    match (client.inspect_network(&wanted.name, None).await, made) {
        (Ok(found), _) => compare(wanted, &found),
        (Err(_), Err(error)) | (Err(error), Ok(_)) => Err(failure(engine, wanted, error)),
    }
}

fn failure(engine: &DockerEngine, wanted: &NetworkAssigned, error: bollard::errors::Error) -> Failure {
    let detail = words(&error);
    match translate("make the network", &wanted.name, error, engine.socket()) {
        Failure::RangeTaken { name, .. } => Failure::RangeTaken {
            name,
            subnet: wanted.subnet.to_string(),
            detail,
        },
        other => other,
    }
}

fn request(wanted: &NetworkAssigned) -> NetworkCreateRequest {
    let options = [
        ("com.docker.network.bridge.name", bridge_name(&wanted.name)),
        (
            "com.docker.network.bridge.enable_ip_masquerade",
            "true".to_owned(),
        ),
        ("com.docker.network.driver.mtu", wanted.mtu.to_string()),
    ];
    let range = IpamConfig {
        subnet: Some(wanted.subnet.to_string()),
        ip_range: Some(wanted.engine_range.to_string()),
        gateway: Some(wanted.gateway.to_string()),
        auxiliary_addresses: None,
    };
    NetworkCreateRequest {
        name: wanted.name.clone(),
        driver: Some("bridge".to_owned()),
        ipam: Some(Ipam {
            config: Some(vec![range]),
            ..Ipam::default()
        }),
        options: Some(
            options
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        ),
        labels: Some(HashMap::from([(LABEL.to_owned(), wanted.network.to_string())])),
        ..NetworkCreateRequest::default()
    }
}

/// The bridge's name: the network's if the kernel allows that, else its beginning and a few digits of its hash.
fn bridge_name(name: &str) -> String {
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    let own = format!("mu-{name}");
    if plain && own.len() <= INTERFACE_BYTES_MAX {
        return own;
    }
    let hash = Digest::of(name.as_bytes()).short();
    format!("mu-{hash}")
}

fn compare(wanted: &NetworkAssigned, found: &NetworkInspect) -> Result<Answer, Failure> {
    let configs = found
        .ipam
        .as_ref()
        .and_then(|ipam| ipam.config.as_deref())
        .unwrap_or_default();
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
    let has = |config: &IpamConfig| {
        format!(
            "range {}, gateway {}",
            text(&config.subnet),
            text(&config.gateway)
        )
    };
    let wants = format!("range {}, gateway {}", wanted.subnet, wanted.gateway);
    let differs = |has: String| {
        Err(Failure::NetworkDiffers {
            name: wanted.name.clone(),
            has,
            wants: wants.clone(),
        })
    };
    if found.driver.as_deref() != Some("bridge") {
        return differs(format!("driver {}", text(&found.driver)));
    }
    match configs.iter().map(has).find(|has| *has == wants) {
        Some(_) => Ok(Answer::Done),
        None => differs(configs.iter().map(has).collect::<Vec<_>>().join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bridge_names_fit_the_kernel() {
        assert_eq!(bridge_name("managed"), "mu-managed");
        for long in ["a-network-with-a-long-name", "übel", "a.b"] {
            assert!(
                bridge_name(long).len() <= INTERFACE_BYTES_MAX,
                "{}",
                bridge_name(long)
            );
        }
        assert_ne!(
            bridge_name("a-network-with-a-long-name-1"),
            bridge_name("a-network-with-a-long-name-2")
        );
    }
}
