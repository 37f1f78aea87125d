//! Values and ranges.

use super::{Factory, commit, key, keys, put, read};
use crate::{Commit, Range};

/// Values come back as they were: empty, text, every byte, zeroes inside text, half a mebibyte.
pub async fn values_are_any_bytes(factory: &dyn Factory) {
    let store = factory.create().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let values: Vec<Vec<u8>> = vec![
        vec![],
        br#"{"v":1,"doc":{"name":"h\u00e9"}}"#.to_vec(),
        "héllo".into(),
        every_byte.clone(),
        b"text\0with zero\0".to_vec(),
        b"42".to_vec(),
        vec![0; 10],
        every_byte.repeat(2048),
    ];
    for (n, value) in values.iter().enumerate() {
        commit(
            &*store,
            Commit::new().put(key(&format!("value/{n}")), value.clone()),
        )
        .await;
    }
    let mut watch = store.watch(Range::All, crate::Revision(0));
    let entries = read(&*store, Range::All).await.entries;
    assert_eq!(entries.len(), values.len());
    for (entry, value) in entries.iter().zip(&values) {
        assert_eq!(&entry.value, value);
        let batch = super::next(&mut watch).await;
        assert_eq!(batch.events, [crate::Event::Put(entry.clone())]);
    }
}

/// A folder has what is below it and none of its neighbours; entries come in the order of their keys.
pub async fn ranges_are_exact_and_ordered(factory: &dyn Factory) {
    let store = factory.create().await;
    for text in [
        "b", "a/bc", "a/b/y", "a", "a/b", "a/b/x/1", "a/b0", "a/b.c", "a/b/x", "A/b/x", "a/b-",
    ] {
        put(&*store, text, text).await;
    }
    assert_eq!(
        keys(&*store, Range::under("a/b").unwrap()).await,
        ["a/b/x", "a/b/x/1", "a/b/y"]
    );
    assert_eq!(keys(&*store, Range::One(key("a/b"))).await, ["a/b"]);
    assert_eq!(keys(&*store, Range::One(key("a/c"))).await, Vec::<String>::new());
    assert_eq!(
        keys(&*store, Range::under("nothing").unwrap()).await,
        Vec::<String>::new()
    );
    let all = [
        "A/b/x", "a", "a/b", "a/b-", "a/b.c", "a/b/x", "a/b/x/1", "a/b/y", "a/b0", "a/bc", "b",
    ];
    assert_eq!(keys(&*store, Range::All).await, all);
}
