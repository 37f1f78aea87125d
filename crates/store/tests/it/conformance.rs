//! The suite over the stores of this crate.

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use muster_store::conformance::Factory;
use muster_store::{MemoryStore, SqliteStore, Store};
use tempfile::TempDir;

struct Memory;

impl Factory for Memory {
    fn create(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        Box::pin(async { Arc::new(MemoryStore::new()) as Arc<dyn Store> })
    }

    fn reopen(&self, _: Arc<dyn Store>) -> BoxFuture<'_, Option<Arc<dyn Store>>> {
        Box::pin(async { None })
    }
}

/// The directory of the store made last.
#[derive(Default)]
struct Sqlite(Mutex<Option<TempDir>>);

impl Sqlite {
    fn open(&self) -> Arc<dyn Store> {
        let mut directory = self.0.lock().unwrap();
        let directory = directory.get_or_insert_with(|| tempfile::tempdir().unwrap());
        Arc::new(SqliteStore::open(directory.path()).unwrap())
    }
}

impl Factory for Sqlite {
    fn create(&self) -> BoxFuture<'_, Arc<dyn Store>> {
        *self.0.lock().unwrap() = None;
        Box::pin(async { self.open() })
    }

    fn reopen(&self, store: Arc<dyn Store>) -> BoxFuture<'_, Option<Arc<dyn Store>>> {
        assert_eq!(
            Arc::strong_count(&store),
            1,
            "another handle keeps the store open"
        );
        drop(store);
        Box::pin(async { Some(self.open()) })
    }
}

mod memory {
    muster_store::conformance_tests!(super::Memory);
}

mod sqlite {
    muster_store::conformance_tests!(super::Sqlite::default());
}
