//! Values that many tests need.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use muster_model::assigned::UnitWish;
use muster_model::desired::{ContainerSpec, ImageRef, UnitClass};
use muster_model::link::{ContainerAssignment, UnitAssignment};
use muster_model::{Digest, Generation, UnitId, WallTime};
use muster_trust::{AgentRequest, Ca, OsRandom};

use crate::identity::Identity;

/// A container that runs `image`.
pub fn spec(image: &str) -> ContainerSpec {
    ContainerSpec::new(ImageRef::parse(image).unwrap())
}

/// Unit `n` of `shop/web`, of one container.
pub fn unit(n: u32) -> UnitAssignment {
    UnitAssignment {
        unit: UnitId::new(1, n),
        generation: Generation(1),
        wish: UnitWish::Run,
        environment: "default".parse().unwrap(),
        stack: "shop".parse().unwrap(),
        service: "web".parse().unwrap(),
        number: n,
        class: UnitClass::Stateless,
        spec: Digest::of(b"spec"),
        network: None,
        ports: vec![],
        volumes: BTreeMap::new(),
        containers: vec![ContainerAssignment {
            sidekick: None,
            spec: Arc::new(spec("app")),
        }],
    }
}

/// A host's identity of a platform of its own, as it would stand in `path`.
pub fn identity(path: &Path) -> Identity {
    let now = WallTime(1_795_225_853_000);
    let ca = Ca::generate("test", now, &mut OsRandom).unwrap();
    let request = AgentRequest::generate().unwrap();
    let certificate_pem = ca
        .issue_agent(&request.csr_pem, "host-1-1", None, now, &mut OsRandom)
        .unwrap();
    let joined = muster_link::Joined {
        host: "host-1-1".to_owned(),
        key: request.key,
        certificate_pem,
        ca_pem: ca.certificate_pem().to_owned(),
        name: None,
        remarks: Vec::new(),
    };
    Identity::of(path, joined).unwrap()
}
