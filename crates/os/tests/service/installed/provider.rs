//! The network provider, registered with the service. Under Wine only: what is
//! registered here is no library.

#![allow(unsafe_code, reason = "a key is made one that can't be written")]

use std::{path::Path, ptr};

use fslaunch_os::testing::is_wine;
use windows_registry::{Key, LOCAL_MACHINE};
use windows_sys::Win32::{
    Foundation::LocalFree,
    Security::{
        Authorization::{ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1},
        DACL_SECURITY_INFORMATION,
    },
    System::Registry::RegSetKeySecurity,
};

use super::*;

const PROVIDER: &str = r"SYSTEM\CurrentControlSet\Services\WinFsp.Np\NetworkProvider";
const ORDER: &str = r"SYSTEM\CurrentControlSet\Control\NetworkProvider\Order";
/// A library that is there.
const THEIRS: &str = r"%SystemRoot%\System32\kernel32.dll";

/// A library beside this program, and somebody else's that is registered; both
/// gone in the end.
struct Library {
    path: PathBuf,
    order: Key,
}

impl Library {
    fn new() -> Option<Library> {
        if !is_wine() {
            print!("SKIPPED: it would change the network of this system ... ");
            return None;
        }
        let path = env::current_exe()
            .unwrap()
            .with_file_name("fslaunch_np.dll");
        fs::write(&path, "").unwrap();
        let theirs = LOCAL_MACHINE.create(PROVIDER).unwrap();
        theirs.set_string("ProviderPath", THEIRS).unwrap();
        let order = LOCAL_MACHINE.create(ORDER).unwrap();
        order
            .set_string("ProviderOrder", "RDPNP,WinFsp.Np")
            .unwrap();
        Some(Library { path, order })
    }

    fn order(&self) -> String {
        self.order.get_string("ProviderOrder").unwrap()
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        let _ = self.order.remove_value("ProviderOrder");
        let parent = Path::new(PROVIDER).parent().unwrap();
        let _ = LOCAL_MACHINE.remove_tree(parent.to_str().unwrap());
        let _ = LOCAL_MACHINE.remove_tree(r"Software\fslaunch\ReplacedProvider");
    }
}

fn registered() -> String {
    let key = LOCAL_MACHINE.open(PROVIDER).unwrap();
    key.get_string("ProviderPath").unwrap()
}

pub(super) fn comes_and_goes() {
    let Some(library) = Library::new() else {
        return;
    };
    let own = Own::new("provider");
    let words = own.install(false, true).unwrap().join("\n");
    assert!(words.contains("'WinFsp.Np' is registered"), "{words}");
    assert_eq!(registered(), library.path.to_str().unwrap());
    assert_eq!(library.order(), "WinFsp.Np,RDPNP");
    // The service has gone, and whatever was to follow did not happen.
    own.open().unwrap().stop().unwrap();
    wait(&own.open().unwrap(), ServiceState::Stopped);
    own.open().unwrap().delete().unwrap();
    assert!(own.open().is_none());
    let words = service::uninstall(&own.0).unwrap().join("\n");
    assert!(words.contains("what it was before"), "{words}");
    assert_eq!(registered(), THEIRS);
    let error = service::uninstall(&own.0).unwrap_err();
    assert!(
        matches!(error, InstallError::NotInstalled { .. }),
        "{error}"
    );
}

/// Lets everybody have these rights to the order.
fn allow(rights: &str) {
    const WRITE_DAC: u32 = 0x4_0000;
    let sddl: Vec<u16> = format!("D:P(A;;{rights};;;WD)\0").encode_utf16().collect();
    let key = LOCAL_MACHINE.options().access(WRITE_DAC).open(ORDER);
    let key = key.unwrap();
    let mut descriptor = ptr::null_mut();
    // SAFETY: the text ends with a NUL; the key is open; the descriptor is the
    // system's, freed once.
    unsafe {
        let read = ConvertStringSecurityDescriptorToSecurityDescriptorW(
            sddl.as_ptr(),
            SDDL_REVISION_1,
            &mut descriptor,
            ptr::null_mut(),
        );
        assert_ne!(read, 0);
        let set = RegSetKeySecurity(key.as_raw(), DACL_SECURITY_INFORMATION, descriptor);
        LocalFree(descriptor);
        assert_eq!(set, 0);
    }
}

pub(super) fn fails() {
    let Some(library) = Library::new() else {
        return;
    };
    let order = library.order();
    let is_as_it_was = |own: &Own| {
        assert_eq!(registered(), THEIRS);
        assert_eq!(library.order(), order);
        assert!(own.open().is_none());
    };
    let own = Own::new("provider fails");
    let error = own.install(false, true).unwrap_err();
    assert!(matches!(error, InstallError::Ended { .. }), "{error}");
    is_as_it_was(&own);

    // The registration is written by then, and can't be put first.
    let own = Own::new("provider half");
    allow("KRWDRC");
    let installed = own.install(false, false);
    allow("KA");
    let error = installed.unwrap_err();
    assert!(matches!(error, InstallError::NotAdministrator), "{error}");
    is_as_it_was(&own);
}
