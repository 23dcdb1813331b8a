//! Where the language changes: no panic gets past here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::words;
use crate::failure::{Failure, code};

/// A fault of this library: `ERROR_UNEXP_NET_ERR`.
const FAULT: u32 = 59;

/// Runs a function of the library and gives its code; the words of its failure
/// are set for who asks `WNetGetLastError`.
pub(super) fn guarded(function: impl FnOnce() -> Result<(), Failure>) -> u32 {
    // Nothing that a panic may have left half done is looked at again.
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let outcome = function();
        if let Err(Failure::Words { cause, words }) = &outcome {
            words::set(*cause, words);
        }
        outcome
    }));
    match outcome {
        Ok(Ok(())) => code::SUCCESS,
        Ok(Err(failure)) => failure.code(),
        Err(payload) => {
            // What was thrown may panic when it is dropped.
            std::mem::forget(payload);
            FAULT
        }
    }
}
