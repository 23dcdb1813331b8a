//! What comes through the WinFsp pipe, in both directions.
#![no_main]

use fslaunch_protocol::winfsp::{self, Answer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = winfsp::decode(bytes) {
        let again = winfsp::encode(&message).expect("what was read can be written");
        assert_eq!(winfsp::decode(&again), Ok(message));
    }
    if let Ok(Answer::Success(data)) = winfsp::decode_reply(bytes) {
        let _ = data.instances();
        let _ = data.info();
    }
});
