//! Requests of WinFsp. Each callback turns its pointers into slices, asks [`Files`], and writes the answer; none lets a
//! panic out.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use memfs::core::{NodeId, Timestamp};
use memfs::windows::{BasicInfo, Cleanup, Creation, End, FileInfo, Files, Status};

use super::abi::{Fs, Handle, Interface, Name, VolumeInfo};
use super::descriptor;
use super::error::Error;
use super::library::Library;

/// The one file system of this process. Never dropped: the system takes memory back faster than node by node.
static SERVED: OnceLock<(Files, &'static Library)> = OnceLock::new();

pub(super) fn install(files: Files, library: &'static Library) -> Result<(), Error> {
    SERVED.set((files, library)).map_err(|_| Error::Twice)
}

/// The time of this moment.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.unwrap_or_default();
    Timestamp {
        seconds: since.as_secs().cast_signed(),
        nanoseconds: since.subsec_nanos(),
    }
}

/// Does it behind a boundary that no panic passes: into WinFsp it would be undefined behaviour.
fn guarded(request: impl FnOnce(&Files) -> Result<(), Status>) -> i32 {
    let answer = AssertUnwindSafe(|| match SERVED.get() {
        Some((files, _)) => request(files),
        None => Err(Status::INTERNAL_ERROR),
    });
    let status = match catch_unwind(answer) {
        Ok(Ok(())) => Status::SUCCESS,
        Ok(Err(status)) => status,
        Err(_panic) => Status::INTERNAL_ERROR,
    };
    status.0
}

/// A node as WinFsp keeps it for an open file.
fn node(handle: Handle) -> NodeId {
    NodeId(handle as u64)
}

/// In a program of 32 bits the numbers come to an end; no two files may have the same.
fn handle(files: &Files, node: NodeId) -> Result<Handle, Status> {
    match usize::try_from(node.0) {
        Ok(number) => Ok(number as Handle),
        Err(_) => {
            files.close(node);
            Err(Status::INSUFFICIENT_RESOURCES)
        }
    }
}

/// A text up to its NUL; an empty one for `NULL`.
///
/// # Safety
/// It is `NULL` or ends with NUL.
unsafe fn name<'a>(name: Name) -> &'a [u16] {
    if name.is_null() {
        return &[];
    }
    let mut length = 0;
    // SAFETY: the caller vouches for the NUL, and nothing behind it is looked at.
    unsafe {
        while *name.add(length) != 0 {
            length += 1;
        }
        std::slice::from_raw_parts(name, length)
    }
}

/// Writes a result to where WinFsp wants it, if it does.
///
/// # Safety
/// It is `NULL` or may be written to.
unsafe fn put<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: the caller vouches for it.
        unsafe { place.write(value) };
    }
}

/// The callbacks, for WinFsp.
pub(super) static TABLE: Interface = Interface {
    get_volume_info,
    set_volume_label: None,
    get_security_by_name,
    create,
    open,
    overwrite,
    cleanup,
    close,
    read,
    write,
    flush,
    get_file_info,
    set_basic_info,
    set_file_size,
    can_delete,
    rename,
    get_security,
    set_security,
    read_directory,
    others: [None; 45],
};

unsafe extern "C" fn get_volume_info(_: Fs, info: *mut VolumeInfo) -> i32 {
    guarded(|files| {
        let (limits, usage) = files.room();
        let mut label = [0; 32];
        label[..5].copy_from_slice(&[b'M', b'E', b'M', b'F', b'S'].map(u16::from));
        let found = VolumeInfo {
            total_size: limits.bytes,
            free_size: limits.bytes.saturating_sub(usage.bytes),
            label_length: 10,
            label,
        };
        // SAFETY: WinFsp hands over where the answer goes.
        unsafe { put(info, found) };
        Ok(())
    })
}

/// Copies a descriptor to a buffer whose length is at `length`, and puts there how long it is.
///
/// # Safety
/// `length` is `NULL`, or says how many bytes may be written to `buffer`, unless that is `NULL`.
unsafe fn put_descriptor(
    found: &[u8],
    buffer: *mut c_void,
    length: *mut usize,
) -> Result<(), Status> {
    if length.is_null() {
        return Ok(());
    }
    // SAFETY: the caller vouches for the length, and with it for as many bytes of the buffer.
    unsafe {
        let room = length.replace(found.len());
        if found.len() > room {
            return Err(Status::BUFFER_OVERFLOW);
        }
        if !buffer.is_null() {
            buffer
                .cast::<u8>()
                .copy_from_nonoverlapping(found.as_ptr(), found.len());
        }
    }
    Ok(())
}

unsafe extern "C" fn get_security_by_name(
    _: Fs,
    path: Name,
    attributes: *mut u32,
    buffer: *mut c_void,
    length: *mut usize,
) -> i32 {
    guarded(|files| {
        // SAFETY: WinFsp's names end with NUL; the other pointers are as it says, or `NULL`.
        unsafe {
            let (found, descriptor) = files.security(name(path))?;
            put(attributes, found);
            put_descriptor(&descriptor, buffer, length)
        }
    })
}

/// In the options of a creation: a folder.
const DIRECTORY_FILE: u32 = 1;

unsafe extern "C" fn create(
    _: Fs,
    path: Name,
    options: u32,
    _granted: u32,
    attributes: u32,
    security: *mut c_void,
    allocation: u64,
    opened: *mut Handle,
    info: *mut FileInfo,
) -> i32 {
    guarded(|files| {
        let folder = options & DIRECTORY_FILE != 0;
        // SAFETY: WinFsp's names end with NUL, and its descriptors are whole or `NULL`.
        let (path, descriptor) = unsafe { (name(path), descriptor::bytes(security)) };
        let what = Creation {
            folder,
            attributes,
            descriptor,
        };
        let (made, mut found) = files.create(path, what, now())?;
        if allocation > 0 && !folder {
            // Only a hint: what there is no room for is refused when it is written.
            if let Ok(with_room) = files.set_size(made, allocation, true, now()) {
                found = with_room;
            }
        }
        let made = handle(files, made)?;
        // SAFETY: WinFsp hands over where the answers go.
        unsafe {
            put(opened, made);
            put(info, found);
        }
        Ok(())
    })
}

unsafe extern "C" fn open(
    _: Fs,
    path: Name,
    _options: u32,
    _granted: u32,
    opened: *mut Handle,
    info: *mut FileInfo,
) -> i32 {
    guarded(|files| {
        // SAFETY: WinFsp's names end with NUL, and it hands over where the answers go.
        unsafe {
            let (node, found) = files.open(name(path))?;
            put(opened, handle(files, node)?);
            put(info, found);
        }
        Ok(())
    })
}

/// Answers with what is known of a file after a change.
fn informed(info: *mut FileInfo, change: impl FnOnce(&Files) -> Result<FileInfo, Status>) -> i32 {
    guarded(|files| {
        let found = change(files)?;
        // SAFETY: WinFsp hands over where the answer goes, or `NULL`.
        unsafe { put(info, found) };
        Ok(())
    })
}

unsafe extern "C" fn overwrite(
    _: Fs,
    file: Handle,
    attributes: u32,
    replace: u8,
    _allocation: u64,
    info: *mut FileInfo,
) -> i32 {
    informed(info, |files| {
        files.overwrite(node(file), attributes, replace != 0, now())
    })
}

unsafe extern "C" fn cleanup(_: Fs, file: Handle, path: Name, flags: u32) {
    guarded(|files| {
        // SAFETY: WinFsp's names end with NUL, or are `NULL`.
        let path = unsafe { name(path) };
        files.cleanup(node(file), path, Cleanup::from_bits(flags), now());
        Ok(())
    });
}

unsafe extern "C" fn close(_: Fs, file: Handle) {
    guarded(|files| {
        files.close(node(file));
        Ok(())
    });
}

unsafe extern "C" fn read(
    _: Fs,
    file: Handle,
    buffer: *mut c_void,
    offset: u64,
    length: u32,
    count: *mut u32,
) -> i32 {
    guarded(|files| {
        // SAFETY: the buffer has so many bytes; WinFsp keeps it for this request alone.
        unsafe {
            let bytes = std::slice::from_raw_parts_mut(buffer.cast(), length as usize);
            let read = files.read(node(file), offset, bytes, now())?;
            // No more than the length, which has 32 bits.
            put(count, read as u32);
        }
        Ok(())
    })
}

unsafe extern "C" fn write(
    _: Fs,
    file: Handle,
    buffer: *const c_void,
    offset: u64,
    length: u32,
    append: u8,
    stay: u8,
    count: *mut u32,
    info: *mut FileInfo,
) -> i32 {
    let end = match (append != 0, stay != 0) {
        (true, _) => End::Append,
        (false, true) => End::Stay(offset),
        (false, false) => End::Grow(offset),
    };
    guarded(|files| {
        // SAFETY: the buffer has so many bytes, which do not change during the request.
        unsafe {
            let bytes = std::slice::from_raw_parts(buffer.cast(), length as usize);
            let (written, found) = files.write(node(file), bytes, end, now())?;
            put(count, written as u32);
            put(info, found);
        }
        Ok(())
    })
}

unsafe extern "C" fn flush(_: Fs, file: Handle, info: *mut FileInfo) -> i32 {
    if file.is_null() {
        // All of the volume, which has nowhere to go.
        return Status::SUCCESS.0;
    }
    informed(info, |files| files.info(node(file)))
}

unsafe extern "C" fn get_file_info(_: Fs, file: Handle, info: *mut FileInfo) -> i32 {
    informed(info, |files| files.info(node(file)))
}

unsafe extern "C" fn set_basic_info(
    _: Fs,
    file: Handle,
    attributes: u32,
    creation_time: u64,
    last_access_time: u64,
    last_write_time: u64,
    change_time: u64,
    info: *mut FileInfo,
) -> i32 {
    let wanted = BasicInfo {
        attributes,
        creation_time,
        last_access_time,
        last_write_time,
        change_time,
    };
    informed(info, |files| files.set_info(node(file), &wanted, now()))
}

unsafe extern "C" fn set_file_size(
    _: Fs,
    file: Handle,
    size: u64,
    allocation: u8,
    info: *mut FileInfo,
) -> i32 {
    informed(info, |files| {
        files.set_size(node(file), size, allocation != 0, now())
    })
}

unsafe extern "C" fn can_delete(_: Fs, file: Handle, _path: Name) -> i32 {
    guarded(|files| files.can_delete(node(file), now()))
}

unsafe extern "C" fn rename(_: Fs, _file: Handle, from: Name, to: Name, replace: u8) -> i32 {
    guarded(|files| {
        // SAFETY: WinFsp's names end with NUL.
        let (from, to) = unsafe { (name(from), name(to)) };
        files.rename(from, to, replace != 0, now())
    })
}

unsafe extern "C" fn get_security(
    _: Fs,
    file: Handle,
    buffer: *mut c_void,
    length: *mut usize,
) -> i32 {
    guarded(|files| {
        let found = files.descriptor(node(file))?;
        // SAFETY: the buffer has as many bytes as the length says.
        unsafe { put_descriptor(&found, buffer, length) }
    })
}

unsafe extern "C" fn set_security(_: Fs, file: Handle, which: u32, with: *mut c_void) -> i32 {
    guarded(|files| {
        let Some((_, library)) = SERVED.get() else {
            return Err(Status::INTERNAL_ERROR);
        };
        let mut old = files.descriptor(node(file))?;
        let mut new = std::ptr::null_mut();
        // SAFETY: both descriptors are whole; the new one is copied before it is given back to what made it.
        unsafe {
            let status = (library.set_descriptor)(old.as_mut_ptr().cast(), which, with, &mut new);
            if status < 0 {
                return Err(Status(status));
            }
            let done = files.set_descriptor(node(file), descriptor::bytes(new), now());
            (library.delete_descriptor)(new, library.set_descriptor as *const c_void);
            done
        }
    })
}

unsafe extern "C" fn read_directory(
    _: Fs,
    file: Handle,
    _pattern: Name,
    marker: Name,
    buffer: *mut c_void,
    length: u32,
    count: *mut u32,
) -> i32 {
    guarded(|files| {
        let Some((_, library)) = SERVED.get() else {
            return Err(Status::INTERNAL_ERROR);
        };
        // SAFETY: the marker ends with NUL or is `NULL`.
        let marker = (!marker.is_null()).then(|| unsafe { name(marker) });
        let add = |record: *const c_void| {
            // SAFETY: a record says how long it is; the buffer has so many bytes, of which `count` are used.
            unsafe { (library.add_dir_info)(record, buffer, length, count) != 0 }
        };
        let all = files.list(node(file), marker, now(), |entry| {
            add(entry.record().as_ptr().cast())
        })?;
        if all {
            add(std::ptr::null());
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests;
