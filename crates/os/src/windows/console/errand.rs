//! A child that goes to the console of an instance and sends an event there.

#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, OwnedHandle};
use std::ptr;
use std::time::Duration;

use windows_sys::Win32::Foundation::WAIT_OBJECT_0;
use windows_sys::Win32::System::Console::{AttachConsole, FreeConsole, SetConsoleCtrlHandler};
use windows_sys::Win32::System::Threading::{
    CreateProcessW, DETACHED_PROCESS, GetExitCodeProcess, PROCESS_INFORMATION, STARTUPINFOW,
    WaitForSingleObject,
};

use super::super::process::{self, Asked};
use super::super::raw::{check, owned, wide};

const ARGUMENT: &str = "--send-ctrl-break-to";
/// How long the child may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Starts the child from a thread that waits for it. The process is ended if the child fails.
pub(in crate::windows) fn send_break(target: OwnedHandle, pid: u32) -> io::Result<Asked> {
    let (asked, told) = Asked::later();
    let thread = std::thread::Builder::new().stack_size(128 * 1024);
    thread.spawn(move || {
        let Err(error) = send(pid) else { return };
        let error = match process::end(target.as_handle()) {
            Ok(()) => error,
            Err(end) => io::Error::other(format!("{error}; and it could not be ended: {end}")),
        };
        // Nobody has to be interested.
        let _ = told.send(error);
    })?;
    Ok(asked)
}

/// The process's handle is open meanwhile, so that its ID can't become another's.
fn send(pid: u32) -> io::Result<()> {
    let child = start(pid)?;
    // SAFETY: the handle is open.
    match unsafe { WaitForSingleObject(child.as_raw_handle(), PATIENCE.as_millis() as u32) } {
        WAIT_OBJECT_0 => {}
        _ => {
            process::end(child.as_handle())?;
            return Err(io::ErrorKind::TimedOut.into());
        }
    }
    let mut code = 0;
    // SAFETY: the handle is open, and the answer goes into a value of the right type.
    check(unsafe { GetExitCodeProcess(child.as_raw_handle(), &mut code) })?;
    match code {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code.cast_signed())),
    }
}

/// Starts this program, without a console and with nothing inherited.
fn start(pid: u32) -> io::Result<OwnedHandle> {
    let program = std::env::current_exe()?;
    let mut line = wide(format!("\"{}\" {ARGUMENT} {pid}", program.display()));
    let program = wide(&program);
    let startup = STARTUPINFOW {
        cb: size_of::<STARTUPINFOW>() as u32,
        ..Default::default()
    };
    let mut made = PROCESS_INFORMATION::default();
    // SAFETY: all texts end in NUL and live long enough; the line may be written to.
    check(unsafe {
        CreateProcessW(
            program.as_ptr(),
            line.as_mut_ptr(),
            ptr::null(),
            ptr::null(),
            0,
            DETACHED_PROCESS,
            ptr::null(),
            ptr::null(),
            &startup,
            &mut made,
        )
    })?;
    // SAFETY: both handles are new.
    let (process, _thread) = unsafe { (owned(made.hProcess)?, owned(made.hThread)?) };
    Ok(process)
}

/// Does the errand and ends, if this process is the child.
pub(in crate::windows) fn run_if_asked() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|first| first != ARGUMENT) {
        return;
    }
    let pid = arguments.next().and_then(|pid| pid.to_str()?.parse().ok());
    let done = match pid {
        Some(pid @ 1..) => deliver(pid),
        Some(0) | None => Err(io::ErrorKind::InvalidInput.into()),
    };
    let code = match done {
        Ok(()) => 0,
        Err(error) => error.raw_os_error().filter(|&code| code != 0).unwrap_or(1),
    };
    std::process::exit(code);
}

fn deliver(pid: u32) -> io::Result<()> {
    // SAFETY: takes nothing; that there is no console to leave is no error of ours.
    unsafe { FreeConsole() };
    // SAFETY: takes a value only.
    check(unsafe { AttachConsole(pid) })?;
    // SAFETY: no handler is given: events are ignored.
    check(unsafe { SetConsoleCtrlHandler(None, 1) })?;
    super::send_to_group(pid)
}
