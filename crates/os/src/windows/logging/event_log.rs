//! The event log of Windows.
#![allow(unsafe_code)]

use std::{
    io::{self, Write},
    ptr,
    sync::Arc,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;
use windows_sys::Win32::{
    Foundation::HANDLE,
    System::EventLog::{
        DeregisterEventSource, EVENTLOG_ERROR_TYPE, EVENTLOG_INFORMATION_TYPE,
        EVENTLOG_WARNING_TYPE, REPORT_EVENT_TYPE, RegisterEventSourceW, ReportEventW,
    },
};

use super::line::line;
use crate::windows::raw::wide;

/// The number of every event: the template that shows it is its text.
const EVENT: u32 = 1;

/// The most UTF-16 units of one text of an event.
const MOST: usize = 31_839;

/// A source of events.
#[derive(Debug, Clone)]
pub(super) struct EventLog(Arc<Source>);

#[derive(Debug)]
struct Source(HANDLE);

// SAFETY: the event log takes a source's handle on any thread.
unsafe impl Send for Source {}
// SAFETY: and on several at once.
unsafe impl Sync for Source {}

impl Drop for Source {
    fn drop(&mut self) {
        // SAFETY: it is open, ours, and used no more.
        unsafe { DeregisterEventSource(self.0) };
    }
}

impl EventLog {
    pub(super) fn open(source: &str) -> io::Result<EventLog> {
        let source = wide(source);
        // SAFETY: the name ends with a NUL; no server means this one.
        let handle = unsafe { RegisterEventSourceW(ptr::null(), source.as_ptr()) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        Ok(EventLog(Arc::new(Source(handle))))
    }
}

impl<'a> MakeWriter<'a> for EventLog {
    type Writer = Event;

    fn make_writer(&'a self) -> Event {
        Event {
            log: self.clone(),
            kind: EVENTLOG_INFORMATION_TYPE,
        }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Event {
        Event {
            log: self.clone(),
            kind: kind(*about.level()),
        }
    }
}

fn kind(level: Level) -> REPORT_EVENT_TYPE {
    match level {
        Level::ERROR => EVENTLOG_ERROR_TYPE,
        Level::WARN => EVENTLOG_WARNING_TYPE,
        _ => EVENTLOG_INFORMATION_TYPE,
    }
}

/// Where one event is written.
pub(super) struct Event {
    log: EventLog,
    kind: REPORT_EVENT_TYPE,
}

impl Write for Event {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text: Vec<u16> = line(bytes).encode_utf16().take(MOST).chain([0]).collect();
        let texts = [text.as_ptr()];
        // SAFETY: one text with a NUL at its end; the source is open.
        unsafe {
            ReportEventW(
                self.log.0.0,
                self.kind,
                0,
                EVENT,
                ptr::null_mut(),
                1,
                0,
                texts.as_ptr(),
                ptr::null(),
            )
        };
        // A full event log must not keep the daemon from its work.
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_warnings_are_told_apart() {
        assert_eq!(kind(Level::ERROR), EVENTLOG_ERROR_TYPE);
        assert_eq!(kind(Level::WARN), EVENTLOG_WARNING_TYPE);
        assert_eq!(kind(Level::INFO), EVENTLOG_INFORMATION_TYPE);
    }

    #[test]
    fn the_event_log_takes_an_event() {
        let log = EventLog::open("fslaunchd-test").unwrap();
        log.make_writer()
            .write_all(b"a test of fslaunch\n")
            .unwrap();
    }
}
