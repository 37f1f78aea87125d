//! How many durable commits a second the SQLite store does, beside plain rusqlite on the same disk.
//!
//! Prints one JSON object a line: `{name, value, unit, peer, ratio, goal}`. The peer does the least one can: one table,
//! one upsert of a key and value as ours per commit, in transactions of as many commits as ours held on average, with
//! a write-ahead log and `synchronous=FULL` too. Keys come in no order; were they always written in the order of their
//! first insertion, the peer would touch few pages and be about twice as fast, the store as fast as before.
//! Rounds alternate; figures are medians.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run ends by a panic")]

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use muster_store::{Commit, Key, SqliteStore, Store};
use rusqlite::{Connection, params};

const WRITERS: usize = 64;
const KEYS: u64 = 6400;
const VALUE_BYTES: usize = 512;
static FILLING: LazyLock<String> = LazyLock::new(|| "x".repeat(VALUE_BYTES));
const ROUNDS: usize = 25;
const ROUND: Duration = Duration::from_millis(300);

fn main() {
    let parent = tempfile::Builder::new()
        .prefix("store-bench-")
        .tempdir_in(".")
        .unwrap();
    let directory = |name: &str| parent.path().join(name);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let store = Arc::new(SqliteStore::open(&directory("ours")).unwrap());
    std::fs::create_dir(directory("peer")).unwrap();
    let mut peer = Peer::open(&directory("peer").join("plain.db"));
    let done = Arc::new(AtomicUsize::new(0));
    let mut rounds = Vec::new();
    // The first round warms both up and is not counted.
    for _ in 0..=ROUNDS {
        let before = store.stats();
        let ours = runtime.block_on(commits_per_second(&store, &done));
        let after = store.stats();
        let batch =
            (after.commits - before.commits) as f64 / (after.transactions - before.transactions) as f64;
        let peer = peer.commits_per_second(batch.round() as usize);
        eprintln!("ours {ours:.0}/s in transactions of {batch:.1}, plain rusqlite {peer:.0}/s");
        rounds.push((ours, peer));
    }
    rounds.remove(0);
    let ours = median(rounds.iter().map(|(ours, _)| *ours));
    let peer = median(rounds.iter().map(|(_, peer)| *peer));
    let ratio = median(rounds.iter().map(|(ours, peer)| ours / peer));
    let print = |name: &str, peer: serde_json::Value, ratio: serde_json::Value, goal: &str| {
        let value = ours.round();
        println!(
            "{}",
            serde_json::json!({"name": name, "value": value, "unit": "commits/s", "peer": peer, "ratio": ratio, "goal": goal})
        );
    };
    print(
        "durable store commits at 64 writers",
        serde_json::Value::Null,
        serde_json::Value::Null,
        ">= 10000",
    );
    let ratio = (ratio * 1000.0).round() / 1000.0;
    print(
        "durable store commits against plain rusqlite",
        peer.round().into(),
        ratio.into(),
        ">= 0.8",
    );
}

/// Every writer commits one key after another, each when the last is acknowledged.
async fn commits_per_second(store: &Arc<SqliteStore>, done: &Arc<AtomicUsize>) -> f64 {
    let stop = Arc::new(AtomicBool::new(false));
    let (begun, before) = (Instant::now(), done.load(Ordering::Relaxed));
    let writer = |_| tokio::spawn(write(Arc::clone(store), Arc::clone(done), Arc::clone(&stop)));
    let writers: Vec<_> = (0..WRITERS).map(writer).collect();
    tokio::time::sleep(ROUND).await;
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    (done.load(Ordering::Relaxed) - before) as f64 / begun.elapsed().as_secs_f64()
}

async fn write(store: Arc<SqliteStore>, done: Arc<AtomicUsize>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let n = done.fetch_add(1, Ordering::Relaxed);
        let commit = Commit::new().put(Key::parse(&key(n)).unwrap(), Bytes::from(value(n)));
        store.commit(commit).await.unwrap();
    }
}

struct Peer {
    db: Connection,
    done: usize,
}

impl Peer {
    fn open(path: &Path) -> Self {
        let db = Connection::open(path).unwrap();
        db.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
            .unwrap();
        db.pragma_update(None, "synchronous", "FULL").unwrap();
        db.execute_batch("CREATE TABLE kv (key TEXT PRIMARY KEY, value TEXT NOT NULL)")
            .unwrap();
        Self { db, done: 0 }
    }

    fn commits_per_second(&mut self, batch: usize) -> f64 {
        let begun = Instant::now();
        let before = self.done;
        while begun.elapsed() < ROUND {
            let transaction = self.db.transaction().unwrap();
            for _ in 0..batch {
                let key = key(self.done);
                transaction
                    .prepare_cached(
                        "INSERT INTO kv VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                    )
                    .unwrap()
                    .execute(params![key, value(self.done)])
                    .unwrap();
                self.done += 1;
            }
            transaction.commit().unwrap();
        }
        (self.done - before) as f64 / begun.elapsed().as_secs_f64()
    }
}

/// The key of the `n`th commit: any, in no order, as documents change in real life (splitmix64's mixing).
fn key(n: usize) -> String {
    let n = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ n >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("observed/unit/{:06}", (n ^ n >> 31) % KEYS)
}

/// A document of [`VALUE_BYTES`] bytes, another one for each `n`: SQLite does not write what is already there.
fn value(n: usize) -> String {
    const START: &str = r#"{"v":1,"doc":{"text":""#;
    const END: &str = r#""}}"#;
    let digits = format!("{n:012}");
    [
        START,
        &digits,
        &FILLING[START.len() + digits.len() + END.len()..],
        END,
    ]
    .concat()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
