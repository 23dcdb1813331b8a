//! Makes a process. All of it may block.

#![allow(unsafe_code)]

use std::io;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::ptr;

use windows_sys::Win32::Foundation::{
    ERROR_INTERNAL_ERROR, HANDLE_FLAG_INHERIT, SetHandleInformation,
};
use windows_sys::Win32::System::Threading::{
    CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessAsUserW, CreateProcessW,
    EXTENDED_STARTUPINFO_PRESENT, PROCESS_CREATION_FLAGS, PROCESS_INFORMATION, ResumeThread,
    STARTF_USESHOWWINDOW, STARTF_USESTDHANDLES, STARTUPINFOEXW, STARTUPINFOW,
};
use windows_sys::Win32::UI::WindowsAndMessaging::SW_HIDE;

use super::super::console::{Console, is_wine};
use super::super::job::{Job, make_outliving};
use super::super::plan::Plan;
use super::super::raw::{check, owned, wide};
use super::super::spawn_error::SpawnError;
use super::attributes::Attributes;
use super::standard::Far;
use super::stderr;

/// A process that does not run yet. Its job ends it when this is dropped.
pub(super) struct Made {
    pub(super) pid: u32,
    pub(super) process: OwnedHandle,
    pub(super) thread: OwnedHandle,
    pub(super) job: Job,
    pub(super) console: Console,
}

/// Makes the process that the plan describes, suspended.
pub(super) fn create(plan: &Plan, far: Far) -> Result<Made, SpawnError> {
    let job = Job::create().map_err(|source| SpawnError::Job { source })?;
    let stderr = match (far.stderr, &plan.stderr_file) {
        (Some(stderr), _) => stderr,
        (None, Some(path)) => {
            stderr::open(path, plan.account.as_ref()).map_err(|source| SpawnError::StderrFile {
                path: path.clone(),
                source,
            })?
        }
        (None, None) => unreachable!("the launcher has the other end unless there is a file"),
    };
    let console = Console::of_instance(plan.account.is_none());
    let standard = [far.stdin, far.stdout, stderr];
    let standard = standard.each_ref().map(|handle| handle.as_handle());
    for handle in standard {
        inheritable(handle).map_err(|source| SpawnError::Launcher {
            action: "make the standard handles inheritable",
            source,
        })?;
    }
    let start = || {
        make_outliving(!plan.die_with_launcher, |flags| {
            start(plan, &standard, &job, console, flags)
        })
    };
    let made = match start() {
        // It does that once in many hundred times, for no reason.
        Err(e) if is_wine() && e.raw_os_error() == Some(ERROR_INTERNAL_ERROR as i32) => start(),
        other => other,
    };
    let (pid, process, thread) = made.map_err(|e| SpawnError::from_create(plan, e))?;
    Ok(Made {
        pid,
        process,
        thread,
        job,
        console,
    })
}

/// Lets a process run that was made.
pub(super) fn resume(thread: &OwnedHandle) -> io::Result<()> {
    // SAFETY: the handle is open.
    match unsafe { ResumeThread(thread.as_raw_handle()) } {
        u32::MAX => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

/// By those only that are made with a list of what they inherit, as all are here.
fn inheritable(handle: BorrowedHandle<'_>) -> io::Result<()> {
    // SAFETY: the handle is open.
    check(unsafe {
        SetHandleInformation(
            handle.as_raw_handle(),
            HANDLE_FLAG_INHERIT,
            HANDLE_FLAG_INHERIT,
        )
    })
}

fn start(
    plan: &Plan,
    standard: &[BorrowedHandle<'_>; 3],
    job: &Job,
    console: Console,
    more: PROCESS_CREATION_FLAGS,
) -> io::Result<(u32, OwnedHandle, OwnedHandle)> {
    let job = [job.as_handle()];
    let mut attributes = Attributes::new(standard, &job)?;
    let executable = wide(&plan.executable);
    let mut line = wide(plan.arguments.text());
    let directory = wide(&plan.work_directory);
    let environment = environment(&plan.environment);
    let mut desktop = [0];
    let [stdin, stdout, stderr] = standard.map(|handle| handle.as_raw_handle());
    let startup = STARTUPINFOEXW {
        StartupInfo: STARTUPINFOW {
            cb: size_of::<STARTUPINFOEXW>() as u32,
            dwFlags: STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW,
            wShowWindow: SW_HIDE as u16,
            hStdInput: stdin,
            hStdOutput: stdout,
            hStdError: stderr,
            // Another account can't use the launcher's desktop: an empty name gets it one that
            // it can.
            lpDesktop: match plan.account {
                Some(_) => desktop.as_mut_ptr(),
                None => ptr::null_mut(),
            },
            ..Default::default()
        },
        lpAttributeList: attributes.pointer(),
    };
    let flags = more
        | CREATE_SUSPENDED
        | CREATE_UNICODE_ENVIRONMENT
        | EXTENDED_STARTUPINFO_PRESENT
        | console.creation_flags();
    let mut made = PROCESS_INFORMATION::default();
    let (no_attributes, inherit) = (ptr::null(), 1);
    // SAFETY: all texts and lists are ended and live until after the call, the command line may
    // be written to, and the size says that the structure is the extended one.
    check(unsafe {
        match &plan.account {
            None => CreateProcessW(
                executable.as_ptr(),
                line.as_mut_ptr(),
                no_attributes,
                no_attributes,
                inherit,
                flags,
                environment.as_ptr().cast(),
                directory.as_ptr(),
                &startup.StartupInfo,
                &mut made,
            ),
            Some(account) => CreateProcessAsUserW(
                account.as_handle().as_raw_handle(),
                executable.as_ptr(),
                line.as_mut_ptr(),
                no_attributes,
                no_attributes,
                inherit,
                flags,
                environment.as_ptr().cast(),
                directory.as_ptr(),
                &startup.StartupInfo,
                &mut made,
            ),
        }
    })?;
    // SAFETY: both handles are new.
    let (process, thread) = unsafe { (owned(made.hProcess)?, owned(made.hThread)?) };
    Ok((made.dwProcessId, process, thread))
}

/// Each variable with a NUL at its end, sorted by name without regard to case, and a NUL.
fn environment(variables: &[(String, String)]) -> Vec<u16> {
    let mut sorted: Vec<_> = variables.iter().collect();
    sorted.sort_by_cached_key(|(name, _)| name.to_uppercase());
    let mut block: Vec<u16> = sorted
        .into_iter()
        .flat_map(|(name, value)| wide(format!("{name}={value}")))
        .collect();
    if block.is_empty() {
        block.push(0);
    }
    block.push(0);
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_is_sorted_and_ended_twice() {
        let variables = [("b", "2"), ("A", ""), ("C", "x=y")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let text = String::from_utf16(&environment(&variables)).unwrap();
        assert_eq!(text, "A=\0b=2\0C=x=y\0\0");
        assert_eq!(environment(&[]), [0, 0]);
    }
}
