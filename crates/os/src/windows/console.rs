//! Consoles, and the event that asks an instance to end.
//!
//! Instances that run as the launcher's own account share one hidden console, the launcher's;
//! each is in a process group of its own, so that an event reaches it alone. An instance that
//! runs as somebody else gets a console of its own, without a window: who shares a console can
//! send events to all that share it, and read and write what is in it. So do all instances of a
//! launcher that was started from a terminal: that one stays the user's and the launcher's.
//!
//! An event for a console that is not the launcher's is sent by a short-lived child, as a
//! process has one console only and must not leave its own.

#![allow(unsafe_code)]

mod errand;
mod hidden;
mod wine;

use std::io;
use std::os::windows::io::BorrowedHandle;

use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, GenerateConsoleCtrlEvent};
use windows_sys::Win32::System::Threading::{
    CREATE_NEW_PROCESS_GROUP, CREATE_NO_WINDOW, PROCESS_CREATION_FLAGS,
};

use super::process::Asked;
pub(super) use errand::run_if_asked;
#[cfg(test)]
pub(super) use errand::send_break as send_break_by_errand;
pub(super) use hidden::events_are_awaited;
pub(super) use wine::is_wine;

/// Which console an instance has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Console {
    /// The launcher's hidden one.
    Shared,
    /// Another.
    Own,
}

impl Console {
    /// The console of an instance that is going to be made. The first time, the launcher's own
    /// is.
    pub(super) fn of_instance(runs_as_launcher: bool) -> Console {
        match runs_as_launcher && hidden::is_there() {
            true => Console::Shared,
            false => Console::Own,
        }
    }

    /// What the process must be made with.
    pub(super) fn creation_flags(self) -> PROCESS_CREATION_FLAGS {
        let group = match is_wine() {
            // It sends no events to groups, and a process in one would ignore what is sent.
            true => 0,
            false => CREATE_NEW_PROCESS_GROUP,
        };
        match self {
            Console::Shared => group,
            Console::Own => group | CREATE_NO_WINDOW,
        }
    }
}

/// Sends CTRL-BREAK to a process and its group. For a console that is not the launcher's that is
/// done by a child, and the process is ended if it can't be done.
pub(super) fn send_break(
    process: BorrowedHandle<'_>,
    pid: u32,
    console: Console,
) -> io::Result<Asked> {
    if is_wine() {
        return wine::send_break(process).map(|()| Asked::well());
    }
    match console {
        Console::Shared => send_to_group(pid).map(|()| Asked::well()),
        Console::Own => errand::send_break(process.try_clone_to_owned()?, pid),
    }
}

/// To a group of the console that this process has.
fn send_to_group(group: u32) -> io::Result<()> {
    // SAFETY: takes values only. A group is never 0, which would mean all.
    super::raw::check(unsafe { GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, group) })
}
