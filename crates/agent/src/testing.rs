//! Values that many tests need.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::assigned::UnitWish;
use muster_model::desired::{ContainerSpec, ImageRef, UnitClass};
use muster_model::link::{ContainerAssignment, UnitAssignment};
use muster_model::{Digest, Generation, UnitId};

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
