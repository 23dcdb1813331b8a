//! The system calls that no safe wrapper covers, each behind one.
//!
//! All unsafe code of the process side is in this file.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};

use rustix::process::Signal;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// `PIDFD_SIGNAL_PROCESS_GROUP` of `linux/pidfd.h` (Linux 6.9).
const PIDFD_SIGNAL_PROCESS_GROUP: libc::c_uint = 1 << 2;
/// `KEYCTL_JOIN_SESSION_KEYRING` of `linux/keyctl.h`.
const KEYCTL_JOIN_SESSION_KEYRING: libc::c_ulong = 1;
/// The highest signal number of Linux.
const LAST_SIGNAL: libc::c_int = 64;
/// Size of the kernel's set of signals, in bytes.
const KERNEL_SIGSET_SIZE: usize = 8;

/// Replaces the process by `path`. Returns only when that failed.
pub(super) fn execve(path: &CString, argv: &[CString], environment: &[CString]) -> io::Error {
    let pointers = |strings: &[CString]| -> Vec<*const libc::c_char> {
        strings
            .iter()
            .map(|string| string.as_ptr())
            .chain([std::ptr::null()])
            .collect()
    };
    let (argv, environment) = (pointers(argv), pointers(environment));
    // SAFETY: both arrays end with a null pointer, and every other element and `path` point
    // to NUL-ended strings that the caller's borrows keep alive over the call.
    unsafe { libc::execve(path.as_ptr(), argv.as_ptr(), environment.as_ptr()) };
    io::Error::last_os_error()
}

/// Sets every signal to its default disposition and empties the mask.
pub(super) fn reset_signals() -> io::Result<()> {
    // The kernel's `sigaction`, and room to spare: all zeros is the default disposition without
    // flags in every layout.
    let default = [0_u64; 8];
    for signal in 1..=LAST_SIGNAL {
        // Not libc's `sigaction`: it refuses the two signals that it keeps for itself, and those
        // may have been inherited ignored like any other. The result is not looked at: nobody
        // can have changed SIGKILL and SIGSTOP either.
        //
        // SAFETY: `default` is live and longer than the kernel's structure, the old action is
        // not asked for, and no other thread relies on a handler.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                default.as_ptr(),
                std::ptr::null::<libc::c_void>(),
                KERNEL_SIGSET_SIZE,
            )
        };
    }
    let empty = 0_u64;
    // SAFETY: `empty` is live and as long as is said, and the old mask is not asked for.
    checked(unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const empty,
            std::ptr::null::<libc::c_void>(),
            KERNEL_SIGSET_SIZE,
        )
    })
}

/// Gives SIGCHLD its default disposition if it is ignored: the children of a process that
/// ignores it vanish when they end, and their exit status with them.
pub(super) fn keep_exit_statuses() -> io::Result<()> {
    // SAFETY: a `sigaction` is plain data for which all zeros is a valid value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: `action` is a live `sigaction` that the call fills.
    if unsafe { libc::sigaction(libc::SIGCHLD, std::ptr::null(), &raw mut action) } != 0 {
        return Err(io::Error::last_os_error());
    }
    if action.sa_sigaction == libc::SIG_IGN {
        // SAFETY: SIG_DFL is a valid handler, and ignoring was no handler of anybody's.
        unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
    }
    Ok(())
}

/// Whether the process ignores a signal, as whoever started it may have asked for.
pub(super) fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: a `sigaction` is plain data for which all zeros is a valid value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: `action` is a live `sigaction` that the call fills.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) };
    asked == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// Does something while this thread takes no SIGTTOU: whoever sets the terminal from the
/// background would be stopped by it otherwise.
pub(super) fn without_sigttou<T>(act: impl FnOnce() -> T) -> T {
    // SAFETY: a `sigset_t` is plain data for which all zeros is a valid value.
    let (mut blocked, mut before): (libc::sigset_t, libc::sigset_t) =
        unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    // SAFETY: both sets are live, and the calls change nothing but them and this thread's mask.
    let changed = unsafe {
        libc::sigemptyset(&raw mut blocked);
        libc::sigaddset(&raw mut blocked, libc::SIGTTOU);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const blocked, &raw mut before)
    };
    let done = act();
    if changed == 0 {
        // SAFETY: `before` is the mask that the call above has filled in.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut())
        };
    }
    done
}

/// Sends `signal` to the process group that the process of `pidfd` leads or led. Needs Linux
/// 6.9; fails with `EINVAL` before.
pub(super) fn pidfd_signal_group(pidfd: BorrowedFd<'_>, signal: Signal) -> io::Result<()> {
    // SAFETY: the descriptor is open while borrowed, and no signal information is passed.
    checked(unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal.as_raw(),
            std::ptr::null::<libc::siginfo_t>(),
            PIDFD_SIGNAL_PROCESS_GROUP,
        )
    })
}

/// Marks every descriptor but the standard three as closed on exec. Needs Linux 5.11.
pub(super) fn close_on_exec_from_3() -> io::Result<()> {
    // SAFETY: the call only sets a flag; no descriptor is closed that something still owns.
    checked(unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    })
}

/// Marks one descriptor of this process as closed on exec.
pub(super) fn set_close_on_exec(descriptor: libc::c_int) -> io::Result<()> {
    // SAFETY: the call only sets a flag; a number that is no descriptor gives an error.
    let result = unsafe { libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC) };
    checked(result.into())
}

/// Sets `nosuid` and `nodev` on the mount whose root is `mount`.
pub(super) fn forbid_suid_and_devices(mount: BorrowedFd<'_>) -> io::Result<()> {
    forbid(mount, libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV)
}

/// Sets attributes, such as `MOUNT_ATTR_NOEXEC`, on the mount whose root is `mount`.
pub(super) fn forbid(mount: BorrowedFd<'_>, attributes: u64) -> io::Result<()> {
    // How access times are kept is a number, not a set.
    let times = match attributes & libc::MOUNT_ATTR_NOATIME {
        0 => 0,
        _ => libc::MOUNT_ATTR__ATIME,
    };
    let attributes = libc::mount_attr {
        attr_set: attributes,
        attr_clr: times,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: the descriptor is open while borrowed, the path is a NUL-ended string, and the
    // size given is that of the live structure.
    checked(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH,
            &raw const attributes,
            size_of::<libc::mount_attr>(),
        )
    })
}

/// Leaves the session keyring that the process inherited for a new, empty one.
pub(super) fn leave_session_keyring() -> io::Result<()> {
    // SAFETY: a null name asks for an anonymous keyring; nothing is written to memory.
    checked(unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            KEYCTL_JOIN_SESSION_KEYRING,
            std::ptr::null::<libc::c_char>(),
        )
    })
}

/// Has the runtime tell when `descriptor` is ready. Must be called within one.
pub(super) fn watch(descriptor: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: the value owns its descriptor and always gives the same; nobody can take it out
    // or close it before the registration ends with the `AsyncFd`.
    let watched = unsafe { AsyncFd::register_with_interest(descriptor, interest) };
    watched.map_err(io::Error::from)
}

fn checked(result: libc::c_long) -> io::Result<()> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
