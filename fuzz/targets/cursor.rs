//! Any text as a page's cursor or a label selector, as they come in queries.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_server::api::{Cursor, Selector};

fuzz_target!(|text: &str| {
    if let Ok(cursor) = Cursor::parse(text) {
        assert_eq!(cursor.to_string(), text, "one text per cursor");
    }
    let _ = text.parse::<Selector>();
});
