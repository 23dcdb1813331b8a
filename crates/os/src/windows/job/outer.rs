//! The job that the launcher itself is in: that of a session over SSH, of a continuous
//! integration, of a service manager of somebody else's.

#![allow(unsafe_code)]

use std::io;
use std::ptr;
use std::sync::Once;

use windows_sys::Win32::System::JobObjects::{
    IsProcessInJob, JOB_OBJECT_LIMIT, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, QueryInformationJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_BREAKAWAY_FROM_JOB, GetCurrentProcess, PROCESS_CREATION_FLAGS,
};

use super::super::raw::check;

/// Has `make` make a process with the flags that it is given: those that let it leave the job of
/// the launcher, if it is to outlive that, and the job lets it.
pub(in crate::windows) fn make<T>(
    outlives: bool,
    mut make: impl FnMut(PROCESS_CREATION_FLAGS) -> io::Result<T>,
) -> io::Result<T> {
    if !outlives || !is_in_job()? {
        return make(0);
    }
    // The job's limits would not tell: those around it can't be looked at, and may let nothing
    // leave either. What else is wrong is wrong the second time too.
    make(CREATE_BREAKAWAY_FROM_JOB).or_else(|_| {
        let made = make(0)?;
        say_that_it_is_held();
        Ok(made)
    })
}

fn say_that_it_is_held() {
    static SAID: Once = Once::new();
    match limits() {
        Ok(limits) if holds(limits) => SAID.call_once(|| {
            tracing::warn!(
                "the launcher is in a job that ends all its processes and lets none leave: \
                 instances without job control end with it"
            );
        }),
        Ok(_) => {}
        Err(error) => {
            tracing::warn!(%error, "failed to look at the job that the launcher is in");
        }
    }
}

fn holds(limits: JOB_OBJECT_LIMIT) -> bool {
    limits & JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE != 0
        && limits & JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK == 0
}

fn is_in_job() -> io::Result<bool> {
    let mut inside = 0;
    // SAFETY: takes a handle that is always there, and the answer goes into a value of its type.
    check(unsafe { IsProcessInJob(GetCurrentProcess(), ptr::null_mut(), &mut inside) })?;
    Ok(inside != 0)
}

/// Of the innermost job that this process is in. Wine tells of none.
fn limits() -> io::Result<JOB_OBJECT_LIMIT> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    // SAFETY: no handle stands for the job of this process; the structure is the one that the
    // class asks for, and of that size.
    check(unsafe {
        QueryInformationJobObject(
            ptr::null_mut(),
            JobObjectExtendedLimitInformation,
            (&raw mut limits).cast(),
            size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>() as u32,
            ptr::null_mut(),
        )
    })?;
    Ok(limits.BasicLimitInformation.LimitFlags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_holds_what_it_ends_unless_all_leave_it_anyway() {
        const KILL: JOB_OBJECT_LIMIT = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
        assert!(holds(KILL));
        assert!(!holds(0));
        assert!(!holds(KILL | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK));
    }

    #[test]
    fn a_process_that_is_to_end_with_the_launcher_is_made_once_and_as_it_is() {
        let mut flags = vec![];
        let failed = make(false, |given| -> io::Result<()> {
            flags.push(given);
            Err(io::ErrorKind::NotFound.into())
        });
        assert!(failed.is_err());
        assert_eq!(flags, [0]);
    }
}
