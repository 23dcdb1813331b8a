//! Keeps the output of a process open beyond the launcher's life.

#![allow(unsafe_code)]

mod drain;

use std::fmt::Write;
use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::ptr;

use tokio::net::windows::named_pipe::NamedPipeServer;
use windows_sys::Win32::Foundation::{DUPLICATE_SAME_ACCESS, DuplicateHandle};
use windows_sys::Win32::System::Pipes::CreatePipe;
use windows_sys::Win32::System::Threading::{
    CreateProcessW, DETACHED_PROCESS, EXTENDED_STARTUPINFO_PRESENT, GetCurrentProcess,
    PROCESS_CREATION_FLAGS, PROCESS_INFORMATION, STARTF_USESTDHANDLES, STARTUPINFOEXW,
    STARTUPINFOW,
};

use super::super::job::make_outliving;
use super::super::raw::{check, owned, wide};
use super::attributes::Attributes;
use super::output::Output;
pub(in crate::windows) use drain::run_if_asked;

/// The argument that makes this program a keeper; the handles follow.
const ARGUMENT: &str = "--keep-output";

/// A child that has the launcher's ends of a process's output too, so that a process which
/// outlives the launcher can go on writing: what it writes then is read and thrown away. Without
/// it every write would be an error, which programs take for a reason to end. The same begins
/// when this is dropped, so drop it only when its output was read to its end: then the child
/// ends.
#[derive(Debug)]
pub struct Keeper {
    /// Its end is what the child waits for; nothing is ever written.
    _waited_for: OwnedHandle,
}

impl Keeper {
    /// Starts the child. Blocks for as long as it takes to make a process.
    pub(super) fn start(outputs: &[OwnedHandle]) -> io::Result<Keeper> {
        let (mut read, mut write) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: both answers go into values of the right type.
        check(unsafe { CreatePipe(&mut read, &mut write, ptr::null(), 0) })?;
        // SAFETY: both are new.
        let (read, write) = unsafe { (owned(read)?, owned(write)?) };
        let stdin = inheritable(read.as_handle())?;
        make_outliving(true, |flags| start(&stdin, outputs, flags))?;
        Ok(Keeper { _waited_for: write })
    }
}

/// What a keeper inherits of an output.
pub(super) fn share(output: &Output) -> io::Result<OwnedHandle> {
    inheritable(handle(&output.0))
}

fn handle(pipe: &NamedPipeServer) -> BorrowedHandle<'_> {
    // SAFETY: the handle is open for as long as the pipe is borrowed.
    unsafe { BorrowedHandle::borrow_raw(pipe.as_raw_handle()) }
}

/// A duplicate that is: the launcher's own handle never can be inherited.
fn inheritable(handle: BorrowedHandle<'_>) -> io::Result<OwnedHandle> {
    let mut made = ptr::null_mut();
    // SAFETY: the handle is open, this process is the owner of both, and the answer goes into a
    // value of the right type.
    unsafe {
        let own = GetCurrentProcess();
        check(DuplicateHandle(
            own,
            handle.as_raw_handle(),
            own,
            &mut made,
            0,
            1,
            DUPLICATE_SAME_ACCESS,
        ))?;
        owned(made)
    }
}

/// Starts this program without a console: no event that is meant for others reaches it.
fn start(
    stdin: &OwnedHandle,
    outputs: &[OwnedHandle],
    flags: PROCESS_CREATION_FLAGS,
) -> io::Result<()> {
    let program = std::env::current_exe()?;
    let mut line = format!("\"{}\" {ARGUMENT}", program.display());
    for output in outputs {
        let _ = write!(line, " {}", output.as_raw_handle().addr());
    }
    let (program, mut line) = (wide(&program), wide(line));
    let inherited: Vec<BorrowedHandle<'_>> = std::iter::once(stdin)
        .chain(outputs)
        .map(AsHandle::as_handle)
        .collect();
    let mut attributes = Attributes::new(&inherited, &[])?;
    let startup = STARTUPINFOEXW {
        StartupInfo: STARTUPINFOW {
            cb: size_of::<STARTUPINFOEXW>() as u32,
            dwFlags: STARTF_USESTDHANDLES,
            hStdInput: stdin.as_raw_handle(),
            ..Default::default()
        },
        lpAttributeList: attributes.pointer(),
    };
    let mut made = PROCESS_INFORMATION::default();
    // SAFETY: all texts end in NUL and live long enough, as does the list; the line may be
    // written to, and the size says that the structure is the extended one.
    check(unsafe {
        CreateProcessW(
            program.as_ptr(),
            line.as_mut_ptr(),
            ptr::null(),
            ptr::null(),
            1,
            DETACHED_PROCESS | EXTENDED_STARTUPINFO_PRESENT | flags,
            ptr::null(),
            ptr::null(),
            &startup.StartupInfo,
            &mut made,
        )
    })?;
    // SAFETY: both handles are new. Nobody waits for its end.
    unsafe { (owned(made.hProcess)?, owned(made.hThread)?) };
    Ok(())
}
