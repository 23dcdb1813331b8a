//! The processes of an instance: a job object, so that all of them can be found and ended,
//! whatever they start.
//!
//! A job has no name: the system forgets one with the last handle, which is the launcher's, and
//! nobody else needs to find it.

#![allow(unsafe_code)]

mod outer;

use std::io;
use std::mem;
use std::os::windows::io::{AsHandle, AsRawHandle, BorrowedHandle, OwnedHandle};
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use windows_sys::Win32::Foundation::ERROR_MORE_DATA;
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_BASIC_PROCESS_ID_LIST, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectBasicProcessIdList, JobObjectExtendedLimitInformation, QueryInformationJobObject,
    SetInformationJobObject, TerminateJobObject,
};

use super::process::KILLED;
use super::random;
use super::raw::{check, owned};
pub(super) use outer::make as make_outliving;

const PREFIX: &str = "fslaunch-";

/// What jobs are made beneath: the system itself.
#[derive(Debug, Clone)]
pub struct JobRoot(());

/// The job object of one instance.
#[derive(Debug, Clone)]
pub struct Job {
    handle: Arc<OwnedHandle>,
    path: PathBuf,
}

impl PartialEq for Job {
    fn eq(&self, other: &Self) -> bool {
        self.path == other.path
    }
}

impl Eq for Job {}

impl JobRoot {
    /// There are job objects on every Windows.
    pub fn detect() -> Option<Self> {
        Some(Self(()))
    }
}

impl Job {
    /// Makes a job whose processes end with its last handle, which is never anybody else's.
    pub(super) fn create() -> io::Result<Job> {
        let path = format!("{PREFIX}{:016x}", random::random_u64()?);
        let job = Job::named(Path::new(&path))?;
        job.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
        Ok(job)
    }

    /// Takes the place of the job that an earlier launcher had under this name. That one can't
    /// be found any more: this one is empty, and an adopted process enters it.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Job> {
        Job::named(path)
    }

    fn named(path: &Path) -> io::Result<Job> {
        // SAFETY: neither attributes nor a name are given; the handle is new.
        let handle = unsafe { owned(CreateJobObjectW(ptr::null(), ptr::null()))? };
        let handle = Arc::new(handle);
        let path = path.to_owned();
        Ok(Job { handle, path })
    }

    /// What it is called in records; no path of any file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// From now on its processes live on when the launcher ends.
    pub(super) fn let_live(&self) -> io::Result<()> {
        self.limit(0)
    }

    fn limit(&self, flags: u32) -> io::Result<()> {
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = flags;
        // SAFETY: the structure is the one that the class asks for, and of that size.
        check(unsafe {
            SetInformationJobObject(
                self.handle.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>() as u32,
            )
        })
    }

    /// Takes in a process, and what it starts from now on.
    pub(super) fn enter(&self, process: BorrowedHandle<'_>) -> io::Result<()> {
        // SAFETY: both handles are open.
        check(unsafe {
            AssignProcessToJobObject(self.handle.as_raw_handle(), process.as_raw_handle())
        })
    }

    /// The IDs of all processes in it.
    ///
    /// # Errors
    /// The system's.
    pub fn processes(&self) -> io::Result<Vec<u32>> {
        let mut room = 16;
        loop {
            match self.list(room)? {
                Some(processes) => return Ok(processes),
                None => room *= 4,
            }
        }
    }

    /// `None` if there are more than `room`.
    fn list(&self, room: usize) -> io::Result<Option<Vec<u32>>> {
        let head = mem::offset_of!(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList);
        let words = head / size_of::<usize>() + room;
        let mut buffer = vec![0_usize; words];
        // SAFETY: the buffer is as large as is said, and aligned for the structure.
        let answer = check(unsafe {
            QueryInformationJobObject(
                self.handle.as_raw_handle(),
                JobObjectBasicProcessIdList,
                buffer.as_mut_ptr().cast(),
                (words * size_of::<usize>()) as u32,
                ptr::null_mut(),
            )
        });
        match answer {
            Err(e) if e.raw_os_error() == Some(ERROR_MORE_DATA as i32) => return Ok(None),
            other => other?,
        }
        // SAFETY: the buffer holds the head of the structure at least, and was all zero before.
        let found = unsafe { &*buffer.as_ptr().cast::<JOBOBJECT_BASIC_PROCESS_ID_LIST>() };
        let (assigned, listed) = (
            found.NumberOfAssignedProcesses as usize,
            found.NumberOfProcessIdsInList as usize,
        );
        if assigned > listed {
            return Ok(None);
        }
        let ids = buffer[head / size_of::<usize>()..].iter().take(listed);
        Ok(Some(ids.map(|&id| id as u32).collect()))
    }

    /// Ends every process in it.
    ///
    /// # Errors
    /// The system's.
    pub fn kill(&self) -> io::Result<()> {
        // SAFETY: the handle is open.
        check(unsafe { TerminateJobObject(self.handle.as_raw_handle(), KILLED) })
    }

    /// Ends what is in it, and waits up to `patience` until it is empty.
    ///
    /// # Errors
    /// When a process is still in it at the end.
    pub async fn remove(&self, patience: Duration) -> io::Result<()> {
        let deadline = Instant::now() + patience;
        let mut pause = Duration::from_millis(1);
        while !self.processes()?.is_empty() {
            if Instant::now() >= deadline {
                let words = "a process of the instance has not ended";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, words));
            }
            self.kill()?;
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl AsHandle for Job {
    fn as_handle(&self) -> BorrowedHandle<'_> {
        self.handle.as_handle()
    }
}
