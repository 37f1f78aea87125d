//! `kill -9` at random points: everything acknowledged is there, nothing half, in order.
//!
//! `MUSTER_CRASH_ROUNDS` asks for more rounds, `MUSTER_CRASH_SEED` for others.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::ChildStdout;
use std::sync::Arc;

use muster_store::{Commit, Key, Precondition, Range, RequestId, Revision, SqliteStore, Store};

use crate::{key, read_all, this_binary};

const WRITERS: usize = 8;
const ROUNDS: u64 = 30;

#[tokio::test]
async fn every_acknowledged_write_survives_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let number = |name: &str, default| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let mut random = Random(number("MUSTER_CRASH_SEED", 1));
    let mut acknowledged = BTreeMap::new();
    for round in 0..number("MUSTER_CRASH_ROUNDS", ROUNDS) {
        let patience = random.below(300);
        for (request, revision) in run_and_kill(directory.path(), round, patience) {
            let before = acknowledged.insert(request, revision);
            assert_eq!(before, None, "acknowledged twice");
        }
        check(directory.path(), &acknowledged, round).await;
    }
    assert!(
        acknowledged.len() > 100,
        "only {} writes: nothing was tested",
        acknowledged.len()
    );
}

/// Lets a child write and kills it after `patience` acknowledgements; returns all that it sent.
fn run_and_kill(directory: &Path, round: u64, patience: u64) -> Vec<(String, Revision)> {
    let mut child = this_binary("crash::child", &[])
        .env("MUSTER_TEST_CRASH", directory)
        .env("MUSTER_TEST_ROUND", round.to_string())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut seen = Vec::new();
    while (seen.len() as u64) < patience {
        let line =
            next_line(&mut lines).unwrap_or_else(|| panic!("the child ended by itself after {}", seen.len()));
        seen.extend(acknowledgement(&line));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What was still in the pipe was acknowledged too.
    while let Some(line) = next_line(&mut lines) {
        seen.extend(acknowledgement(&line));
    }
    seen
}

/// The next whole line; a torn last one was not sent.
fn next_line(lines: &mut BufReader<ChildStdout>) -> Option<String> {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    line.ends_with('\n').then(|| line.trim_end().to_owned())
}

fn acknowledgement(line: &str) -> Option<(String, Revision)> {
    let (request, revision) = line.strip_prefix("ack ")?.split_once(' ')?;
    Some((request.to_owned(), Revision(revision.parse().unwrap())))
}

async fn check(directory: &Path, acknowledged: &BTreeMap<String, Revision>, round: u64) {
    let store = SqliteStore::open(directory).unwrap();
    let all = read_all(&store).await;
    let found: BTreeMap<_, _> = all
        .entries
        .iter()
        .map(|entry| (entry.key.as_str(), entry))
        .collect();
    for (request, revision) in acknowledged {
        let entry = found
            .get(own(request).as_str())
            .unwrap_or_else(|| panic!("round {round}: {request} is lost"));
        assert_eq!(entry.modified, *revision, "round {round}: {request}");
        assert_eq!(entry.value, request.as_str());
        assert!(all.revision >= *revision);
    }
    for request in acknowledged.keys().rev().take(20) {
        let id = RequestId::parse(request).unwrap();
        assert_eq!(
            store.committed(id).await.unwrap(),
            acknowledged.get(request).copied()
        );
    }
    check_halves(&found);
    check_history(&store, all.revision).await;
}

/// Every commit wrote two keys: neither may be without the other, acknowledged or not.
fn check_halves(found: &BTreeMap<&str, &muster_store::Entry>) {
    for (text, entry) in found.iter().filter(|(text, _)| text.starts_with("own/")) {
        let twin = found.get(text.replacen("own/", "twin/", 1).as_str());
        assert!(
            twin.is_some_and(|twin| twin.modified == entry.modified),
            "{text} has no twin"
        );
    }
}

/// What is left of the history is in order and leads up to the present.
async fn check_history(store: &SqliteStore, last: Revision) {
    let counters = Range::One(key("counter"));
    let now = store.read(counters.clone()).await.unwrap().entries;
    let Some(now) = now.first().filter(|entry| entry.modified == last) else {
        return;
    };
    let mut watch = store.watch(counters, Revision(last.0.saturating_sub(5)));
    let mut before = Revision(0);
    while before < last {
        let batch = match watch.next().await {
            Ok(batch) => batch,
            Err(muster_store::WatchError::Compacted { .. }) => return,
            Err(error) => panic!("{error:?}"),
        };
        assert!(batch.revision > before);
        before = batch.revision;
    }
    assert_eq!(before, now.modified);
}

fn own(request: &str) -> String {
    format!("own/{request}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the child of the test above"]
async fn child() {
    let directory = std::env::var("MUSTER_TEST_CRASH").unwrap();
    let round = std::env::var("MUSTER_TEST_ROUND").unwrap();
    let store = Arc::new(SqliteStore::open(Path::new(&directory)).unwrap());
    // The harness's own line ends here.
    println!();
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| tokio::spawn(write(Arc::clone(&store), round.clone(), writer)))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Writes and acknowledges until it is killed.
async fn write(store: Arc<SqliteStore>, round: String, writer: usize) {
    for n in 0.. {
        let request = format!("{round}-{writer}-{n}");
        let twins = [own(&request), format!("twin/{request}")].map(|text| Key::parse(&text).unwrap());
        let [own, twin] = twins;
        let commit = Commit::new()
            .expect(Precondition::Absent(own.clone()))
            .put(own, request.clone())
            .put(twin, request.clone())
            .put(key("counter"), n.to_string())
            .request(RequestId::parse(&request).unwrap());
        let done = store.commit(commit).await.unwrap();
        let line = format!("ack {request} {}\n", done.revision);
        std::io::stdout().write_all(line.as_bytes()).unwrap();
        if writer == 0 && n % 50 == 49 {
            // Not so far that the requests of the last round are forgotten.
            store
                .compact(Revision(done.revision.0.saturating_sub(1000)))
                .await
                .unwrap();
        }
    }
}

/// Numbers that look random and are the same for the same seed (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let n = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ n >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (n ^ n >> 31) % bound
    }
}
