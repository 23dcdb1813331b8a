//! Under Wine only: elsewhere this would change the system's network.

use std::{
    fs, io,
    sync::{Mutex, PoisonError},
};

use super::*;
use crate::windows::console::is_wine;

/// A program with the library beside it, and an order of providers: both as
/// they were before, in the end.
struct Place {
    folder: PathBuf,
    order: (String, u32),
}

impl Place {
    fn new(order: &str) -> Place {
        let name = format!("fslaunch-test-provider-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        Trust::system().make_folder(&folder).unwrap();
        fs::write(folder.join(LIBRARY), "").unwrap();
        let before = order_text().unwrap();
        set_order("?", order, REG_SZ).unwrap();
        Place {
            folder,
            order: before,
        }
    }

    fn program(&self) -> String {
        let program = self.folder.join("fslaunchd.exe");
        program.to_str().unwrap().to_owned()
    }

    fn registered(&self) -> Option<String> {
        let path = format!(r"{SERVICES}\{NAME}\NetworkProvider");
        let key = absent(Key::open(Root::Machine64, &path, Access::Read)).unwrap();
        key.and_then(|key| text(&key, "ProviderPath").unwrap())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let (services, _) = Key::create(Root::Machine64, SERVICES).unwrap();
        services.remove_tree(&units(NAME)).unwrap();
        set_order("?", &self.order.0, self.order.1).unwrap();
        forget().unwrap();
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn order_now() -> String {
    order_text().unwrap().0
}

static TURN: Mutex<()> = Mutex::new(());

#[test]
fn the_provider_is_registered_first_and_removed_without_a_trace() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if !is_wine() {
        return;
    }
    let place = Place::new("RDPNP,LanmanWorkstation");
    let program = place.program();
    assert_eq!(remove(&program).unwrap(), None);
    assert!(add(&program).unwrap().1);
    assert_eq!(order_now(), "WinFsp.Np,RDPNP,LanmanWorkstation");
    assert!(place.registered().unwrap().ends_with(LIBRARY));
    // Windows has moved it: once more puts it right.
    set_order("?", "RDPNP,LanmanWorkstation,WinFsp.Np", REG_SZ).unwrap();
    assert!(!add(&program).unwrap().1);
    assert_eq!(order_now(), "WinFsp.Np,RDPNP,LanmanWorkstation");
    assert!(remove(&program).unwrap().unwrap().contains("is removed"));
    assert_eq!(order_now(), "RDPNP,LanmanWorkstation");
    assert_eq!(place.registered(), None);
}

#[test]
fn what_was_registered_before_comes_back() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if !is_wine() {
        return;
    }
    for before in ["WinFsp.Np,RDPNP", "RDPNP"] {
        let place = Place::new(before);
        let program = place.program();
        write(r"C:\theirs.dll").unwrap();
        assert!(add(&program).unwrap().1);
        assert!(!add(&program).unwrap().1, "it is remembered once");
        assert_eq!(order_now(), "WinFsp.Np,RDPNP");
        assert!(remove(&program).unwrap().unwrap().contains("before"));
        assert_eq!(place.registered().as_deref(), Some(r"C:\theirs.dll"));
        assert_eq!(order_now(), before);
        assert_eq!(remove(&program).unwrap(), None, "theirs is left alone");
        assert_eq!(place.registered().as_deref(), Some(r"C:\theirs.dll"));
    }
}

#[test]
fn without_the_library_nothing_is_registered() -> io::Result<()> {
    let program = std::env::temp_dir().join(r"no such folder\fslaunchd.exe");
    let (words, registered) = add(&program.to_string_lossy()).map_err(io::Error::other)?;
    assert!(words.contains("is not beside"), "{words}");
    assert!(!registered);
    Ok(())
}
