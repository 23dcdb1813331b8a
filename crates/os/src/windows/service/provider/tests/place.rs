//! A program with the library beside it, and an order of providers: both as
//! they were before, in the end.
#![allow(unsafe_code, reason = "a key is made one that can't be written")]

use std::{
    fs, ptr,
    sync::{Mutex, MutexGuard, PoisonError},
};

use windows_sys::Win32::{
    Security::DACL_SECURITY_INFORMATION,
    System::Registry::{
        HKEY_LOCAL_MACHINE, KEY_WOW64_64KEY, RegCloseKey, RegOpenKeyExW, RegSetKeySecurity,
    },
};

use super::super::*;
use crate::windows::{console::is_wine, descriptor::Descriptor, raw::wide};

/// A library that is there.
pub(super) const THEIRS: &str = r"%SystemRoot%\System32\kernel32.dll";

/// There is one registration.
static TURN: Mutex<()> = Mutex::new(());

pub(super) struct Place {
    folder: PathBuf,
    order: (String, u32),
    _turn: MutexGuard<'static, ()>,
}

impl Place {
    pub(super) fn new(order: &str) -> Place {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let name = format!("fslaunch-test-provider-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        Trust::system().make_folder(&folder).unwrap();
        let place = Place {
            folder,
            order: order_text().unwrap(),
            _turn: turn,
        };
        fs::write(place.folder.join(LIBRARY), "").unwrap();
        set_order("?", order, REG_SZ).unwrap();
        place
    }

    pub(super) fn program(&self) -> String {
        let program = self.folder.join("fslaunchd.exe");
        program.to_str().unwrap().to_owned()
    }

    /// The same program in another folder.
    pub(super) fn another(&self) -> String {
        let folder = self.folder.join("another");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(LIBRARY), "").unwrap();
        let program = folder.join("fslaunchd.exe");
        program.to_str().unwrap().to_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (services, _) = Key::create(Root::Machine64, SERVICES).unwrap();
        services.remove_tree(&units(NAME)).unwrap();
        set_order("?", &self.order.0, self.order.1).unwrap();
        Kept::forget().unwrap();
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// Values by their names, in the order of the documentation.
pub(super) type Values = Vec<(&'static str, Option<String>)>;

/// Somebody else registers a library, as an installer does; all that is
/// registered then.
pub(super) fn register_theirs(path: &str) -> Values {
    let key = Key::create(Root::Machine64, &format!(r"{SERVICES}\{NAME}"));
    let (key, _) = key.unwrap();
    key.set(&said("Group", "NetworkProvider")).unwrap();
    let (below, _) = key.create_below(&units("NetworkProvider")).unwrap();
    for (name, text) in [
        ("Name", "theirs"),
        ("DeviceName", r"\Device\Theirs"),
        ("ProviderPath", path),
    ] {
        below.set(&said(name, text)).unwrap();
    }
    values()
}

pub(super) fn order_now() -> String {
    order_text().unwrap().0
}

/// All that is registered.
pub(super) fn values() -> Values {
    let path = format!(r"{SERVICES}\{NAME}");
    let value = |path: &str, name| {
        let key = absent(Key::open(Root::Machine64, path, Access::Read)).unwrap();
        (name, key.and_then(|key| text(&key, name).unwrap()))
    };
    let below = format!(r"{path}\NetworkProvider");
    let mut all = vec![value(&path, "Group")];
    all.extend(["Name", "DeviceName", "ProviderPath"].map(|name| value(&below, name)));
    all
}

/// Whether this would change the network of a real system; says so.
pub(super) fn is_skipped() -> bool {
    if !is_wine() {
        let test = std::thread::current();
        let test = test.name().unwrap_or("a test").to_owned();
        println!("SKIPPED: {test} would change the network of this system");
    }
    !is_wine()
}

/// The order of providers can be read and not be changed, until dropped.
pub(super) struct ReadOnlyOrder;

impl ReadOnlyOrder {
    pub(super) fn new() -> Self {
        // The order must be there to be read.
        Key::create(Root::Machine64, ORDER).unwrap();
        // Reading, and who may do it.
        allow("D:P(A;;KR;;;WD)(A;;WDRC;;;WD)");
        Self
    }
}

impl Drop for ReadOnlyOrder {
    fn drop(&mut self) {
        allow("D:P(A;;KA;;;WD)");
    }
}

fn allow(sddl: &str) {
    const WRITE_DAC: u32 = 0x4_0000;
    let descriptor = Descriptor::parse(sddl).unwrap();
    let mut key = ptr::null_mut();
    // SAFETY: the path ends with a NUL, and the descriptor lives long enough.
    unsafe {
        let access = WRITE_DAC | KEY_WOW64_64KEY;
        let path = wide(ORDER);
        assert_eq!(
            RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.as_ptr(), 0, access, &mut key),
            0
        );
        let set = RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor.as_ptr());
        RegCloseKey(key);
        assert_eq!(set, 0);
    }
}
