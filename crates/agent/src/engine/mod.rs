//! The container engine: what is asked of it and what it tells.
//!
//! The logic sees an engine through four methods. Everything it can be asked to do is one value, a [`Verb`]; every verb
//! may be asked again, because any answer may be lost. What is there is learned by [`Engine::list`] now and then, and
//! quickly by [`Engine::events`] in between.
//!
//! [`docker`] speaks the Docker Engine API (and Podman's like of it); [`fake`] is a little engine in memory for tests and
//! simulation. One set of checks, in this crate's tests, runs against both.

mod container;
pub mod docker;
mod failure;
pub mod fake;
pub mod labels;
mod verb;

use std::collections::BTreeMap;
use std::pin::Pin;

use futures_util::Stream;
use muster_model::HostId;

pub use container::{Container, ContainerChange, ContainerState, EngineEvent, Owner};
pub use failure::Failure;
pub use verb::{Answer, CreateContainer, ImageFacts, Login, Verb};

/// A call to an engine under way.
pub type Call<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// Bytes that are here and bytes in all, while an image is pulled.
pub type OnProgress<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// What happens in the engine from now on. Its end means that the engine is gone.
pub type Events = Pin<Box<dyn Stream<Item = EngineEvent> + Send>>;

/// An engine. Every call ends: those that could hang have a deadline.
pub trait Engine: Send + Sync {
    /// All containers that carry our labels with this host, of every platform.
    fn list(&self, host: HostId) -> Call<'_, Vec<Container>>;

    /// Does one thing. `progress` is told how far a pull is.
    fn perform<'a>(&'a self, verb: &'a Verb, progress: OnProgress<'a>) -> Call<'a, Answer>;

    /// Listens. What happens after this returned is in the stream.
    fn events(&self, host: HostId) -> Call<'_, Events>;

    /// What the engine says of itself and its machine.
    fn facts(&self) -> Call<'_, EngineFacts>;
}

/// What an engine says of itself and its machine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EngineFacts {
    /// Name and version, such as `Docker Engine 20.10.24`.
    pub engine: String,
    /// The API version agreed on.
    pub api: String,
    /// Processor architecture in the engine's words.
    pub architecture: String,
    /// Whether containers live on while the engine restarts.
    pub live_restore: bool,
    /// Images without a registry's digest, by reference, with the first digits of their ids.
    pub local_images: BTreeMap<String, String>,
    /// How it stores images and containers, such as `overlay2`.
    pub storage_driver: String,
    /// Where it keeps them.
    pub root: String,
}
