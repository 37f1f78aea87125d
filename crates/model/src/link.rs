//! What server and agent say to each other.
//!
//! A session has two WebSockets. On *control* run [`FromAgent`] and [`ToAgent`]; on *streams* the server opens streams,
//! each begun by one [`StreamRequest`], and the agent one when its certificate is to be renewed. Within a session a prefix of the messages arrives, in order; across sessions an
//! old one's may come after the new one's, so every wish carries a generation and every table a revision.
//!
//! Versions: a server talks to agents one version older and newer. Fields are only added, with defaults.

mod assignment;
mod message;
mod stream;

pub use assignment::{
    ContainerAssignment, DeliveredBlob, NetworkAttachment, PullCredential, Table, TableDelta, UnitAssignment,
    VolumeAssignment,
};
pub use message::{FromAgent, Have, Heartbeat, HeartbeatAck, Hello, PROTOCOL, Progress, ToAgent, Welcome};
pub use stream::{
    ExecRequest, ImageSize, LogsRequest, Metrics, StreamFrame, StreamFrameError, StreamRequest, StreamTarget,
};
