//! The functions, one after the other. Each takes its pointers apart, and
//! leaves the rest to safe code behind the [`guarded`] boundary.
//!
//! Their documentation for C programs is in the header.

#![allow(unsafe_code, non_snake_case)]

use crate::boundary::guarded;
use crate::launcher::ask;
use crate::message::{Command, TEXT_UNITS};
use crate::raw::{self, Buffer, Out};
use crate::raw_record::{self, FspLaunchRegRecord};
use crate::status::Status;
use crate::text::Text;
use crate::{record, records};

/// Sends any command, without letting the launcher act as the caller.
///
/// # Safety
/// As [`FspLaunchCallLauncherPipeEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FspLaunchCallLauncherPipe(
    command: u16,
    argc: u32,
    argv: *const *const u16,
    argl: *const u32,
    buffer: *mut u16,
    p_size: *mut u32,
    p_launcher_error: *mut u32,
) -> i32 {
    // SAFETY: the caller promises the same.
    unsafe {
        FspLaunchCallLauncherPipeEx(
            command,
            argc,
            argv,
            argl,
            buffer,
            p_size,
            0,
            p_launcher_error,
        )
    }
}

/// Sends any command.
///
/// # Safety
/// Each pointer is NULL or may be used as the header says: `argv` and `argl`
/// have `argc` elements, each argument the length that `argl` says or a NUL,
/// and `Buffer` the bytes that `p_size` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FspLaunchCallLauncherPipeEx(
    command: u16,
    argc: u32,
    argv: *const *const u16,
    argl: *const u32,
    buffer: *mut u16,
    p_size: *mut u32,
    allow_impersonation: u8,
    p_launcher_error: *mut u32,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller promises what the three ask for.
        let (buffer, error, arguments) = unsafe {
            (
                Buffer::new(buffer, p_size),
                Out::new(p_launcher_error),
                raw::arguments(argc, argv, argl, TEXT_UNITS),
            )
        };
        error.set(0);
        let command = Command(command);
        ask(
            command,
            &arguments?,
            allow_impersonation != 0,
            &buffer,
            error,
        )
    })
}

/// Starts an instance, without letting the launcher act as the caller.
///
/// # Safety
/// As [`FspLaunchStartEx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FspLaunchStart(
    class_name: *const u16,
    instance_name: *const u16,
    argc: u32,
    argv: *const *const u16,
    has_secret: u8,
    p_launcher_error: *mut u32,
) -> i32 {
    // SAFETY: the caller promises the same.
    unsafe {
        FspLaunchStartEx(
            class_name,
            instance_name,
            argc,
            argv,
            has_secret,
            0,
            p_launcher_error,
        )
    }
}

/// Starts an instance.
///
/// # Safety
/// Each pointer is NULL or may be used as the header says: names and
/// arguments end with a NUL, and `argv` has `argc` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FspLaunchStartEx(
    class_name: *const u16,
    instance_name: *const u16,
    argc: u32,
    argv: *const *const u16,
    has_secret: u8,
    allow_impersonation: u8,
    p_launcher_error: *mut u32,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller promises what the three ask for.
        let (error, names, arguments) = unsafe {
            (
                Out::new(p_launcher_error),
                names(class_name, instance_name),
                raw::arguments(argc, argv, std::ptr::null(), TEXT_UNITS),
            )
        };
        error.set(0);
        let command = match has_secret {
            0 => Command::START,
            _ => Command::START_WITH_SECRET,
        };
        let parts = [names?.to_vec(), arguments?].concat();
        ask(
            command,
            &parts,
            allow_impersonation != 0,
            &Buffer::none(),
            error,
        )
    })
}

/// Stops an instance.
///
/// # Safety
/// Each pointer is NULL or may be used as the header says: names end with a
/// NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FspLaunchStop(
    class_name: *const u16,
    instance_name: *const u16,
    p_launcher_error: *mut u32,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller promises what both ask for.
        let (error, names) =
            unsafe { (Out::new(p_launcher_error), names(class_name, instance_name)) };
        error.set(0);
        ask(Command::STOP, &names?, false, &Buffer::none(), error)
    })
}

/// Tells of an instance.
///
/// # Safety
/// Each pointer is NULL or may be used as the header says: names end with a
/// NUL, and `Buffer` has the bytes that `p_size` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FspLaunchGetInfo(
    class_name: *const u16,
    instance_name: *const u16,
    buffer: *mut u16,
    p_size: *mut u32,
    p_launcher_error: *mut u32,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller promises what the three ask for.
        let (buffer, error, names) = unsafe {
            (
                Buffer::new(buffer, p_size),
                Out::new(p_launcher_error),
                names(class_name, instance_name),
            )
        };
        error.set(0);
        ask(Command::INFO, &names?, false, &buffer, error)
    })
}

/// Lists the instances.
///
/// # Safety
/// Each pointer is NULL or may be used as the header says: `Buffer` has the
/// bytes that `p_size` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FspLaunchGetNameList(
    buffer: *mut u16,
    p_size: *mut u32,
    p_launcher_error: *mut u32,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller promises what both ask for.
        let (buffer, error) = unsafe { (Buffer::new(buffer, p_size), Out::new(p_launcher_error)) };
        ask(Command::LIST, &[], false, &buffer, error)
    })
}

/// Registers, changes or deletes a class.
///
/// # Safety
/// Each pointer is NULL or may be used as the header says: name and texts end
/// with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FspLaunchRegSetRecord(
    class_name: *const u16,
    record: *const FspLaunchRegRecord,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller promises it.
        let class = unsafe { required(class_name, TEXT_UNITS) }?;
        if record.is_null() {
            return records::set(&class, None);
        }
        // SAFETY: likewise, and it is not NULL.
        let record = unsafe { raw_record::read(record) }?;
        records::set(&class, Some(&record))
    })
}

/// Reads the record of a class.
///
/// # Safety
/// Each pointer is NULL or may be used as the header says: name and agent end
/// with a NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FspLaunchRegGetRecord(
    class_name: *const u16,
    agent: *const u16,
    p_record: *mut *mut FspLaunchRegRecord,
) -> i32 {
    guarded(|| {
        // SAFETY: the caller promises it.
        let out = unsafe { Out::new(p_record) }.required()?;
        out.set(std::ptr::null_mut());
        // SAFETY: likewise, for both.
        let (class, agent) = unsafe {
            (
                required(class_name, TEXT_UNITS)?,
                raw::text(agent, record::TEXT_UNITS)?,
            )
        };
        let record = records::get(&class, agent.as_ref())?;
        raw_record::give(&record, out);
        Ok(())
    })
}

/// Frees what [`FspLaunchRegGetRecord`] gave. NULL, and what it did not give,
/// is left alone.
#[unsafe(no_mangle)]
pub extern "C" fn FspLaunchRegFreeRecord(record: *mut FspLaunchRegRecord) {
    guarded(|| {
        raw_record::take_back(record);
        Ok(())
    });
}

/// Panics within the boundary: the proof that it holds in this very library.
#[cfg(feature = "test-seams")]
#[unsafe(no_mangle)]
pub extern "C" fn FslaunchTestPanic() -> i32 {
    guarded(|| panic!("as the test wants"))
}

/// The names of class and instance, neither of which may be left out.
///
/// # Safety
/// As [`raw::text`] says, for both.
unsafe fn names(class: *const u16, instance: *const u16) -> Result<[Text; 2], Status> {
    // SAFETY: the caller promises it for both.
    unsafe {
        Ok([
            required(class, TEXT_UNITS)?,
            required(instance, TEXT_UNITS)?,
        ])
    }
}

/// A text that may not be left out.
///
/// # Safety
/// As [`raw::text`] says.
unsafe fn required(pointer: *const u16, limit: usize) -> Result<Text, Status> {
    // SAFETY: the caller promises it.
    unsafe { raw::text(pointer, limit) }?.ok_or(Status::INVALID_PARAMETER)
}
