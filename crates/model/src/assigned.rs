//! What control decided. Written by the leader's round, under its fence, and by nobody else.

mod host;
mod leader;
mod rollout;
mod service;
mod unit;
mod volume;

pub use host::{HostAssigned, NetworkAssigned, Presence};
pub use leader::Leader;
pub use rollout::{Rollout, RolloutState};
pub use service::{ServiceAssigned, ServiceState};
pub use unit::{Unit, UnitWish};
pub use volume::VolumeAssigned;
