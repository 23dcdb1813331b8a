//! The standard handles of a process, and the launcher's ends of them.

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::windows::io::OwnedHandle;
use std::ptr;

use tokio::net::windows::named_pipe::{NamedPipeServer, PipeMode, ServerOptions};
use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE};
use windows_sys::Win32::Storage::FileSystem::{
    CreateFileW, FILE_FLAG_FIRST_PIPE_INSTANCE, FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES,
    OPEN_EXISTING, PIPE_ACCESS_OUTBOUND, SECURITY_ANONYMOUS, SECURITY_SQOS_PRESENT,
};
use windows_sys::Win32::System::Pipes::{
    CreateNamedPipeW, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_WAIT,
};

use super::super::accounts;
use super::super::descriptor::Descriptor;
use super::super::plan::Plan;
use super::super::random;
use super::super::raw::{owned, wide};
use super::super::spawn_error::SpawnError;
use super::output::Output;

/// Both ends of each.
pub(super) struct Standard {
    pub(super) near: Near,
    pub(super) far: Far,
}

/// The launcher's ends.
pub(super) struct Near {
    /// Where the secret goes in.
    pub(super) stdin: Option<OwnedHandle>,
    pub(super) stdout: Output,
    /// `None` if it goes to a file, or to standard output.
    pub(super) stderr: Option<Output>,
}

/// The process's ends.
pub(super) struct Far {
    pub(super) stdin: OwnedHandle,
    pub(super) stdout: OwnedHandle,
    /// `None` if it is a file that is to be opened as the process's account.
    pub(super) stderr: Option<OwnedHandle>,
}

/// So much is taken from a process before it waits for the launcher to read.
const BUFFER: u32 = 16 << 10;

impl Standard {
    /// To be called within a runtime.
    pub(super) async fn open(plan: &Plan) -> Result<Standard, SpawnError> {
        let failed = |source| SpawnError::Launcher {
            action: "open the standard handles",
            source,
        };
        let (far_stdin, stdin) = input(plan.stdin).map_err(failed)?;
        let (stdout, far_stdout) = output().await.map_err(failed)?;
        let (stderr, far_stderr) = match plan.stderr_file {
            Some(_) => (None, None),
            None if plan.one_output => (None, Some(far_stdout.try_clone().map_err(failed)?)),
            None => {
                let (near, far) = output().await.map_err(failed)?;
                (Some(near), Some(far))
            }
        };
        Ok(Standard {
            near: Near {
                stdin,
                stdout,
                stderr,
            },
            far: Far {
                stdin: far_stdin,
                stdout: far_stdout,
                stderr: far_stderr,
            },
        })
    }
}

/// A process that has the server's end of a pipe may act as whoever writes into it, and would be
/// the launcher: so the launcher has that end itself, of all pipes.
fn input(piped: bool) -> io::Result<(OwnedHandle, Option<OwnedHandle>)> {
    if !piped {
        return Ok((File::open("NUL")?.into(), None));
    }
    let name = wide(name()?);
    let descriptor = own_descriptor()?;
    // SAFETY: the name ends in NUL, the descriptor is there for the call, and the handle is new.
    let near = unsafe {
        owned(CreateNamedPipeW(
            name.as_ptr(),
            PIPE_ACCESS_OUTBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE,
            PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS,
            1,
            BUFFER,
            0,
            0,
            &descriptor.attributes(),
        ))?
    };
    Ok((
        far_end(&name, GENERIC_READ | FILE_WRITE_ATTRIBUTES)?,
        Some(near),
    ))
}

async fn output() -> io::Result<(Output, OwnedHandle)> {
    let (near, far) = output_pipe()?;
    // It is connected: this only begins to read.
    near.connect().await?;
    Ok((Output(near), far))
}

/// A pipe that the launcher reads without blocking.
fn output_pipe() -> io::Result<(NamedPipeServer, OwnedHandle)> {
    let name = name()?;
    let descriptor = own_descriptor()?;
    let mut options = ServerOptions::new();
    options
        .access_inbound(true)
        .access_outbound(false)
        .first_pipe_instance(true)
        .reject_remote_clients(true)
        .max_instances(1)
        .pipe_mode(PipeMode::Byte)
        .in_buffer_size(BUFFER);
    let mut attributes = descriptor.attributes();
    let attributes = (&raw mut attributes).cast();
    // SAFETY: the attributes are valid for the call, and so is the descriptor in them.
    let near = unsafe { options.create_with_security_attributes_raw(&name, attributes)? };
    let far = far_end(&wide(name), GENERIC_WRITE | FILE_READ_ATTRIBUTES)?;
    Ok((near, far))
}

/// Such a pipe must have a name: one that nobody can guess, of a pipe with one instance, which is
/// taken before the name is of any use, and which nobody but the launcher's account could open.
fn name() -> io::Result<String> {
    let [a, b] = [random::random_u64()?, random::random_u64()?];
    Ok(format!(r"\\.\pipe\fslaunch-instance-{a:016x}{b:016x}"))
}

fn own_descriptor() -> io::Result<Descriptor> {
    Descriptor::parse(&format!("D:P(A;;GA;;;{})", accounts::own_sid()?))
}

/// The end of a pipe that a process gets. The name ends in NUL.
fn far_end(name: &[u16], access: u32) -> io::Result<OwnedHandle> {
    // SAFETY: the name ends in NUL; the handle is new.
    unsafe {
        owned(CreateFileW(
            name.as_ptr(),
            access,
            0,
            ptr::null(),
            OPEN_EXISTING,
            SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS,
            ptr::null_mut(),
        ))
    }
}
