//! Files of the registry editor.
#![no_main]

use fslaunch_core::record::Import;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = Import::parse(bytes);
});
