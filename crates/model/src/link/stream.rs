//! What is asked over a stream of the second socket: by a server, except for the agent's own certificate.
//!
//! A stream begins with one [`StreamRequest`]; then both sides send [`StreamFrame`]s until one closes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::view::{ContainerSample, HostSample};
use crate::{Name, UnitId};

/// What a stream is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamRequest {
    /// A container's output.
    Logs(LogsRequest),
    /// A program in a container.
    Exec(ExecRequest),
    /// One sample of a unit's resource use as JSON, or one a second.
    Stats {
        /// Which container.
        target: StreamTarget,
        /// Go on.
        follow: bool,
    },
    /// What the machine and these of its containers used of late: [`Metrics`] as JSON in `Output`.
    Metrics {
        /// The engine's ids of the containers.
        containers: Vec<String>,
    },
    /// A tar of images follows as `Input` frames; the engine's answers come back as `Output`.
    ImageLoad,
    /// An image as a tar. The first `Output` is an [`ImageSize`] as JSON, the tar follows in the others, `Exit(0)` ends it.
    ImageSave {
        /// Its reference, with tag.
        image: String,
    },
    /// Like `ImageLoad`, of one image from another host: units that wait for it say how far it is.
    ImageCopy {
        /// Its reference, with tag.
        image: String,
        /// The host it comes from, for people.
        from: String,
        /// About how many bytes it has; 0 is unknown.
        bytes: u64,
    },
    /// The engine's images, as JSON in `Output`.
    ImageList,
    /// The one that an agent opens: its next certificate, please. `Output` carries it as PEM. A server older than this
    /// resets the stream and goes on.
    Certificate {
        /// A request over a new key. Its names mean nothing: the certificate is for the host that this link is of.
        csr_pem: String,
    },
}

/// What a machine and its containers used of late, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// The machine.
    pub host: Vec<HostSample>,
    /// The containers that were asked for and are known, by the engine's ids.
    pub containers: BTreeMap<String, Vec<ContainerSample>>,
}

/// About how large an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageSize {
    /// Bytes of its layers.
    pub bytes: u64,
}

/// Which container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamTarget {
    /// The unit.
    pub unit: UnitId,
    /// The sidekick; none is the primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidekick: Option<Name>,
}

/// A container's output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogsRequest {
    /// Which container.
    pub target: StreamTarget,
    /// Go on as more is written.
    pub follow: bool,
    /// Lines from the end; none is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tail: Option<u64>,
    /// Not before this, seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
}

/// A program in a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExecRequest {
    /// Which container.
    pub target: StreamTarget,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// With a terminal of this many columns and rows; none is without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub terminal: Option<(u16, u16)>,
    /// With standard input.
    pub stdin: bool,
    /// As this user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// In this directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_dir: Option<String>,
    /// With these variables, `KEY=value`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
}

/// One frame of a stream after its request. The bytes of `Input`, `Output` and `Error` are opaque.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamFrame {
    /// To the program's standard input, or a piece of a tar. Empty is its end.
    Input(Vec<u8>),
    /// From standard output.
    Output(Vec<u8>),
    /// From standard error.
    Error(Vec<u8>),
    /// The terminal has another size: columns, rows.
    Resize(u16, u16),
    /// The program ended, with this exit code; last frame.
    Exit(i64),
    /// It could not be done; why, and what to do. Last frame.
    Failed(String),
}

/// The bytes are no frame of this protocol's version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a stream frame of {bytes} bytes and kind {kind:?} is unknown; are both sides of one version?")]
pub struct StreamFrameError {
    /// Its first byte.
    pub kind: Option<u8>,
    /// Its length.
    pub bytes: usize,
}

impl StreamFrame {
    const INPUT: u8 = 1;
    const OUTPUT: u8 = 2;
    const ERROR: u8 = 3;
    const RESIZE: u8 = 4;
    const EXIT: u8 = 5;
    const FAILED: u8 = 6;

    /// One byte for the kind, then the data as it is; numbers are big-endian.
    pub fn encode(&self) -> Vec<u8> {
        let with = |kind, data: &[u8]| [&[kind], data].concat();
        match self {
            Self::Input(data) => with(Self::INPUT, data),
            Self::Output(data) => with(Self::OUTPUT, data),
            Self::Error(data) => with(Self::ERROR, data),
            Self::Resize(columns, rows) => with(
                Self::RESIZE,
                &[columns.to_be_bytes(), rows.to_be_bytes()].concat(),
            ),
            Self::Exit(code) => with(Self::EXIT, &code.to_be_bytes()),
            Self::Failed(why) => with(Self::FAILED, why.as_bytes()),
        }
    }

    /// Reads what [`StreamFrame::encode`] wrote.
    pub fn decode(bytes: &[u8]) -> Result<Self, StreamFrameError> {
        let unknown = || StreamFrameError {
            kind: bytes.first().copied(),
            bytes: bytes.len(),
        };
        let (kind, data) = bytes.split_first().ok_or_else(unknown)?;
        match (*kind, data) {
            (Self::INPUT, data) => Ok(Self::Input(data.to_vec())),
            (Self::OUTPUT, data) => Ok(Self::Output(data.to_vec())),
            (Self::ERROR, data) => Ok(Self::Error(data.to_vec())),
            (Self::RESIZE, &[c0, c1, r0, r1]) => Ok(Self::Resize(
                u16::from_be_bytes([c0, c1]),
                u16::from_be_bytes([r0, r1]),
            )),
            (Self::EXIT, code) => {
                let code = code.try_into().map_err(|_| unknown())?;
                Ok(Self::Exit(i64::from_be_bytes(code)))
            }
            (Self::FAILED, why) => Ok(Self::Failed(String::from_utf8_lossy(why).into_owned())),
            _ => Err(unknown()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_an_error(bytes: Vec<u8>) {
            if let Ok(frame) = StreamFrame::decode(&bytes) {
                prop_assert_eq!(StreamFrame::decode(&frame.encode()), Ok(frame));
            }
        }
    }

    #[test]
    fn frames_round_trip() {
        for frame in [
            StreamFrame::Input(vec![]),
            StreamFrame::Output(vec![0, 255]),
            StreamFrame::Error(b"x".to_vec()),
            StreamFrame::Resize(80, 24),
            StreamFrame::Exit(-1),
            StreamFrame::Failed("no such program".to_owned()),
        ] {
            assert_eq!(StreamFrame::decode(&frame.encode()), Ok(frame));
        }
        assert!(StreamFrame::decode(&[]).is_err());
        assert!(StreamFrame::decode(&[9]).is_err());
    }
}
