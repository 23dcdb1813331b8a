//! Work that was interrupted, or that has failed half-way.

use super::{place::ReadOnlyOrder, *};

const ELSEWHERE: &str = r"C:\x\fslaunch_np.dll";

/// How far work came that was interrupted once something was kept.
const LEFT: [(&str, fn()); 6] = [
    ("nothing was written yet", || {}),
    ("what was there is removed", remove_tree),
    ("half of a registration is written", half),
    ("ours is written, and not in the order", || {
        write(ELSEWHERE).unwrap();
    }),
    ("all of ours is written", || {
        write(ELSEWHERE).unwrap();
        put_first().unwrap();
    }),
    ("half of what was there is put back", || {
        put_first().unwrap();
        half();
    }),
];

fn remove_tree() {
    let (services, _) = Key::create(Root::Machine64, SERVICES).unwrap();
    services.remove_tree(&units(NAME)).unwrap();
}

/// A registration without a library.
fn half() {
    remove_tree();
    let path = format!(r"{SERVICES}\{NAME}\NetworkProvider");
    let (key, _) = Key::create(Root::Machine64, &path).unwrap();
    key.set(&said("Name", SHOWN)).unwrap();
}

/// Work that came that far; what there was at first.
fn interrupted(theirs: Option<&str>, left: fn()) -> Values {
    let before = theirs.map_or_else(values, register_theirs);
    keep(&registered().unwrap()).unwrap();
    left();
    before
}

#[test]
fn interrupted_work_is_finished_by_uninstalling_once_more() {
    if is_skipped() {
        return;
    }
    for theirs in [None, Some(THEIRS)] {
        for (what, left) in LEFT {
            let _place = Place::new("RDPNP");
            let before = interrupted(theirs, left);
            assert!(remove(SERVICE).unwrap().is_some(), "{what}");
            assert_eq!(values(), before, "{what}");
            assert_eq!(order_now(), "RDPNP", "{what}");
            assert!(Kept::load().unwrap().is_none(), "{what}");
        }
    }
}

#[test]
fn interrupted_work_is_finished_by_installing_once_more() {
    if is_skipped() {
        return;
    }
    for theirs in [None, Some(THEIRS)] {
        for (what, left) in LEFT {
            let place = Place::new("RDPNP");
            let before = interrupted(theirs, left);
            add(&place.program(), SERVICE).unwrap();
            assert_eq!(values(), ours(&place), "{what}");
            assert_eq!(order_now(), "WinFsp.Np,RDPNP", "{what}");
            remove(SERVICE).unwrap();
            assert_eq!(values(), before, "{what}");
            assert_eq!(order_now(), "RDPNP", "{what}");
        }
    }
}

#[test]
fn what_is_back_already_is_only_forgotten() {
    if is_skipped() {
        return;
    }
    let place = Place::new("WinFsp.Np,RDPNP");
    let theirs = register_theirs(THEIRS);
    for half_forgotten in [false, true] {
        add(&place.program(), SERVICE).unwrap();
        remove_tree();
        register_theirs(THEIRS);
        if half_forgotten {
            let kept = Key::open(Root::Machine64, kept::PATH, Access::Write);
            kept.unwrap().remove_tree(&units("Registration")).unwrap();
        }
        remove(SERVICE).unwrap();
        assert_eq!(values(), theirs);
        assert_eq!(order_now(), "WinFsp.Np,RDPNP");
        assert!(Kept::load().unwrap().is_none());
    }
}

#[test]
fn a_registration_that_fails_half_way_is_undone() {
    if is_skipped() {
        return;
    }
    for theirs in [None, Some(THEIRS)] {
        let place = Place::new("RDPNP");
        let first = theirs.map_or_else(values, register_theirs);
        let before = super::before().unwrap();
        let read_only = ReadOnlyOrder::new();
        add(&place.program(), SERVICE).unwrap_err();
        assert_eq!(values(), ours(&place), "the order alone has failed");
        before.restore(SERVICE).unwrap();
        drop(read_only);
        assert_eq!(values(), first);
        assert_eq!(order_now(), "RDPNP");
    }
}

#[test]
fn a_failed_installation_leaves_ours_from_another_folder_as_it_was() {
    if is_skipped() {
        return;
    }
    let place = Place::new("RDPNP");
    let theirs = register_theirs(THEIRS);
    add(&place.program(), "first").unwrap();
    let before = super::before().unwrap();
    add(&place.another(), SERVICE).unwrap();
    before.restore(SERVICE).unwrap();
    assert_eq!(values(), ours(&place));
    assert_eq!(order_now(), "WinFsp.Np,RDPNP");
    assert_eq!(
        remove(SERVICE).unwrap(),
        None,
        "it is the first one's again"
    );
    remove("first").unwrap();
    assert_eq!(values(), theirs);
}
