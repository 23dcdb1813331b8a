//! How another launcher finds what the one before it left.

#![allow(unsafe_code, reason = "the system is asked to protect a process")]

use std::os::windows::io::{AsHandle, AsRawHandle};
use std::path::Path;

use fslaunch_os::job::Job;
use fslaunch_os::process::{ExitStatus, Process, boot_id};
use windows_sys::Win32::Foundation::LocalFree;
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{DACL_SECURITY_INFORMATION, SetKernelObjectSecurity};

use crate::instance::SEEN_BY_HANDLER;
use crate::runner::tests;
use crate::stage::{launch, line, plan, run, soon};

tests![
    a_process_is_adopted_and_its_end_seen,
    a_process_with_another_start_time_is_not_adopted,
    what_may_not_be_ended_or_looked_at_is_told_from_what_is_meant,
    a_process_of_another_image_is_not_adopted,
    a_process_that_is_gone_is_not_adopted,
    an_adopted_process_is_in_its_new_job_with_what_it_starts,
    the_boot_is_the_same_for_every_process,
];

/// Adopts the process whose ID and time of creation a line tells.
pub(crate) fn look(line: &str) -> Process {
    let mut words = line.split_whitespace();
    let mut number = || words.next().unwrap().parse::<u64>().unwrap();
    let (pid, start_time) = (number().try_into().unwrap(), number());
    let found = Process::adopt(pid, start_time, None, None).unwrap();
    found.expect("a process that is there")
}

fn a_process_is_adopted_and_its_end_seen() {
    run(async {
        let mut launched = launch(plan("handler", &[])).await.unwrap();
        line(&mut launched.stdout).await;
        let (pid, start_time) = (launched.process.pid(), launched.process.start_time());
        let adopted = Process::adopt(pid, start_time, None, None)
            .unwrap()
            .unwrap();
        assert_eq!((adopted.pid(), adopted.start_time()), (pid, start_time));
        adopted.terminate().unwrap();
        let status = soon(adopted.wait()).await.unwrap();
        assert_eq!(status, ExitStatus::Exited(SEEN_BY_HANDLER));
    });
}

fn a_process_with_another_start_time_is_not_adopted() {
    run(async {
        let launched = launch(plan("sleep", &[])).await.unwrap();
        let (pid, start_time) = (launched.process.pid(), launched.process.start_time());
        for other in [start_time - 1, start_time + 1, 0] {
            assert!(Process::adopt(pid, other, None, None).unwrap().is_none());
        }
        launched.process.kill().unwrap();
        soon(launched.process.wait()).await.unwrap();
    });
}

/// As a protected process is, which may get the ID of an instance, or one of another user.
fn what_may_not_be_ended_or_looked_at_is_told_from_what_is_meant() {
    run(async {
        let launched = launch(plan("sleep", &[])).await.unwrap();
        let (pid, start_time) = (launched.process.pid(), launched.process.start_time());
        // Everybody may look, and wait for its end; nobody but guests may do anything.
        for sddl in ["D:P(A;;0x101000;;;WD)", "D:P(A;;GA;;;BG)"] {
            protect(&launched.process, sddl);
            assert!(Process::adopt(pid, start_time, None, None).is_err());
            let other = Process::adopt(pid, start_time + 1, None, None);
            assert!(other.unwrap().is_none(), "{sddl}");
        }
        launched.process.kill().unwrap();
        soon(launched.process.wait()).await.unwrap();
    });
}

fn protect(process: &Process, sddl: &str) {
    let sddl: Vec<u16> = sddl.encode_utf16().chain([0]).collect();
    let mut descriptor = std::ptr::null_mut();
    // SAFETY: the text ends in NUL, the answer goes into a value of the right type, the process
    // is open, and the descriptor is freed when it is of no more use.
    unsafe {
        let read = ConvertStringSecurityDescriptorToSecurityDescriptorW(
            sddl.as_ptr(),
            SDDL_REVISION_1,
            &mut descriptor,
            std::ptr::null_mut(),
        );
        assert_ne!(read, 0);
        let process = process.as_handle().as_raw_handle();
        let set = SetKernelObjectSecurity(process, DACL_SECURITY_INFORMATION, descriptor);
        assert_ne!(set, 0);
        LocalFree(descriptor);
    }
}

fn a_process_of_another_image_is_not_adopted() {
    run(async {
        let launched = launch(plan("sleep", &[])).await.unwrap();
        let process = &launched.process;
        let adopt = |image| Process::adopt(process.pid(), process.start_time(), Some(image), None);
        let image = process.image().unwrap();
        let own = std::env::current_exe().unwrap();
        let name = own.file_name().unwrap().to_str().unwrap();
        assert!(image.ends_with(name), "{image}");
        assert!(adopt(image).unwrap().is_some());
        for other in [r"\Device\HarddiskVolume3\other.exe", &image[1..], ""] {
            assert!(adopt(other).unwrap().is_none(), "{other:?}");
        }
        process.kill().unwrap();
        soon(process.wait()).await.unwrap();
    });
}

fn a_process_that_is_gone_is_not_adopted() {
    run(async {
        let launched = launch(plan("speak", &["a", "b"])).await.unwrap();
        let (pid, start_time) = (launched.process.pid(), launched.process.start_time());
        soon(launched.process.wait()).await.unwrap();
        // Its ID is still its own.
        assert!(
            Process::adopt(pid, start_time, None, None)
                .unwrap()
                .is_none()
        );
        drop(launched);
        assert!(
            Process::adopt(pid, start_time, None, None)
                .unwrap()
                .is_none()
        );
        assert!(Process::adopt(0, 0, None, None).unwrap().is_none());
    });
}

fn an_adopted_process_is_in_its_new_job_with_what_it_starts() {
    run(async {
        let mut launched = launch(plan("tree-on-break", &[])).await.unwrap();
        line(&mut launched.stdout).await;
        let (pid, start_time) = (launched.process.pid(), launched.process.start_time());
        let job = Job::open(Path::new("fslaunch-earlier")).unwrap();
        assert!(job.processes().unwrap().is_empty());
        let adopted = Process::adopt(pid, start_time, None, Some(job.clone()));
        let adopted = adopted.unwrap().unwrap();
        assert_eq!(job.processes().unwrap(), [pid]);
        adopted.terminate().unwrap();
        let descendant = look(&line(&mut launched.stdout).await);
        assert!(job.processes().unwrap().contains(&descendant.pid()));
        adopted.kill().unwrap();
        soon(adopted.wait()).await.unwrap();
        soon(descendant.wait()).await.unwrap();
    });
}

fn the_boot_is_the_same_for_every_process() {
    run(async {
        let other = crate::runner::role("boot").output().unwrap();
        assert_eq!(
            String::from_utf8(other.stdout).unwrap().trim_end(),
            boot_id().unwrap()
        );
    });
}
