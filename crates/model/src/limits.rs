//! Every bound in one place, each with its reason.

use std::time::Duration;

/// A name is at most a DNS label (RFC 1035 §2.3.4).
pub const NAME_BYTES_MAX: usize = 63;

/// A request id stands in store keys; this keeps them short.
pub const REQUEST_ID_BYTES_MAX: usize = 64;

/// Preconditions and writes in one commit: etcd's default `--max-txn-ops` is 128, older ones 100 less overhead.
pub const COMMIT_OPERATIONS_MAX: usize = 100;

/// Keys and values in one commit: etcd's default `--max-request-bytes` is 1.5 MiB including framing.
pub const COMMIT_BYTES_MAX: usize = 1024 * 1024;

/// A revision larger than this is written as parts behind a head. Leaves room for the other writes of its commit.
pub const PART_BYTES_MAX: usize = 512 * 1024;

/// All parts of one revision together; a compose project with its configs and secrets.
pub const REVISION_BYTES_MAX: usize = 32 * 1024 * 1024;

/// One file that people write. The largest real compose file known to us has 1 MB.
pub const SOURCE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// One secret or config: Swarm's limit for secrets is 500 KiB, and bind-mounted files need no more.
pub const BLOB_BYTES_MAX: usize = 512 * 1024;

/// What a service's `metadata` may weigh: it is sent to every host of its environment.
pub const METADATA_BYTES_MAX: usize = 256 * 1024;

/// Units of one service. A thousand hosts with ten each.
pub const SCALE_MAX: u32 = 10_000;

/// Services in one stack; the largest template of the public catalogs has fewer than 50.
pub const SERVICES_MAX: usize = 2_000;

/// One message on the control link; a full table of a host with 1,000 units stays far below.
pub const LINK_MESSAGE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A body that an API handler reads whole.
pub const API_BODY_BYTES_MAX: usize = 48 * 1024 * 1024;

/// Items on one page of a list, and how many when the caller does not say.
pub const PAGE_ITEMS_MAX: usize = 1_000;
/// Items on one page of a list when the caller does not say.
pub const PAGE_ITEMS_DEFAULT: usize = 100;

/// How many revisions of a stack are kept for rollback, besides those still in use.
pub const REVISIONS_KEPT: usize = 20;

/// Agents beat this often; three missed beats make a host suspect.
pub const HEARTBEAT_EVERY: Duration = Duration::from_secs(2);

/// Heartbeats a second, of all hosts together, from which on agents beat more rarely.
pub const HEARTBEATS_PER_SECOND: u64 = 500;

/// Silence after which nothing new is placed on a host.
pub const SUSPECT_AFTER: Duration = Duration::from_secs(6);

/// Silence after which a host is lost and its stateless units are placed elsewhere.
pub const LOST_AFTER: Duration = Duration::from_secs(10);

/// A host that was lost so often, without a calm time between, is flapping: units go there last.
pub const LOSSES_DAMPED: u32 = 3;

/// How long a host has to be in touch until its losses are forgotten; it doubles with each loss beyond [`LOSSES_DAMPED`].
pub const CALM_AFTER_LOSS: Duration = Duration::from_secs(600);

/// The longest calm time that is asked of a host that flaps.
pub const CALM_MAX: Duration = Duration::from_secs(7_200);

/// An agent's lease with one server: nobody else could move its exclusive units, so it may be long.
pub const LEASE_SINGLE_SERVER: Duration = Duration::from_secs(60);

/// The lease that is given before a server stops as planned: it may be away for so long without an exclusive unit ending.
pub const LEASE_BEFORE_STOP: Duration = Duration::from_secs(1_800);

/// Waited on top of the longest lease before an exclusive unit moves.
pub const LEASE_MARGIN: Duration = Duration::from_secs(2);

/// The first pause before a crashed container is started again; it doubles up to [`RESTART_BACKOFF_MAX`].
pub const RESTART_BACKOFF_MIN: Duration = Duration::from_millis(500);

/// The longest pause before a crashed container is started again.
pub const RESTART_BACKOFF_MAX: Duration = Duration::from_secs(60);

/// A container that ran this long starts its next back-off from the beginning.
pub const RESTART_BACKOFF_RESET: Duration = Duration::from_secs(60);

/// How long a container may take after its stop signal, unless its file says otherwise (Docker's default).
pub const STOP_GRACE_DEFAULT: Duration = Duration::from_secs(10);

/// Host ports handed out when a file asks for any: Rancher's `environment.services.port.range`.
pub const PORT_POOL: std::ops::RangeInclusive<u16> = 49_153..=65_535;

/// The address range of an environment's managed network unless it says otherwise.
pub const MANAGED_SUBNET: &str = "10.42.0.0/16";

/// An address given up is not given out again for this long.
pub const ADDRESS_QUARANTINE: Duration = Duration::from_secs(60);

/// Images that a host tells the platform of because no registry gave them. Each is some hundred bytes of the host's
/// document.
pub const LOCAL_IMAGES_MAX: usize = 64;

const _: () = assert!(PART_BYTES_MAX < COMMIT_BYTES_MAX);
const _: () = assert!(SUSPECT_AFTER.as_secs() >= 3 * HEARTBEAT_EVERY.as_secs());
const _: () = assert!(LOST_AFTER.as_secs() > SUSPECT_AFTER.as_secs());
