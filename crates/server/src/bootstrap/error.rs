use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use muster_model::document::DocumentError;
use muster_model::name::NameError;
use muster_model::net::SubnetError;
use muster_store::sqlite::OpenError;
use muster_store::{KeyError, StoreError};

use crate::logic::CoreError;

/// Why a server does not start. What it found is left as it was.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store in the data directory cannot be opened.
    #[error(transparent)]
    Store(OpenError),
    /// The store does not answer.
    #[error("the store was opened, but the platform's page cannot be read from it")]
    Read(#[source] StoreError),
    /// The store does not take the first documents.
    #[error("the store was opened, but nothing can be written to it")]
    Write(#[source] StoreError),
    /// A stored document is none of ours.
    #[error("the store was opened, but what is in it cannot be used")]
    Document(#[source] DocumentError),
    /// Keys, certificates or random numbers.
    #[error(transparent)]
    Trust(muster_trust::Error),
    /// A file of the data directory cannot be read or written.
    #[error("cannot {doing} `{}`: let this user read and write it, and see that the disk has space", path.display())]
    File {
        /// `read`, `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A private file that others can read.
    #[error("`{}` can be read by other users (mode {mode:04o}); run: chmod 600 {}", path.display(), path.display())]
    FileMode {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The platform exists, one of its files does not.
    #[error("`{}` is missing, and this platform cannot go on without it: restore it from a backup of the directory", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {help}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What to do.
        help: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The core cannot work with what is in the store.
    #[error("the store was opened, but the server cannot work with what is in it")]
    Halted(#[source] Arc<CoreError>),
    /// The core has not begun its work.
    #[error(
        "the store was opened, but its documents cannot be read or nothing can be written: see the messages before this one"
    )]
    NotReady,
    /// The process is ending.
    #[error("the start was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
    /// A constant of ours is not what it must be.
    #[error("this binary is broken; please report this as a bug")]
    Constant(#[source] Box<dyn std::error::Error + Send + Sync>),
}

macro_rules! constants {
    ($($error:ty),*) => {
        $(impl From<$error> for StartError {
            fn from(source: $error) -> Self {
                Self::Constant(Box::new(source))
            }
        })*
    };
}

constants!(KeyError, NameError, SubnetError);
