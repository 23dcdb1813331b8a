//! Programs that run as an ordinary user: with the token of who starts them, in which being an
//! administrator counts for nothing, and without its privileges.

use std::ffi::OsStr;
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle};

use windows_sys::Win32::Security::{
    CreateRestrictedToken, CreateWellKnownSid, DISABLE_MAX_PRIVILEGE, SECURITY_MAX_SID_SIZE,
    SID_AND_ATTRIBUTES, TOKEN_ADJUST_DEFAULT, TOKEN_ASSIGN_PRIMARY, TOKEN_DUPLICATE, TOKEN_QUERY,
    WinBuiltinAdministratorsSid,
};
use windows_sys::Win32::System::Console::{
    GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CreateProcessAsUserW, GetExitCodeProcess, INFINITE, PROCESS_INFORMATION,
    ResumeThread, STARTF_USESTDHANDLES, STARTUPINFOW, WaitForSingleObject,
};

use super::super::raw::{check, owned, wide};
use super::own::own_token;

/// Runs a command line as an ordinary user, with the three standard handles of this process, and
/// gives its exit code. It ends with this process.
///
/// # Errors
/// When the system refuses it.
pub fn run_as_ordinary_user(command_line: &OsStr) -> io::Result<i32> {
    let job = job_that_ends_with_us()?;
    let token = ordinary_token()?;
    let (process, thread) = start_suspended(&token, command_line)?;
    // SAFETY: open handles of what was made right here, and a place for the exit code.
    unsafe {
        check(AssignProcessToJobObject(
            job.as_raw_handle(),
            process.as_raw_handle(),
        ))?;
        ResumeThread(thread.as_raw_handle());
        WaitForSingleObject(process.as_raw_handle(), INFINITE);
        let mut code = 0;
        check(GetExitCodeProcess(process.as_raw_handle(), &mut code))?;
        Ok(code.cast_signed())
    }
}

fn ordinary_token() -> io::Result<OwnedHandle> {
    let rights = TOKEN_DUPLICATE | TOKEN_ASSIGN_PRIMARY | TOKEN_QUERY | TOKEN_ADJUST_DEFAULT;
    let own = own_token(rights)?;
    let mut sid = [0_u64; SECURITY_MAX_SID_SIZE as usize / 8 + 1];
    let mut length = size_of_val(&sid) as u32;
    let mut token = std::ptr::null_mut();
    // SAFETY: a buffer of the length that is told, aligned for a SID, which the second call reads
    // while it lives; and a place for one handle.
    let made = unsafe {
        let administrators = sid.as_mut_ptr().cast();
        CreateWellKnownSid(
            WinBuiltinAdministratorsSid,
            std::ptr::null_mut(),
            administrators,
            &mut length,
        ) != 0
            && CreateRestrictedToken(
                own.as_raw_handle(),
                DISABLE_MAX_PRIVILEGE,
                1,
                &SID_AND_ATTRIBUTES {
                    Sid: administrators,
                    Attributes: 0,
                },
                0,
                std::ptr::null(),
                0,
                std::ptr::null(),
                &mut token,
            ) != 0
    };
    if !made {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was made right here, and nobody else has it.
    unsafe { owned(token) }
}

fn start_suspended(
    token: &OwnedHandle,
    command_line: &OsStr,
) -> io::Result<(OwnedHandle, OwnedHandle)> {
    let mut line = wide(command_line);
    // SAFETY: calls without pointers; the handles stay those of this process.
    let [input, output, error] = [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE]
        .map(|which| unsafe { GetStdHandle(which) });
    let startup = STARTUPINFOW {
        cb: size_of::<STARTUPINFOW>() as u32,
        dwFlags: STARTF_USESTDHANDLES,
        hStdInput: input,
        hStdOutput: output,
        hStdError: error,
        ..STARTUPINFOW::default()
    };
    let mut made = PROCESS_INFORMATION::default();
    // SAFETY: an open token; the line is ended by a NUL and may be written to; the rest lives.
    let started = unsafe {
        CreateProcessAsUserW(
            token.as_raw_handle(),
            std::ptr::null(),
            line.as_mut_ptr(),
            std::ptr::null(),
            std::ptr::null(),
            1,
            CREATE_SUSPENDED,
            std::ptr::null(),
            std::ptr::null(),
            &startup,
            &mut made,
        )
    };
    check(started)?;
    // SAFETY: the handles were made right here, and nobody else has them.
    unsafe { Ok((owned(made.hProcess)?, owned(made.hThread)?)) }
}

fn job_that_ends_with_us() -> io::Result<OwnedHandle> {
    // SAFETY: no attributes and no name; the handle is nobody else's.
    let job = unsafe { owned(CreateJobObjectW(std::ptr::null(), std::ptr::null())) }?;
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    // SAFETY: an open job, and limits of the length that is told.
    let set = unsafe {
        SetInformationJobObject(
            job.as_raw_handle(),
            JobObjectExtendedLimitInformation,
            (&raw const limits).cast(),
            size_of_val(&limits) as u32,
        )
    };
    check(set)?;
    Ok(job)
}
