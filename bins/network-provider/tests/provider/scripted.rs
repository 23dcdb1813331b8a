//! A launcher of which everything is known beforehand, on two pipes.

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, INVALID_HANDLE_VALUE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::SECURITY_ATTRIBUTES;
use windows_sys::Win32::Storage::FileSystem::{
    FlushFileBuffers, PIPE_ACCESS_DUPLEX, ReadFile, WriteFile,
};
use windows_sys::Win32::System::Pipes::{
    ConnectNamedPipe, CreateNamedPipeW, DisconnectNamedPipe, PIPE_READMODE_BYTE,
    PIPE_READMODE_MESSAGE, PIPE_TYPE_BYTE, PIPE_TYPE_MESSAGE, PIPE_UNLIMITED_INSTANCES,
};

use crate::stage::wide;

/// Answers one message; `None` ends the conversation without an answer.
type Answer = Arc<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// A pipe that is served until this is dropped.
pub(crate) struct Served {
    name: String,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    calls: Arc<AtomicU32>,
}

/// Whether what is on a pipe are messages, one in a conversation, or a stream.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Messages,
    Stream,
}

impl Served {
    pub(crate) fn new(kind: Kind, descriptor: &str, answer: Answer) -> Served {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(r"\\.\pipe\fslaunch-test-np-{}-{number}", std::process::id());
        let over = Arc::new(AtomicBool::new(false));
        let calls = Arc::new(AtomicU32::new(0));
        let first = End(instance(&name, kind, descriptor));
        let serve = {
            let (name, over, calls) = (name.clone(), over.clone(), calls.clone());
            let descriptor = descriptor.to_owned();
            move || {
                let mut end = first;
                loop {
                    // SAFETY: the pipe is open; without an overlapped structure it waits.
                    unsafe { ConnectNamedPipe(end.handle(), ptr::null_mut()) };
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    calls.fetch_add(1, Ordering::SeqCst);
                    let next = End(instance(&name, kind, &descriptor));
                    let (this, answer) = (std::mem::replace(&mut end, next), answer.clone());
                    std::thread::spawn(move || converse(&this, kind, &answer));
                }
            }
        };
        let thread = Some(std::thread::spawn(serve));
        Served {
            name,
            over,
            thread,
            calls,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// How many clients there were.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.load(Ordering::SeqCst)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // A last client, so that it looks.
        let _ = std::fs::File::open(&self.name);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct End(HANDLE);

// SAFETY: a pipe's handle may be used and closed by any thread.
unsafe impl Send for End {}

impl End {
    fn handle(&self) -> HANDLE {
        self.0
    }
}

impl Drop for End {
    fn drop(&mut self) {
        // SAFETY: it is open, ours, and used no more.
        unsafe { CloseHandle(self.0) };
    }
}

fn instance(name: &str, kind: Kind, descriptor: &str) -> HANDLE {
    let (name, descriptor) = (wide(name), wide(descriptor));
    let mode = match kind {
        Kind::Messages => PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE,
        Kind::Stream => PIPE_TYPE_BYTE | PIPE_READMODE_BYTE,
    };
    let mut security = ptr::null_mut();
    // SAFETY: the texts end with NULs, and what is written to outlives the call.
    let parsed = unsafe {
        ConvertStringSecurityDescriptorToSecurityDescriptorW(
            descriptor.as_ptr(),
            SDDL_REVISION_1,
            &mut security,
            ptr::null_mut(),
        )
    };
    assert_ne!(parsed, 0, "a descriptor");
    let attributes = SECURITY_ATTRIBUTES {
        nLength: size_of::<SECURITY_ATTRIBUTES>() as u32,
        lpSecurityDescriptor: security,
        bInheritHandle: 0,
    };
    // SAFETY: as above; the descriptor is freed once it was used.
    let pipe = unsafe {
        let pipe = CreateNamedPipeW(
            name.as_ptr(),
            PIPE_ACCESS_DUPLEX,
            mode,
            PIPE_UNLIMITED_INSTANCES,
            4096,
            4096,
            0,
            &attributes,
        );
        LocalFree(security);
        pipe
    };
    assert_ne!(
        pipe,
        INVALID_HANDLE_VALUE,
        "{}",
        std::io::Error::last_os_error()
    );
    pipe
}

fn converse(end: &End, kind: Kind, answer: &Answer) {
    let mut room = vec![0_u8; 8192];
    loop {
        let mut length = 0;
        // SAFETY: the room is as long as is said.
        let read = unsafe {
            ReadFile(
                end.0,
                room.as_mut_ptr(),
                room.len() as u32,
                &mut length,
                ptr::null_mut(),
            )
        };
        let Some(reply) = (read != 0)
            .then(|| answer(&room[..length as usize]))
            .flatten()
        else {
            break;
        };
        let mut written = 0;
        // SAFETY: the reply is as long as is said.
        unsafe {
            WriteFile(
                end.0,
                reply.as_ptr(),
                reply.len() as u32,
                &mut written,
                ptr::null_mut(),
            );
            FlushFileBuffers(end.0);
        }
        if kind == Kind::Messages {
            break;
        }
    }
    // SAFETY: the pipe is open.
    unsafe { DisconnectNamedPipe(end.0) };
}

/// What was heard, in order.
pub(crate) type Heard = Arc<Mutex<Vec<String>>>;

/// A script of the WinFsp pipe: text to text, `|` for NUL.
pub(crate) fn messages(
    heard: Heard,
    script: impl Fn(&str) -> String + Send + Sync + 'static,
) -> Answer {
    Arc::new(move |bytes| {
        let units: Vec<u16> = bytes
            .as_chunks::<2>()
            .0
            .iter()
            .map(|&pair| u16::from_le_bytes(pair))
            .collect();
        let text = String::from_utf16_lossy(&units).replace('\0', "|");
        heard.lock().unwrap().push(text.clone());
        let reply = script(&text).replace('|', "\0");
        let bytes: Vec<u8> = reply.encode_utf16().flat_map(u16::to_le_bytes).collect();
        (!bytes.is_empty()).then_some(bytes)
    })
}

/// A script of the Varlink pipe: each call comes whole in these tests.
pub(crate) fn varlink(
    script: impl Fn(&str, &serde_json::Value) -> serde_json::Value + Send + Sync + 'static,
) -> Answer {
    Arc::new(move |bytes| {
        let call = bytes.strip_suffix(b"\0")?;
        let call: serde_json::Value = serde_json::from_slice(call).ok()?;
        let method = call["method"].as_str()?.rsplit('.').next()?.to_owned();
        let mut reply = script(&method, &call["parameters"])
            .to_string()
            .into_bytes();
        reply.push(0);
        Some(reply)
    })
}
