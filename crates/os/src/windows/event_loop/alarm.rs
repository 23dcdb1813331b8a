//! What the thread of the launcher waits for.
#![allow(unsafe_code)]

use std::{
    io,
    os::windows::io::{AsRawHandle, OwnedHandle},
    ptr,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::Wake,
    time::Instant,
};

use windows_sys::Win32::{
    Foundation::{HANDLE, WAIT_FAILED},
    System::Threading::{CreateEventW, INFINITE, SetEvent, WaitForSingleObject},
};

use super::super::raw::{milliseconds, owned};

/// Nobody waits, and there is nothing to wake for.
const QUIET: u8 = 0;
/// The thread waits, or is about to.
const ASLEEP: u8 = 1;
/// The thread must look at its tasks.
const RUNG: u8 = 2;

/// An event, and whether tasks were woken. The event alone does not say that: operations of the
/// thread set it as well, and each that begins clears it.
///
/// Other threads set the event only if the thread sleeps. The event may be set too late for that
/// sleep, or be cleared: that the alarm was rung is looked at before each wait, and never lost. A
/// thread that is awake is told at no cost.
#[derive(Debug)]
pub(in crate::windows) struct Alarm {
    event: OwnedHandle,
    state: AtomicU8,
}

impl Alarm {
    pub(in crate::windows) fn new() -> io::Result<Self> {
        // SAFETY: null pointers stand for no name and the usual security. The event clears
        // itself when it has ended a wait, and the handle is new.
        let event = unsafe { owned(CreateEventW(ptr::null(), 0, 0, ptr::null())) }?;
        Ok(Self {
            event,
            state: AtomicU8::new(QUIET),
        })
    }

    /// The event, for operations to set; for as long as `self` is there.
    pub(in crate::windows) fn event(&self) -> HANDLE {
        self.event.as_raw_handle()
    }

    /// Has the thread look at its tasks.
    pub(in crate::windows) fn ring(&self) {
        if self.state.swap(RUNG, Ordering::AcqRel) == ASLEEP {
            // SAFETY: the event is open.
            unsafe { SetEvent(self.event()) };
        }
    }

    /// Whether there is something to be done about tasks. From here on there is not.
    pub(super) fn was_rung(&self) -> bool {
        self.state.swap(QUIET, Ordering::AcqRel) == RUNG
    }

    /// Waits until the event is set, or tasks are to be looked at, or it is too late. It may
    /// return for no reason.
    pub(super) fn wait(&self, deadline: Option<Instant>) {
        let state = &self.state;
        let asleep = state.compare_exchange(QUIET, ASLEEP, Ordering::AcqRel, Ordering::Acquire);
        if asleep.is_ok() {
            self.wait_for_event(deadline);
            // Unless it was rung meanwhile.
            let _ = state.compare_exchange(ASLEEP, QUIET, Ordering::AcqRel, Ordering::Acquire);
        }
    }

    /// Waits for the event alone.
    pub(in crate::windows) fn wait_for_event(&self, deadline: Option<Instant>) {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let left = left.map_or(INFINITE, milliseconds);
        // SAFETY: the event is open.
        let waited = unsafe { WaitForSingleObject(self.event(), left) };
        // The handle is an event's, and open: nothing else can be wrong with it.
        assert_ne!(waited, WAIT_FAILED, "an event can't be waited for");
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}
