//! What comes through the Varlink endpoint: pieces of messages, and messages.
#![no_main]

use fslaunch_protocol::varlink::{self, Frames, Method};
use libfuzzer_sys::fuzz_target;

const LIMIT: usize = 4096;

fuzz_target!(|bytes: &[u8]| {
    let Some((&size, rest)) = bytes.split_first() else {
        return;
    };
    let mut frames = Frames::new(LIMIT);
    for piece in rest.chunks(usize::from(size).max(1)) {
        frames.push(piece);
        while let Ok(Some(message)) = frames.take() {
            assert!(message.len() <= LIMIT);
            let _ = varlink::decode(&message);
            for method in Method::ALL {
                let _ = varlink::decode_reply(method, &message);
            }
        }
    }
});
