//! Connects a drive as programs do, says how long that took, and disconnects
//! it: for the benchmarks.
//!
//! `connect LIBRARY DRIVE REMOTE` prints the microseconds from the call of
//! `NPAddConnection` to its answer. By then the drive must be usable.
#![cfg_attr(windows, allow(unsafe_code))]

#[cfg(windows)]
fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [library, drive, remote] = words.as_slice() else {
        panic!("connect LIBRARY DRIVE REMOTE");
    };
    let library = windows::Library::load(library);
    let begun = std::time::Instant::now();
    let code = library.connect(drive, remote);
    let taken = begun.elapsed();
    assert_eq!(code, 0, "{remote} is not connected");
    let root = std::fs::read_dir(format!(r"{drive}\"));
    assert_eq!(library.cancel(drive), 0, "{drive} is not disconnected");
    assert!(root.is_ok(), "{drive} was not usable: {root:?}");
    println!("{}", taken.as_micros());
}

#[cfg(windows)]
mod windows {
    use std::ffi::CStr;
    use std::ptr;

    use windows_sys::Win32::Foundation::HMODULE;
    use windows_sys::Win32::NetworkManagement::WNet::{NETRESOURCEW, RESOURCETYPE_DISK};
    use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};

    type Function = unsafe extern "system" fn() -> isize;
    type Add = unsafe extern "system" fn(*const NETRESOURCEW, *const u16, *const u16) -> u32;
    type Cancel = unsafe extern "system" fn(*const u16, i32) -> u32;

    /// The provider, loaded for as long as the program runs.
    pub(crate) struct Library(HMODULE);

    impl Library {
        pub(crate) fn load(path: &str) -> Library {
            // SAFETY: the path ends with a NUL.
            let module = unsafe { LoadLibraryW(wide(path).as_ptr()) };
            assert!(!module.is_null(), "{path} can't be loaded");
            Library(module)
        }

        fn function(&self, name: &CStr) -> Function {
            // SAFETY: the module is loaded, and the name ends with a NUL.
            let function = unsafe { GetProcAddress(self.0, name.as_ptr().cast()) };
            function.unwrap_or_else(|| panic!("no function {name:?}"))
        }

        pub(crate) fn connect(&self, drive: &str, remote: &str) -> u32 {
            let (mut drive, mut remote) = (wide(drive), wide(remote));
            let resource = NETRESOURCEW {
                dwType: RESOURCETYPE_DISK,
                lpLocalName: drive.as_mut_ptr(),
                lpRemoteName: remote.as_mut_ptr(),
                ..NETRESOURCEW::default()
            };
            // SAFETY: the function of that name has these arguments; texts end
            // with NULs and outlive the call, and there are no credentials.
            unsafe {
                let add = self.function(c"NPAddConnection");
                let add = std::mem::transmute::<Function, Add>(add);
                add(&resource, ptr::null(), ptr::null())
            }
        }

        pub(crate) fn cancel(&self, drive: &str) -> u32 {
            // SAFETY: the function of that name has these arguments, and the
            // text ends with a NUL.
            unsafe {
                let cancel = self.function(c"NPCancelConnection");
                let cancel = std::mem::transmute::<Function, Cancel>(cancel);
                cancel(wide(drive).as_ptr(), 0)
            }
        }
    }

    fn wide(text: &str) -> Vec<u16> {
        text.encode_utf16().chain([0]).collect()
    }
}

#[cfg(not(windows))]
fn main() {}
