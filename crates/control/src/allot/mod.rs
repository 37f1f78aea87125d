//! Things that only one may hold: addresses in a network, ports on a host.

pub(crate) mod addresses;
pub(crate) mod ports;
