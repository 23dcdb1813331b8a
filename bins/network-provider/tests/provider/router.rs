//! Through the Multiple Provider Router, as `net use` and Explorer go.

use std::ffi::CStr;
use std::fs;
use std::path::Path;
use std::ptr;

use fslaunch_tests::{Watchdog, skipped};
use windows_registry::LOCAL_MACHINE;
use windows_sys::Win32::Foundation::HANDLE;
use windows_sys::Win32::NetworkManagement::WNet::NETRESOURCEW;
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryA};

use crate::buffers::text_at;
use crate::drive::{self, Letter, is_wine};
use crate::launched::{Launcher, Programs};
use crate::library::path;
use crate::stage::{Class, Stage, turn, wide};
use crate::story::{compare_tree, write_tree};

const PROVIDER: &str = r"SYSTEM\CurrentControlSet\Services\WinFsp.Np";
const ORDER: &str = r"SYSTEM\CurrentControlSet\Control\NetworkProvider\Order";
const DRIVE: &str = "S:";
const OTHER: &str = "U:";

/// The registration, for as long as the router reads it: when it is loaded.
struct Registered;

impl Registered {
    fn new() -> Registered {
        let key = format!(r"{PROVIDER}\NetworkProvider");
        let key = LOCAL_MACHINE.create(key).unwrap();
        key.set_string("Name", "fslaunch file systems").unwrap();
        key.set_string("ProviderPath", path().to_str().unwrap())
            .unwrap();
        let order = LOCAL_MACHINE.create(ORDER).unwrap();
        order.set_string("ProviderOrder", "WinFsp.Np").unwrap();
        Registered
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let _ = LOCAL_MACHINE.remove_tree(PROVIDER);
        let _ = LOCAL_MACHINE.remove_tree(ORDER);
    }
}

fn function(name: &CStr) -> unsafe extern "system" fn() -> isize {
    // SAFETY: the names end with NULs.
    unsafe {
        let router = LoadLibraryA(c"mpr.dll".as_ptr().cast());
        GetProcAddress(router, name.as_ptr().cast()).unwrap()
    }
}

fn add(local: &str, remote: &str, password: Option<&str>) -> u32 {
    type Add = unsafe extern "system" fn(*const NETRESOURCEW, *const u16, *const u16, u32) -> u32;
    // SAFETY: the function of that name has these arguments.
    let function = unsafe {
        std::mem::transmute::<unsafe extern "system" fn() -> isize, Add>(function(
            c"WNetAddConnection2W",
        ))
    };
    let (mut local, mut remote, password) = (wide(local), wide(remote), password.map(wide));
    // Wine's router falls over a provider or a comment that is NULL.
    let mut empty = wide("");
    let resource = NETRESOURCEW {
        dwType: 1,
        lpLocalName: local.as_mut_ptr(),
        lpRemoteName: remote.as_mut_ptr(),
        lpComment: empty.as_mut_ptr(),
        lpProvider: ptr::null_mut(),
        ..NETRESOURCEW::default()
    };
    let password = password.as_ref().map_or(ptr::null(), |text| text.as_ptr());
    // SAFETY: all that is pointed to outlives the call.
    unsafe { function(&resource, password, ptr::null(), 0) }
}

fn cancel(name: &str) -> u32 {
    type Cancel = unsafe extern "system" fn(*const u16, u32, i32) -> u32;
    // SAFETY: the function of that name has these arguments.
    let function = unsafe {
        std::mem::transmute::<unsafe extern "system" fn() -> isize, Cancel>(function(
            c"WNetCancelConnection2W",
        ))
    };
    let name = wide(name);
    // SAFETY: the name ends with a NUL.
    unsafe { function(name.as_ptr(), 0, 1) }
}

/// Remote names by drives, of all that the router lists as connected disks,
/// and whose they are.
fn connected() -> Vec<[String; 3]> {
    type Open = unsafe extern "system" fn(u32, u32, u32, *const NETRESOURCEW, *mut HANDLE) -> u32;
    type Next = unsafe extern "system" fn(HANDLE, *mut u32, *mut u64, *mut u32) -> u32;
    type Close = unsafe extern "system" fn(HANDLE) -> u32;
    const CONNECTED: u32 = 1;
    const DISK: u32 = 1;
    const END: u32 = 259;
    // SAFETY: the functions of these names have these arguments.
    let (open, next, close) = unsafe {
        use std::mem::transmute;
        type Any = unsafe extern "system" fn() -> isize;
        (
            transmute::<Any, Open>(function(c"WNetOpenEnumW")),
            transmute::<Any, Next>(function(c"WNetEnumResourceW")),
            transmute::<Any, Close>(function(c"WNetCloseEnum")),
        )
    };
    let mut handle = ptr::null_mut();
    // SAFETY: what is written to outlives the call.
    let opened = unsafe { open(CONNECTED, DISK, 0, ptr::null(), &mut handle) };
    assert_eq!(opened, 0);
    let mut all = vec![];
    loop {
        let mut room = vec![0_u64; 2048];
        let (mut count, mut size) = (u32::MAX, 16384);
        // SAFETY: it is open, and the room has as many bytes as is said.
        let code = unsafe { next(handle, &mut count, room.as_mut_ptr(), &mut size) };
        if code == END {
            break;
        }
        assert_eq!(code, 0);
        let entries = room.as_ptr().cast::<NETRESOURCEW>();
        for at in 0..count as usize {
            // SAFETY: so many structures were written there, and texts after them.
            all.push(unsafe {
                let entry = &*entries.add(at);
                [entry.lpLocalName, entry.lpRemoteName, entry.lpProvider].map(|text| text_at(text))
            });
        }
        assert!(all.len() < 100, "there is no end");
    }
    // SAFETY: it is open, and not used any more.
    assert_eq!(unsafe { close(handle) }, 0);
    all
}

#[test]
fn through_the_router_a_drive_is_connected_used_listed_and_disconnected() {
    let test = "through_the_router_a_drive_is_connected_used_listed_and_disconnected";
    if !is_wine() {
        let why = "it would change the order of this system's network providers";
        return skipped(test, why);
    }
    let Some(programs) = Programs::for_test(test) else {
        return;
    };
    let (_turn, key) = turn();
    let _letters = [DRIVE, OTHER].map(Letter::free);
    let _registered = Registered::new();
    let launcher = Launcher::start(programs, key);
    let _watchdog = Watchdog::over(launcher.folder());
    launcher.class("mapfs", 50, "");
    let (one, two) = (r"\\mapfs\one", r"\\mapfs\two\b");
    assert_eq!(connected(), [] as [[String; 3]; 0]);
    assert_eq!(add(DRIVE, one, None), 0);
    let root = format!(r"{DRIVE}\");
    write_tree(Path::new(&root));
    compare_tree(Path::new(&root));
    compare_tree(&launcher.shown());
    assert_eq!(add(OTHER, two, None), 0);
    let mut listed = connected();
    listed.sort();
    let entry = |drive: &str, name: &str| [drive, name, "fslaunch file systems"].map(str::to_owned);
    assert_eq!(listed, [entry(DRIVE, one), entry(OTHER, two)]);
    // By its drive, and by its name.
    assert_eq!(cancel(DRIVE), 0);
    assert!(fs::read_dir(&root).is_err(), "the drive is gone");
    assert_eq!(connected(), [entry(OTHER, two)]);
    assert_eq!(cancel(two), 0);
    assert!(fs::read_dir(format!(r"{OTHER}\")).is_err());
    assert_eq!(launcher.instances(), [] as [&str; 0]);
    // What was ended can be connected again.
    assert_eq!(add(DRIVE, one, None), 0);
    compare_tree(Path::new(&root));
    assert_eq!(cancel(one), 0);
}

#[test]
fn the_router_connects_and_disconnects() {
    if !is_wine() {
        let why = "it would change the order of this system's network providers";
        return skipped("the_router_connects_and_disconnects", why);
    }
    let script = |message: &str| {
        if message.starts_with('X') && !message.ends_with("|right|") {
            return "!5|".to_owned();
        }
        if message.starts_with('X') {
            drive::map(DRIVE, std::env::temp_dir().to_str().unwrap());
        }
        if message.starts_with('T') {
            drive::unmap(DRIVE);
        }
        "$".to_owned()
    };
    let class = Class {
        credentials: 1,
        ..Class::default()
    };
    let stage = Stage::answering(script).class("sshfs", class);
    let _registered = Registered::new();
    let _letter = Letter::free(DRIVE);
    let name = r"\\sshfs\alice@host";
    assert_eq!(add(DRIVE, name, Some("wrong")), 5);
    assert_eq!(add(DRIVE, name, Some("right")), 0);
    assert!(std::fs::read_dir(format!(r"{DRIVE}\")).is_ok());
    assert_eq!(add(DRIVE, name, Some("right")), 85);
    assert_eq!(cancel(name), 0);
    assert_eq!(stage.heard().last().unwrap(), "Tsshfs|alice@host|");
    assert_eq!(add(DRIVE, r"\\nosuch\share", None), 1222);
    assert_eq!(add("", r"\\sshfs", None), 67);
    assert_eq!(cancel(r"\\nosuch\share"), 2250);
}
