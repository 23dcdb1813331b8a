//! The library as programs get it: loaded, and called by its names.

use std::ffi::CStr;
use std::path::PathBuf;
use std::ptr;

use windows_sys::Win32::Foundation::{FreeLibrary, HANDLE, HMODULE};
use windows_sys::Win32::NetworkManagement::WNet::NETRESOURCEW;
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};

use crate::stage::wide;

/// The loaded library.
pub(crate) struct Library(HMODULE);

// SAFETY: a module may be used by any thread.
unsafe impl Send for Library {}
// SAFETY: likewise.
unsafe impl Sync for Library {}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: it was loaded once, and nothing of it is in use.
        unsafe { FreeLibrary(self.0) };
    }
}

/// Where cargo has built it, together with this program.
pub(crate) fn path() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    own.parent().unwrap().join("fslaunch_np.dll")
}

macro_rules! call {
    ($library:expr, $name:literal, ($($argument:expr),*), ($($kind:ty),*)) => {{
        let function = $library.function($name);
        // SAFETY: the function of that name has these arguments.
        let function = unsafe {
            std::mem::transmute::<unsafe extern "system" fn() -> isize, unsafe extern "system" fn($($kind),*) -> u32>(function)
        };
        // SAFETY: what is pointed to outlives the call, and is as long as is said.
        unsafe { function($($argument),*) }
    }};
}

/// What a connection is added with.
#[derive(Clone, Copy)]
pub(crate) struct Add<'a> {
    pub(crate) kind: u32,
    pub(crate) local: Option<&'a str>,
    pub(crate) remote: Option<&'a str>,
    pub(crate) password: Option<&'a str>,
    pub(crate) user: Option<&'a str>,
}

pub(crate) fn add<'a>(local: &'a str, remote: &'a str) -> Add<'a> {
    Add {
        kind: 1,
        local: (!local.is_empty()).then_some(local),
        remote: Some(remote),
        password: None,
        user: None,
    }
}

impl Library {
    pub(crate) fn load() -> Library {
        let path = wide(path().to_str().unwrap());
        // SAFETY: the path ends with a NUL.
        let module = unsafe { LoadLibraryW(path.as_ptr()) };
        assert!(!module.is_null(), "{}", std::io::Error::last_os_error());
        Library(module)
    }

    fn function(&self, name: &CStr) -> unsafe extern "system" fn() -> isize {
        // SAFETY: the module is loaded, and the name ends with a NUL.
        let function = unsafe { GetProcAddress(self.0, name.as_ptr().cast()) };
        function.unwrap_or_else(|| panic!("no function {name:?}"))
    }

    pub(crate) fn caps(&self, index: u32) -> u32 {
        call!(self, c"NPGetCaps", (index), (u32))
    }

    pub(crate) fn connect(&self, add: Add<'_>) -> u32 {
        with(add, |resource, password, user| {
            call!(
                self,
                c"NPAddConnection",
                (resource, password, user),
                (*const NETRESOURCEW, *const u16, *const u16)
            )
        })
    }

    pub(crate) fn connect3(&self, add: Add<'_>, flags: u32) -> u32 {
        let nobody = ptr::null_mut();
        with(add, |resource, password, user| {
            call!(
                self,
                c"NPAddConnection3",
                (nobody, resource, password, user, flags),
                (HANDLE, *const NETRESOURCEW, *const u16, *const u16, u32)
            )
        })
    }

    /// With no resource at all.
    pub(crate) fn connect_nothing(&self) -> u32 {
        let none = ptr::null();
        call!(
            self,
            c"NPAddConnection",
            (ptr::null(), none, none),
            (*const NETRESOURCEW, *const u16, *const u16)
        )
    }

    pub(crate) fn cancel(&self, name: Option<&str>) -> u32 {
        let name = name.map(wide);
        let name = pointer(&name);
        call!(self, c"NPCancelConnection", (name, 0), (*const u16, i32))
    }

    /// The code, the size afterwards, and what is in the buffer.
    pub(crate) fn connection(
        &self,
        local: Option<&str>,
        buffer: Option<usize>,
        size: u32,
    ) -> (u32, u32, String) {
        let local = local.map(wide);
        let mut room = vec![0x5555_u16; buffer.unwrap_or(0)];
        let start = buffer.map_or(ptr::null_mut(), |_| room.as_mut_ptr());
        let mut size = size;
        let code = call!(
            self,
            c"NPGetConnection",
            (pointer(&local), start, &mut size),
            (*const u16, *mut u16, *mut u32)
        );
        (code, size, text(&room))
    }

    pub(crate) fn connection_without_size(&self, local: &str) -> u32 {
        let local = wide(local);
        call!(
            self,
            c"NPGetConnection",
            (local.as_ptr(), ptr::null_mut(), ptr::null_mut()),
            (*const u16, *mut u16, *mut u32)
        )
    }

    pub(crate) fn universal(
        &self,
        path: Option<&str>,
        level: u32,
        buffer: *mut u8,
        size: *mut u32,
    ) -> u32 {
        let path = path.map(wide);
        call!(
            self,
            c"NPGetUniversalName",
            (pointer(&path), level, buffer, size),
            (*const u16, u32, *mut u8, *mut u32)
        )
    }

    pub(crate) fn open_enum(&self, scope: u32, kind: u32, handle: *mut HANDLE) -> u32 {
        call!(
            self,
            c"NPOpenEnum",
            (scope, kind, 0, ptr::null(), handle),
            (u32, u32, u32, *const NETRESOURCEW, *mut HANDLE)
        )
    }

    pub(crate) fn enum_resource(
        &self,
        handle: HANDLE,
        count: *mut u32,
        buffer: *mut u8,
        size: *mut u32,
    ) -> u32 {
        call!(
            self,
            c"NPEnumResource",
            (handle, count, buffer, size),
            (HANDLE, *mut u32, *mut u8, *mut u32)
        )
    }

    pub(crate) fn close_enum(&self, handle: HANDLE) -> u32 {
        call!(self, c"NPCloseEnum", (handle), (HANDLE))
    }

    pub(crate) fn panics(&self) -> u32 {
        call!(self, c"FslaunchTestPanic", (), ())
    }

    /// The words of the last failure that had any.
    pub(crate) fn words(&self) -> String {
        let mut room = vec![0_u16; 4096];
        let start = room.as_mut_ptr();
        let length = call!(self, c"FslaunchTestWords", (start, 4096), (*mut u16, u32));
        String::from_utf16(&room[..length as usize]).unwrap()
    }
}

fn with(
    add: Add<'_>,
    call: impl FnOnce(*const NETRESOURCEW, *const u16, *const u16) -> u32,
) -> u32 {
    let mut texts = [add.local, add.remote].map(|text| text.map(wide));
    let [local, remote] = texts.each_mut().map(|text| {
        text.as_mut()
            .map_or(ptr::null_mut(), |text| text.as_mut_ptr())
    });
    let [password, user] = [add.password, add.user].map(|text| text.map(wide));
    let resource = NETRESOURCEW {
        dwType: add.kind,
        lpLocalName: local,
        lpRemoteName: remote,
        ..NETRESOURCEW::default()
    };
    call(&resource, pointer(&password), pointer(&user))
}

fn pointer(text: &Option<Vec<u16>>) -> *const u16 {
    text.as_ref().map_or(ptr::null(), |text| text.as_ptr())
}

/// The text in a buffer, up to its NUL.
pub(crate) fn text(room: &[u16]) -> String {
    let units = room.split(|&unit| unit == 0).next().unwrap_or_default();
    String::from_utf16_lossy(units)
}
