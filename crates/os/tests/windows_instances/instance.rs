//! The parts that this program plays as an instance.

#![allow(unsafe_code, reason = "instances are asked what the system tells them")]

use std::fs::File;
use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::os::windows::io::FromRawHandle;
use std::process::{Command, Stdio, exit};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use windows_sys::Win32::Foundation::{GetLastError, HANDLE, LocalFree};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_TYPE_DISK, FILE_TYPE_PIPE, GetFileSizeEx, GetFileType,
};
use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, SetConsoleCtrlHandler};
use windows_sys::Win32::System::Environment::GetCommandLineW;
use windows_sys::Win32::UI::Shell::CommandLineToArgvW;
use windows_sys::core::BOOL;

/// The argument that makes this program an instance.
pub(crate) const INSTANCE: &str = "--instance";
/// The exit codes of those that saw CTRL-BREAK.
pub(crate) const SEEN_BY_HANDLER: i32 = 3;
pub(crate) const SEEN_BY_TOKIO: i32 = 4;
/// After this an instance ends by itself, whatever became of its test.
const LIFE: Duration = Duration::from_secs(100);

/// Plays a part, if this process is an instance.
pub(crate) fn run_if_asked() {
    let arguments: Vec<String> = argv();
    if arguments.get(1).map(String::as_str) != Some(INSTANCE) {
        return;
    }
    match arguments[2].as_str() {
        "arguments" => arguments[3..]
            .iter()
            .for_each(|argument| println!("{argument:?}")),
        "environment" => std::env::vars().for_each(|(name, value)| println!("{name}={value}")),
        "handles" => handles(),
        "stdin" => stdin(),
        "impersonates" => impersonates(),
        "speak" => {
            println!("{}", arguments[3]);
            eprintln!("{}", arguments[4]);
        }
        "flood" => flood(),
        "writes-on" => writes_on(),
        "handler" => with_handler(sees),
        "ignores" => with_handler(ignores),
        "tokio" => tokio_handler(),
        "sends-events" => crate::events::send(),
        "sleep" => sleep(),
        "tree" => tree(),
        "tree-on-break" => with_handler(grows),
        part => panic!("no part {part:?}"),
    }
    exit(7);
}

fn sleep() {
    println!("up");
    std::thread::sleep(LIFE);
}

/// As programs in C get them; and std's idea of them must be the same.
pub(crate) fn argv() -> Vec<String> {
    // SAFETY: the line is the process's own.
    let found = unsafe { parse(GetCommandLineW()) };
    assert!(std::env::args().eq(found.iter().cloned()));
    found
}

/// Takes a command line apart as programs in C do.
///
/// # Safety
/// The line ends in NUL.
pub(crate) unsafe fn parse(line: *const u16) -> Vec<String> {
    let mut count = 0;
    // SAFETY: the system gives `count` texts that end in NUL, in memory to be freed.
    unsafe {
        let words = CommandLineToArgvW(line, &mut count);
        assert!(!words.is_null());
        let found = (0..count as usize).map(|i| {
            let word = *words.add(i);
            let length = (0..).take_while(|&at| *word.add(at) != 0).count();
            String::from_utf16_lossy(std::slice::from_raw_parts(word, length))
        });
        let found = found.collect();
        LocalFree(words.cast());
        found
    }
}

/// Says what pipes and files there are among its first handles, however they are called.
fn handles() {
    for value in (4..0x1000_usize).step_by(4) {
        let handle: HANDLE = ptr::without_provenance_mut(value);
        // SAFETY: what is no handle is told to be none.
        let kind = unsafe { GetFileType(handle) };
        if kind == FILE_TYPE_PIPE {
            println!("pipe");
        }
        let mut size = 0;
        // SAFETY: as above; the answer goes into a value of the right type.
        if kind == FILE_TYPE_DISK && unsafe { GetFileSizeEx(handle, &mut size) } != 0 {
            println!("file of {size} bytes");
        }
    }
}

fn stdin() {
    let mut found = Vec::new();
    std::io::stdin().read_to_end(&mut found).unwrap();
    println!("{found:?}");
}

/// Says of which of its pipes it can be whoever is at the other end, once it has read.
fn impersonates() {
    use windows_sys::Win32::Security::RevertToSelf;
    use windows_sys::Win32::System::Console::{
        GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE,
    };
    use windows_sys::Win32::System::Pipes::ImpersonateNamedPipeClient;
    let mut secret = String::new();
    std::io::stdin().read_to_string(&mut secret).unwrap();
    for which in [STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE] {
        // SAFETY: the handle stays open; what becomes of this thread is undone at once.
        let done = unsafe { ImpersonateNamedPipeClient(GetStdHandle(which)) != 0 };
        // SAFETY: takes nothing.
        let back = unsafe { RevertToSelf() != 0 };
        assert!(back);
        println!("{done}");
    }
    println!("{secret}");
}

/// Writes more than any buffer holds.
fn flood() {
    let mut out = std::io::stdout();
    for _ in 0..64 {
        out.write_all(&[b'x'; 16 << 10]).unwrap();
    }
}

/// Writes more than any buffer holds once it is told by a file to, and says by another that it
/// has.
fn writes_on() {
    println!("up");
    let folder = std::env::args().nth(3).unwrap();
    let folder = std::path::Path::new(&folder);
    while !folder.join("go").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    for _ in 0..64 {
        std::io::stdout().write_all(&[b'x'; 16 << 10]).unwrap();
        std::io::stderr().write_all(&[b'y'; 16 << 10]).unwrap();
    }
    std::fs::write(folder.join("written"), "").unwrap();
    std::thread::sleep(LIFE);
}

static SEEN: AtomicBool = AtomicBool::new(false);

fn with_handler(handler: unsafe extern "system" fn(u32) -> BOOL) {
    // SAFETY: the handler may be called at any time.
    let set = unsafe { SetConsoleCtrlHandler(Some(handler), 1) };
    // SAFETY: takes nothing.
    assert_ne!(set, 0, "{}", unsafe { GetLastError() });
    println!("up");
    let end = std::time::Instant::now() + LIFE;
    while std::time::Instant::now() < end {
        if SEEN.load(Ordering::Relaxed) {
            exit(SEEN_BY_HANDLER);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

unsafe extern "system" fn sees(event: u32) -> BOOL {
    SEEN.store(event == CTRL_BREAK_EVENT, Ordering::Relaxed);
    1
}

unsafe extern "system" fn ignores(event: u32) -> BOOL {
    // Not through `println`, whose lock another thread may hold.
    write_line(&format!("ignored {event}"));
    1
}

unsafe extern "system" fn grows(_event: u32) -> BOOL {
    write_line(&descendant());
    1
}

fn write_line(line: &str) {
    use windows_sys::Win32::System::Console::{GetStdHandle, STD_OUTPUT_HANDLE};
    // SAFETY: the handle is the standard output, which stays open.
    let out = unsafe { File::from_raw_handle(GetStdHandle(STD_OUTPUT_HANDLE)) };
    let _ = writeln!(&mut ManuallyDrop::new(out), "{line}");
}

fn tokio_handler() {
    crate::stage::run(async {
        let mut events = tokio::signal::windows::ctrl_break().unwrap();
        println!("up");
        if tokio::time::timeout(LIFE, events.recv()).await.is_ok() {
            exit(SEEN_BY_TOKIO);
        }
    });
}

/// Starts a process that is no child of a console or pipe, and says its ID and time of creation.
#[expect(clippy::zombie_processes, reason = "its job ends it, after its parent")]
fn descendant() -> String {
    use std::os::windows::process::CommandExt;
    use windows_sys::Win32::System::Threading::{CREATE_NEW_PROCESS_GROUP, DETACHED_PROCESS};
    let child = Command::new(std::env::current_exe().unwrap())
        .args([INSTANCE, "sleep"])
        .creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = fslaunch_os::process::start_time(child.id()).unwrap();
    format!("{} {}", child.id(), start.unwrap())
}

fn tree() {
    println!("{}", descendant());
    std::thread::sleep(LIFE);
}
