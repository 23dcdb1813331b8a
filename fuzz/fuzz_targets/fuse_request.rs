//! Requests of the kernel, as MEMFS reads them.
#![no_main]
#![allow(dead_code)]

#[path = "../../samples/memfs/src/fuse/wire/mod.rs"]
mod wire;

use libfuzzer_sys::fuzz_target;
use wire::request::{Header, Operation, pairs};

fuzz_target!(|bytes: &[u8]| {
    if let Ok((header, rest)) = Header::read(bytes) {
        let _ = Operation::read(header.opcode, rest);
    }
    // Also without a whole header.
    if let Some((first, rest)) = bytes.split_first()
        && let Ok(Operation::BatchForget { pairs: list }) = Operation::read((*first).into(), rest)
    {
        assert_eq!(pairs(list).count(), list.len() / 16);
    }
});
