//! Under Wine only: elsewhere this would change the system's network.

mod interrupted;
mod meanwhile;
mod place;

use super::*;
use place::{Place, THEIRS, Values, is_skipped, order_now, register_theirs, values};

const SERVICE: &str = "a service";

/// Ours, as the specification of the network provider has it.
fn ours(place: &Place) -> Values {
    let library = beside(&place.program());
    vec![
        ("Group", Some("NetworkProvider".to_owned())),
        ("Name", Some("fslaunch file systems".to_owned())),
        ("DeviceName", Some(r"\Device\WinFsp.Mup".to_owned())),
        ("ProviderPath", Some(library.to_str().unwrap().to_owned())),
    ]
}

#[test]
fn the_provider_is_registered_first_and_removed_without_a_trace() {
    if is_skipped() {
        return;
    }
    let place = Place::new("RDPNP,LanmanWorkstation");
    let nothing = values();
    assert!(nothing.iter().all(|(_, value)| value.is_none()));
    assert_eq!(remove(SERVICE).unwrap(), None);
    add(&place.program(), SERVICE).unwrap();
    assert_eq!(order_now(), "WinFsp.Np,RDPNP,LanmanWorkstation");
    assert_eq!(values(), ours(&place));
    // Windows has moved it: once more puts it right.
    set_order("?", "RDPNP,LanmanWorkstation,WinFsp.Np", REG_SZ).unwrap();
    add(&place.program(), SERVICE).unwrap();
    assert_eq!(order_now(), "WinFsp.Np,RDPNP,LanmanWorkstation");
    assert_eq!(values(), ours(&place));
    assert!(remove(SERVICE).unwrap().unwrap().contains("is removed"));
    assert_eq!(order_now(), "RDPNP,LanmanWorkstation");
    assert_eq!(values(), nothing);
    assert!(Kept::load().unwrap().is_none());
    assert_eq!(remove(SERVICE).unwrap(), None);
}

#[test]
fn what_was_registered_before_comes_back() {
    if is_skipped() {
        return;
    }
    for before in ["WinFsp.Np,RDPNP", "RDPNP"] {
        let place = Place::new(before);
        let theirs = register_theirs(THEIRS);
        add(&place.program(), SERVICE).unwrap();
        add(&place.program(), SERVICE).unwrap();
        assert_eq!(order_now(), "WinFsp.Np,RDPNP");
        assert_eq!(values(), ours(&place));
        assert!(remove(SERVICE).unwrap().unwrap().contains("before"));
        assert_eq!(values(), theirs);
        assert_eq!(order_now(), before);
        assert_eq!(remove(SERVICE).unwrap(), None, "theirs is left alone");
        assert_eq!(values(), theirs);
    }
}

#[test]
fn installed_from_another_folder_what_was_there_first_comes_back() {
    if is_skipped() {
        return;
    }
    for theirs in [None, Some(THEIRS)] {
        let place = Place::new("RDPNP");
        if let Some(path) = theirs {
            register_theirs(path);
        }
        let before = values();
        let other = place.another();
        add(&place.program(), SERVICE).unwrap();
        add(&other, SERVICE).unwrap();
        let library = beside(&other).to_str().unwrap().to_owned();
        assert_eq!(registered().unwrap(), Registered::Ours(library));
        assert!(remove(SERVICE).unwrap().is_some());
        assert_eq!(values(), before);
        assert_eq!(order_now(), "RDPNP");
    }
}

#[test]
fn what_an_earlier_build_registered_is_never_put_back() {
    if is_skipped() {
        return;
    }
    let place = Place::new("RDPNP");
    // It kept nothing where there was nothing.
    register_theirs(r"C:\an earlier\FSLAUNCH_NP.dll");
    add(&place.program(), SERVICE).unwrap();
    remove(SERVICE).unwrap();
    assert_eq!(registered().unwrap(), Registered::Nothing);
    register_theirs(r"C:\an earlier\fslaunch_np.dll");
    remove(SERVICE).unwrap();
    assert_eq!(registered().unwrap(), Registered::Nothing);
}

#[test]
fn a_registration_that_came_after_ours_is_left_alone_or_comes_back() {
    if is_skipped() {
        return;
    }
    for first in [None, Some(THEIRS)] {
        let place = Place::new("RDPNP");
        if let Some(path) = first {
            register_theirs(path);
        }
        add(&place.program(), SERVICE).unwrap();
        let theirs = register_theirs(r"C:\updated.dll");
        let words = remove(SERVICE).unwrap().unwrap();
        assert!(words.contains("left alone"), "{words}");
        assert_eq!(values(), theirs);
        assert!(Kept::load().unwrap().is_none());

        add(&place.program(), SERVICE).unwrap();
        register_theirs(THEIRS);
        let theirs = values();
        add(&place.program(), SERVICE).unwrap();
        remove(SERVICE).unwrap();
        assert_eq!(values(), theirs);
    }
}

#[test]
fn the_registration_goes_with_the_service_that_it_was_made_for_last() {
    if is_skipped() {
        return;
    }
    let place = Place::new("RDPNP");
    add(&place.program(), SERVICE).unwrap();
    assert_eq!(remove("another service").unwrap(), None);
    assert_eq!(values(), ours(&place));
    add(&place.program(), "another service").unwrap();
    assert_eq!(remove(SERVICE).unwrap(), None);
    assert!(remove("ANOTHER service").unwrap().is_some());
    assert_eq!(registered().unwrap(), Registered::Nothing);
}

#[test]
fn without_the_library_nothing_is_registered() -> io::Result<()> {
    let program = std::env::temp_dir().join(r"no such folder\fslaunchd.exe");
    let words = add(&program.to_string_lossy(), SERVICE).map_err(io::Error::other)?;
    assert!(words.contains("is not beside"), "{words}");
    Ok(())
}

#[test]
fn the_library_says_the_same_name_of_itself() {
    let library = include_str!("../../../../../../bins/network-provider/src/enumeration.rs");
    let line = format!("const PROVIDER: &str = {SHOWN:?};");
    assert!(library.contains(&line), "{line}");
}
