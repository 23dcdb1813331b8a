//! Through the Multiple Provider Router, as `net use` and Explorer go.

use std::ffi::CStr;
use std::ptr;

use fslaunch_tests::skipped;
use windows_registry::LOCAL_MACHINE;
use windows_sys::Win32::NetworkManagement::WNet::NETRESOURCEW;
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryA};

use crate::drive::{self, is_wine};
use crate::library::path;
use crate::stage::{Class, Stage, wide};

const PROVIDER: &str = r"SYSTEM\CurrentControlSet\Services\WinFsp.Np";
const ORDER: &str = r"SYSTEM\CurrentControlSet\Control\NetworkProvider\Order";
const DRIVE: &str = "S:";

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
        drive::unmap(DRIVE);
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
    let _registered = Registered::new();
    let stage = Stage::answering(script).class("sshfs", class);
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
