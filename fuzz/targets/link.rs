//! Any bytes as what a peer sends: control messages and stream frames.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_model::link::{FromAgent, StreamFrame, StreamRequest, ToAgent};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = serde_json::from_slice::<FromAgent>(bytes) {
        let text = serde_json::to_vec(&message).expect("what was read can be written");
        assert_eq!(serde_json::from_slice::<FromAgent>(&text).expect("and read again"), message);
    }
    if let Ok(message) = serde_json::from_slice::<ToAgent>(bytes) {
        let text = serde_json::to_vec(&message).expect("what was read can be written");
        assert_eq!(serde_json::from_slice::<ToAgent>(&text).expect("and read again"), message);
    }
    let _ = serde_json::from_slice::<StreamRequest>(bytes);
    if let Ok(frame) = StreamFrame::decode(bytes) {
        assert_eq!(StreamFrame::decode(&frame.encode()), Ok(frame));
    }
});
