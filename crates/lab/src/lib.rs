//! Real hosts on one Linux machine, for tests, benches and demonstrations.
//!
//! A [`Lab`] makes [`Host`]s. Each host is a process, network, mount, hostname and IPC namespace with a Docker Engine
//! of its own inside: own data, own socket, own iptables, its own `/run`, `/etc`, `/sys` and `/proc`; all else of the
//! file system is the machine's. What a test starts with [`Host::command`] runs beside that engine and finds it at
//! `/run/docker.sock`, as on a real machine; what the test itself wants from the host's network it asks for with
//! [`Host::tcp_connect`] or [`Host::run_in`]. What must not meet another host's files belongs below [`Host::dir`].
//!
//! Data enters as images ([`Image`], made from static binaries, because no registry can be assumed) and leaves through
//! the engine's API ([`Host::docker`]). Faults are methods: [`Host::kill_engine`], [`Host::freeze_engine`] and so on.
//!
//! **Nothing outlives the test.** The first process of a host, the *holder*, keeps its namespaces and reads a pipe
//! whose other end only the test's process has. When that end closes, by [`Host::remove`], by drop or because the test was
//! killed, the holder ends and the kernel ends every process in its process namespace, containers included; the mounts,
//! interfaces and firewall rules go with their namespaces. Files and empty control groups are then removed by
//! [`Host::remove`], or by `scripts/clean-lab.sh` where nobody was left to do so.
//!
//! A host starts in some 0.3 s, its engine included, and goes in less: each test has its own, none shares one.
//!
//! Hosts are alone until a [`Switch`] connects them. Each way between them can be cut and healed, each cable can lose
//! frames, pass few or pass them late ([`Conditions`]). A host can be frozen, and lose its power: then its directory is
//! the disk that is there when it boots again.
//!
//! A lab with a name ([`Lab::named`]) is found by other processes: a [`Trace`] says whether its owner lives, leads into
//! its hosts ([`Visit`]) and removes what a dead one left.
//!
//! It does not know Muster: it runs programs and engines. It does not touch the machine's own engine, network or
//! mounts.

mod archive;
mod cgroup;
mod command;
mod engine;
mod error;
mod frozen;
mod holder;
mod home;
mod host;
mod image;
mod lab;
mod options;
mod process;
mod samples;
mod switch;
mod tools;
mod trace;
mod visit;

pub use command::HostCommand;
pub use error::Error;
pub use host::Host;
pub use image::{Image, import_binary, load_archive, load_file};
pub use lab::{Lab, root};
pub use options::{EngineOptions, HostOptions};
pub use process::Process;
pub use samples::{BUSYBOX, UNIT, load_busybox, load_unit};
pub use switch::{Conditions, Switch};
pub use tools::{Missing, Tool};
pub use trace::Trace;
pub use visit::Visit;

/// What every fallible call of this crate answers.
pub type Result<T> = std::result::Result<T, Error>;
