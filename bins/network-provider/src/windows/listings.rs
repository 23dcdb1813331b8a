//! Listings that callers have begun. What they hold is a number: nothing that
//! could be followed if it were wrong.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use windows_sys::Win32::Foundation::HANDLE;

use crate::enumeration::Enumeration;

struct Listings {
    last: usize,
    open: BTreeMap<usize, Enumeration>,
}

static LISTINGS: Mutex<Listings> = Mutex::new(Listings {
    last: 0,
    open: BTreeMap::new(),
});

fn listings() -> MutexGuard<'static, Listings> {
    LISTINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn add(listing: Enumeration) -> HANDLE {
    let mut listings = listings();
    // Neither 0 nor -1, which are no handles.
    let taken = |number: &usize| matches!(*number, 0 | usize::MAX);
    let mut number = listings.last.wrapping_add(1);
    while taken(&number) || listings.open.contains_key(&number) {
        number = number.wrapping_add(1);
    }
    listings.last = number;
    listings.open.insert(number, listing);
    ptr::without_provenance_mut(number)
}

/// Does something with a listing; `None` if there is none of that handle.
pub(super) fn with<T>(handle: HANDLE, act: impl FnOnce(&mut Enumeration) -> T) -> Option<T> {
    listings().open.get_mut(&handle.addr()).map(act)
}

/// Whether there was one.
pub(super) fn remove(handle: HANDLE) -> bool {
    listings().open.remove(&handle.addr()).is_some()
}
