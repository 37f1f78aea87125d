//! What stands behind the rows of the route table, one file per noun.

pub(super) mod access;
pub(super) mod accounts;
pub(super) mod environments;
pub(super) mod events;
pub(super) mod exec;
pub(super) mod hosts;
pub(super) mod images;
pub(super) mod install;
pub(super) mod join;
pub(super) mod join_tokens;
pub(super) mod logs;
pub(super) mod metrics;
pub(super) mod objects;
pub(super) mod platform;
pub(super) mod preflight;
pub(super) mod services;
pub(super) mod stacks;
pub(super) mod stats;
pub(super) mod units;
pub(super) mod volumes;

mod changes;
mod deploy;
mod engine_json;
mod lines;
mod log_lines;
