//! Pipes of which everything is known, and what a client makes of them.
#![allow(unsafe_code)]

use std::{
    fs::File,
    io::{Read, Write},
    os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle},
    ptr,
    sync::mpsc,
    thread,
};

use windows_sys::Win32::{
    Foundation::{
        ERROR_INVALID_OWNER, ERROR_NO_DATA, ERROR_PIPE_CONNECTED, GetLastError,
        INVALID_HANDLE_VALUE, LocalFree,
    },
    Security::{
        Authorization::{ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1},
        SECURITY_ATTRIBUTES,
    },
    Storage::FileSystem::{FlushFileBuffers, PIPE_ACCESS_DUPLEX},
    System::Pipes::{
        ConnectNamedPipe, CreateNamedPipeW, DisconnectNamedPipe, PIPE_READMODE_BYTE,
        PIPE_READMODE_MESSAGE, PIPE_REJECT_REMOTE_CLIENTS, PIPE_TYPE_BYTE, PIPE_TYPE_MESSAGE,
    },
};

use super::*;

const SHORT: Duration = Duration::from_millis(50);
const LONG: Duration = Duration::from_secs(20);

const BYTES: u32 = PIPE_TYPE_BYTE | PIPE_READMODE_BYTE;
const MESSAGES_MODE: u32 = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE;

fn address(name: &str) -> PathBuf {
    format!(r"\\.\pipe\fslaunch-dial-{name}-{}", std::process::id()).into()
}

/// The server's end of one instance of a pipe, which is the caller's own.
fn instance(address: &Path, mode: u32, buffer: u32) -> File {
    let own = owner::current_user().unwrap();
    owned(&own.to_string(), address, mode, buffer).unwrap()
}

/// The same of somebody else.
fn owned(owner: &str, address: &Path, mode: u32, buffer: u32) -> io::Result<File> {
    let sddl = format!("O:{owner}G:{owner}D:P(A;;GA;;;WD)");
    let sddl: Vec<u16> = sddl.encode_utf16().chain([0]).collect();
    let mut descriptor = ptr::null_mut();
    // SAFETY: the text ends with a NUL, and the descriptor's place outlives
    // the call.
    let made = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            sddl.as_ptr(),
            SDDL_REVISION_1,
            &mut descriptor,
            ptr::null_mut(),
        )
    };
    assert_ne!(made, 0, "{}", io::Error::last_os_error());
    let security = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: descriptor,
        bInheritHandle: 0,
    };
    let name: Vec<u16> = address
        .to_str()
        .unwrap()
        .encode_utf16()
        .chain([0])
        .collect();
    // SAFETY: the name ends with a NUL, and the descriptor is valid.
    let handle = unsafe {
        CreateNamedPipeW(
            name.as_ptr(),
            PIPE_ACCESS_DUPLEX,
            mode | PIPE_REJECT_REMOTE_CLIENTS,
            2,
            buffer,
            buffer,
            0,
            &security,
        )
    };
    let error = io::Error::last_os_error();
    // SAFETY: the system has allocated the descriptor for this function.
    unsafe { LocalFree(descriptor) };
    if handle == INVALID_HANDLE_VALUE {
        return Err(error);
    }
    // SAFETY: the handle was just made and belongs to nobody else.
    Ok(unsafe { OwnedHandle::from_raw_handle(handle) }.into())
}

/// Waits for a client, who may have left already.
fn accept(pipe: &File) {
    // SAFETY: the handle is open and not overlapped.
    if unsafe { ConnectNamedPipe(pipe.as_raw_handle(), ptr::null_mut()) } == 0 {
        // SAFETY: always.
        let error = unsafe { GetLastError() };
        assert!(
            [ERROR_PIPE_CONNECTED, ERROR_NO_DATA].contains(&error),
            "{error}"
        );
    }
}

/// Ends a connection once the client has read everything.
fn hang_up(pipe: &File) {
    // SAFETY: the handle is open.
    unsafe {
        FlushFileBuffers(pipe.as_raw_handle());
        DisconnectNamedPipe(pipe.as_raw_handle());
    }
}

#[test]
fn addresses_are_the_documented_ones() {
    let system = default_address(false).unwrap();
    assert_eq!(system, Path::new(r"\\.\pipe\org.fslaunch.Launcher"));
    let own = default_address(true).unwrap();
    let own = own.to_str().unwrap();
    assert!(
        own.starts_with(r"\\.\pipe\org.fslaunch.Launcher.S-1-5-"),
        "{own}"
    );
}

#[test]
fn a_connection_carries_bytes_both_ways() {
    let address = address("bytes");
    let mut theirs = instance(&address, BYTES, 4096);
    let server = thread::spawn(move || {
        accept(&theirs);
        let mut heard = [0; 4];
        theirs.read_exact(&mut heard).unwrap();
        theirs.write_all(b"pong").unwrap();
        hang_up(&theirs);
        heard
    });
    let mut ours = dial(&address, LONG).unwrap();
    ours.set_read_timeout(Some(LONG)).unwrap();
    ours.write_all(b"ping").unwrap();
    let mut answer = Vec::new();
    ours.read_to_end(&mut answer).unwrap();
    assert_eq!(
        (&server.join().unwrap(), &answer[..]),
        (b"ping", &b"pong"[..])
    );
    let broken = ours.write_all(b"ping").unwrap_err();
    assert_eq!(broken.kind(), io::ErrorKind::BrokenPipe);
}

#[test]
fn the_callers_own_pipe_is_trusted_and_bears_its_name() {
    let address = address("own");
    let _theirs = instance(&address, BYTES, 4096);
    let server = dial(&address, LONG).unwrap().server().unwrap();
    assert!(server.trusted, "{server:?}");
    assert!(!server.name.is_empty());
}

#[test]
fn a_pipe_of_somebody_else_gets_neither_messages_nor_an_identity() {
    let address = address("theirs");
    let theirs = match owned("BU", &address, MESSAGES_MODE, 4096) {
        // Windows lets only those with a privilege make pipes of others.
        Err(error) if error.raw_os_error() == Some(ERROR_INVALID_OWNER as i32) => {
            println!("SKIPPED: this account can't make a pipe of somebody else");
            return;
        }
        made => made.unwrap(),
    };
    let refused = call(&address, b"L\0", false, LONG).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    assert!(refused.to_string().contains("Users"), "{refused}");
    accept(&theirs);
    assert_eq!(
        (&theirs).read(&mut [0; 8]).unwrap_or(0),
        0,
        "nothing was sent"
    );
    drop(theirs);
    let _theirs = owned("BU", &address, BYTES, 4096).unwrap();
    let mut ours = dial(&address, LONG).unwrap();
    assert!(!ours.server().unwrap().trusted);
    // There is no second instance that it could connect to.
    ours.lend_identity().unwrap();
}

#[test]
fn a_name_that_anybody_would_look_for_must_be_the_systems_or_the_callers() {
    // What ends like this is no user's.
    let address = PathBuf::from(format!("{SYSTEM}.test-{}", std::process::id()));
    let theirs = match owned("BU", &address, BYTES, 4096) {
        Err(error) if error.raw_os_error() == Some(ERROR_INVALID_OWNER as i32) => {
            println!("SKIPPED: this account can't make a pipe of somebody else");
            return;
        }
        made => made.unwrap(),
    };
    let refused = dial(&address, LONG).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    assert!(refused.to_string().contains("Users"), "{refused}");
    drop(theirs);
    let _own = instance(&address, BYTES, 4096);
    assert!(dial(&address, LONG).is_ok());
}

#[test]
fn a_trusted_launcher_gets_a_second_connection_with_the_callers_identity() {
    let address = address("lend");
    let (first, mut second) = (
        instance(&address, BYTES, 4096),
        instance(&address, BYTES, 4096),
    );
    let server = thread::spawn(move || {
        accept(&first);
        let mut heard = vec![];
        let _ = (&first).read_to_end(&mut heard);
        assert!(heard.is_empty(), "the first connection says nothing");
        accept(&second);
        let mut heard = [0; 4];
        second.read_exact(&mut heard).unwrap();
        heard
    });
    let mut ours = dial(&address, LONG).unwrap();
    ours.lend_identity().unwrap();
    ours.write_all(b"ping").unwrap();
    assert_eq!(&server.join().unwrap(), b"ping");
}

#[test]
fn nobody_there_is_told_at_once() {
    let nobody = dial(&address("nobody"), LONG).unwrap_err();
    assert_eq!(nobody.kind(), io::ErrorKind::NotFound);
    let nobody = call(&address("nobody"), b"L", false, LONG).unwrap_err();
    assert_eq!(nobody.kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_launcher_whose_instances_are_all_taken_is_waited_for_only_so_long() {
    let address = address("busy");
    let _theirs = instance(&address, BYTES, 4096);
    let _first = dial(&address, LONG).unwrap();
    let begun = Instant::now();
    let refused = dial(&address, SHORT).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
    let refused = call(&address, b"L\0", false, SHORT).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
    assert!(begun.elapsed() < LONG);
}

#[test]
fn a_launcher_that_is_busy_for_a_while_is_waited_for() {
    let address = address("while");
    let theirs = instance(&address, BYTES, 4096);
    let first = dial(&address, LONG).unwrap();
    let (begun, begins) = mpsc::channel();
    let again = address.clone();
    let second = thread::spawn(move || {
        begun.send(()).unwrap();
        dial(&again, LONG).map(drop)
    });
    begins.recv().unwrap();
    drop(first);
    hang_up(&theirs);
    accept(&theirs);
    second.join().unwrap().unwrap();
}

#[test]
fn a_read_ends_when_its_time_is_over() {
    let address = address("silent");
    let _theirs = instance(&address, BYTES, 4096);
    let mut ours = dial(&address, LONG).unwrap();
    assert!(ours.set_read_timeout(Some(Duration::ZERO)).is_err());
    ours.set_read_timeout(Some(SHORT)).unwrap();
    let late = ours.read(&mut [0; 8]).unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
}

#[test]
fn a_write_ends_when_its_time_is_over() {
    let address = address("deaf");
    let _theirs = instance(&address, BYTES, 64);
    let mut ours = dial(&address, SHORT).unwrap();
    let late = ours.write_all(&[0; 1 << 20]).unwrap_err();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
}

#[test]
fn a_message_has_one_reply() {
    let address = address("call");
    let mut theirs = instance(&address, MESSAGES_MODE, 4096);
    let server = thread::spawn(move || {
        accept(&theirs);
        let mut heard = [0; 100];
        let length = theirs.read(&mut heard).unwrap();
        theirs.write_all(b"$\0a\0").unwrap();
        hang_up(&theirs);
        heard[..length].to_vec()
    });
    let reply = call(&address, b"L\0", true, LONG).unwrap();
    assert_eq!(reply.as_slice(), b"$\0a\0");
    assert_eq!(server.join().unwrap(), b"L\0");
}

#[test]
fn a_reply_that_is_too_long_missing_or_late_is_an_error() {
    for (name, reply, kind) in [
        (
            "long",
            Some(vec![b'$'; REPLY_BYTES + 1]),
            io::ErrorKind::InvalidData,
        ),
        ("none", None, io::ErrorKind::BrokenPipe),
    ] {
        let address = address(name);
        let mut theirs = instance(&address, MESSAGES_MODE, 8192);
        let server = thread::spawn(move || {
            accept(&theirs);
            let _ = theirs.read(&mut [0; 100]).unwrap();
            if let Some(reply) = reply {
                theirs.write_all(&reply).unwrap();
            }
            drop(theirs);
        });
        let error = call(&address, b"L\0", false, LONG).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}");
        server.join().unwrap();
    }
    let address = address("late");
    let _theirs = instance(&address, MESSAGES_MODE, 4096);
    let error = call(&address, b"L\0", false, SHORT).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
}
