//! What the room promises, from outside: text in, stack and remarks out.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a failed test ends by a panic")]

mod bad_input;
mod corpus;
mod drafts;
mod examples;
mod extends;
mod formats;
mod hostile_bombs;
mod hostile_bytes;
mod hostile_shapes;
mod hostile_text;
mod kept;
mod keys;
mod merge;
mod mounts;
mod named_files;
mod page;
mod ports;
mod properties;
mod rancher;
mod remarks;
mod spec;
mod spec_merge;
mod spec_ports;
mod spec_reuse;
mod spec_values;
mod spec_variables;
mod spec_yaml;
mod support;
mod units;
mod variables;
mod written;
mod written_corpus;
