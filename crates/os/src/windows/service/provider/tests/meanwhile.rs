//! What others do while ours is registered.

use std::fs;

use super::*;

/// Somebody's order is written.
fn reorder(order: &str) {
    set_order("?", order, REG_SZ).unwrap();
}

/// A library of another program's, and the path that it is registered with.
fn library_of_theirs(place: &Place) -> (PathBuf, String) {
    let path = Path::new(&place.program()).with_file_name("theirs.dll");
    fs::write(&path, "").unwrap();
    let registered = path.to_str().unwrap().to_owned();
    (path, registered)
}

#[test]
fn a_registration_repaired_at_the_same_path_is_left_alone() {
    if is_skipped() {
        return;
    }
    for newer in ["theirs", "theirs, newer"] {
        let place = Place::new("RDPNP");
        register_theirs(THEIRS);
        let repair = || {
            let path = format!(r"{SERVICES}\{NAME}\NetworkProvider");
            register_theirs(THEIRS);
            let (key, _) = Key::create(Root::Machine64, &path).unwrap();
            key.set(&said("Name", newer)).unwrap();
            reorder("RDPNP,WinFsp.Np");
            values()
        };
        add(&place.program(), SERVICE).unwrap();
        let repaired = repair();
        let words = remove(SERVICE).unwrap().unwrap();
        assert!(words.contains("left alone"), "{words}");
        assert_eq!(values(), repaired);
        assert_eq!(order_now(), "RDPNP,WinFsp.Np");
        assert!(Kept::load().unwrap().is_none());

        // Replaced once more, it is the repaired one that comes back.
        add(&place.program(), SERVICE).unwrap();
        repair();
        add(&place.program(), SERVICE).unwrap();
        assert_eq!(values(), ours(&place));
        assert!(remove(SERVICE).unwrap().unwrap().contains("before"));
        assert_eq!(values(), repaired);
        assert!(order::has(&order_now(), NAME));
    }
}

#[test]
fn a_part_of_what_is_kept_is_made_whole() {
    if is_skipped() {
        return;
    }
    for order in ["RDPNP", "WinFsp.Np,RDPNP"] {
        let place = Place::new(order);
        let theirs = register_theirs(THEIRS);
        add(&place.program(), SERVICE).unwrap();
        // Work was interrupted that had put so much back.
        let (services, _) = Key::create(Root::Machine64, SERVICES).unwrap();
        services.remove_tree(&units(NAME)).unwrap();
        let path = format!(r"{SERVICES}\{NAME}\NetworkProvider");
        let (key, _) = Key::create(Root::Machine64, &path).unwrap();
        key.set(&said("ProviderPath", THEIRS)).unwrap();
        assert!(remove(SERVICE).unwrap().unwrap().contains("before"));
        assert_eq!(values(), theirs);
        assert_eq!(order_now(), order);
        assert!(Kept::load().unwrap().is_none());
    }
}

#[test]
fn a_registration_whose_library_is_gone_does_not_come_back() {
    if is_skipped() {
        return;
    }
    for order in ["RDPNP", "RDPNP,WinFsp.Np"] {
        let place = Place::new(order);
        let nothing = values();
        let (library, registered) = library_of_theirs(&place);
        register_theirs(&registered);
        add(&place.program(), SERVICE).unwrap();
        fs::remove_file(library).unwrap();
        let words = remove(SERVICE).unwrap().unwrap();
        assert!(words.contains("is removed"), "{words}");
        assert!(words.contains(&registered), "{words}");
        assert_eq!(values(), nothing);
        assert_eq!(order_now(), "RDPNP");
        assert!(Kept::load().unwrap().is_none());
    }
}

#[test]
fn a_failed_installation_puts_back_what_was_there_also_without_its_library() {
    if is_skipped() {
        return;
    }
    let place = Place::new("RDPNP,WinFsp.Np");
    let (library, registered) = library_of_theirs(&place);
    fs::remove_file(library).unwrap();
    let theirs = register_theirs(&registered);
    let before = super::before().unwrap();
    add(&place.program(), SERVICE).unwrap();
    before.restore(SERVICE).unwrap();
    assert_eq!(values(), theirs);
    assert_eq!(order_now(), "RDPNP,WinFsp.Np");
}

#[test]
fn a_failed_installation_keeps_what_others_changed_in_the_order() {
    if is_skipped() {
        return;
    }
    for (theirs, order, after) in [
        (None, "RDPNP", "new,RDPNP"),
        (Some(THEIRS), "RDPNP", "new,RDPNP"),
        (Some(THEIRS), "RDPNP,WinFsp.Np", "new,RDPNP,WinFsp.Np"),
        (Some(THEIRS), "WinFsp.Np,RDPNP", "WinFsp.Np,new,RDPNP"),
        // Ours, from another folder.
        (
            Some(r"C:\x\fslaunch_np.dll"),
            "RDPNP,WinFsp.Np",
            "new,RDPNP,WinFsp.Np",
        ),
    ] {
        let place = Place::new(order);
        let registered = theirs.map_or_else(values, register_theirs);
        let before = super::before().unwrap();
        add(&place.program(), SERVICE).unwrap();
        assert_eq!(order_now(), "WinFsp.Np,RDPNP");
        reorder("WinFsp.Np,new,RDPNP");
        before.restore(SERVICE).unwrap();
        assert_eq!(order_now(), after, "{theirs:?}, {order}");
        if theirs.is_none_or(|theirs| theirs == THEIRS) {
            assert_eq!(values(), registered);
        }
    }
}

#[test]
fn a_failed_installation_leaves_alone_what_others_registered_meanwhile() {
    if is_skipped() {
        return;
    }
    for was_ours in [false, true] {
        let place = Place::new("RDPNP");
        if was_ours {
            add(&place.program(), SERVICE).unwrap();
        }
        let before = super::before().unwrap();
        add(&place.program(), SERVICE).unwrap();
        let theirs = register_theirs(r"C:\updated.dll");
        before.restore(SERVICE).unwrap();
        assert_eq!(values(), theirs);
        assert_eq!(order_now(), "WinFsp.Np,RDPNP");
    }
}
