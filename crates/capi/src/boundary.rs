//! Where the language changes: no panic gets past here.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fslaunch_os::resident;

use crate::status::Status;

/// Runs a function of the library and gives its status. A panic is a fault of
/// this library; the caller gets a status, not an unwinding stack that its
/// language does not know.
pub(crate) fn guarded(function: impl FnOnce() -> Result<(), Status>) -> i32 {
    resident::stay();
    // Nothing that a panic may have left half done is looked at again.
    let status = match catch_unwind(AssertUnwindSafe(function)) {
        Ok(Ok(())) => Status::SUCCESS,
        Ok(Err(status)) => status,
        Err(payload) => {
            // What was thrown may panic when it is dropped.
            std::mem::forget(payload);
            Status::UNSUCCESSFUL
        }
    };
    status.number()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Worse;

    impl Drop for Worse {
        fn drop(&mut self) {
            panic!("again");
        }
    }

    #[test]
    fn a_panic_becomes_a_status() {
        let unsuccessful = Status::UNSUCCESSFUL.number();
        assert_eq!(guarded(|| panic!("a fault")), unsuccessful);
        assert_eq!(guarded(|| std::panic::panic_any(Worse)), unsuccessful);
    }

    #[test]
    fn what_is_returned_is_the_status() {
        assert_eq!(guarded(|| Ok(())), 0);
        let refused = Status::ACCESS_DENIED;
        assert_eq!(guarded(|| Err(refused)), refused.number());
    }
}
