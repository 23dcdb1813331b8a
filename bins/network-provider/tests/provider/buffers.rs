//! Buffers of callers: what goes there, and what does not.

use std::ptr;

use windows_sys::Win32::NetworkManagement::WNet::{NETRESOURCEW, REMOTE_NAME_INFOW};

use crate::stage::Stage;

fn stage() -> Stage {
    let mut stage = Stage::answering(|_| "!2|".to_owned()).telling();
    stage.shows(r"memfs64\share", "Q:");
    stage
}

#[test]
fn the_remote_name_of_a_drive_fits_or_its_length_is_told() {
    let stage = stage();
    let get = |buffer, size| stage.library.connection(Some("q:"), buffer, size);
    let name = r"\\memfs64\share";
    let length = name.len() as u32 + 1;
    assert_eq!(get(Some(64), 64), (0, 64, name.to_owned()));
    assert_eq!(get(Some(16), length), (0, length, name.to_owned()));
    for size in [0, 1, length - 1] {
        let (code, needed, text) = get(Some(64), size);
        assert_eq!((code, needed), (234, length));
        assert!(text.starts_with('\u{5555}'), "nothing is written");
    }
    for size in [0, 64] {
        let (code, needed, _) = get(None, size);
        assert_eq!((code, needed), (234, length));
    }
    assert_eq!(stage.library.connection_without_size("Q:"), 87);
}

#[test]
fn what_is_no_drive_is_1200_and_what_is_not_ours_2250() {
    let stage = stage();
    let code = |local| stage.library.connection(local, Some(64), 64).0;
    assert_eq!(
        [
            code(None),
            code(Some("")),
            code(Some("Q")),
            code(Some("LPT1:"))
        ],
        [1200; 4]
    );
    assert_eq!([code(Some("C:")), code(Some("R:"))], [2250; 2]);
}

#[test]
fn a_path_on_a_drive_has_a_name_in_the_network() {
    let stage = stage();
    let mut room = [0_u64; 64];
    let mut size = size_of_val(&room) as u32;
    let path = r"q:\a\ä";
    let start = room.as_mut_ptr().cast();
    assert_eq!(stage.library.universal(Some(path), 2, start, &mut size), 0);
    let told = room.as_ptr().cast::<REMOTE_NAME_INFOW>();
    // SAFETY: the function has written the structure there, and texts after it.
    let texts = unsafe {
        let told = &*told;
        [
            told.lpUniversalName,
            told.lpConnectionName,
            told.lpRemainingPath,
        ]
        .map(|text| text_at(text))
    };
    assert_eq!(texts, [r"\\memfs64\share\a\ä", r"\\memfs64\share", r"\a\ä"]);
    let needed = (3 * size_of::<usize>() + 2 * (20 + 16 + 5)) as u32;
    for given in [0, 1, needed - 1] {
        let mut size = given;
        assert_eq!(
            stage.library.universal(Some(path), 2, start, &mut size),
            234
        );
        assert_eq!(size, needed);
    }
    let mut size = 4096;
    assert_eq!(
        stage
            .library
            .universal(Some(path), 2, ptr::null_mut(), &mut size),
        234
    );
    assert_eq!(size, needed);
    let mut size = needed;
    assert_eq!(stage.library.universal(Some(path), 2, start, &mut size), 0);
    let mut size = 512;
    assert_eq!(stage.library.universal(Some(path), 1, start, &mut size), 0);
    // SAFETY: the structure is one pointer to a text.
    let whole = unsafe { text_at(*room.as_ptr().cast()) };
    assert_eq!(whole, r"\\memfs64\share\a\ä");
}

#[test]
fn other_levels_are_124_and_other_paths_1200_or_2250() {
    let stage = stage();
    let mut room = [0_u64; 64];
    let start: *mut u8 = room.as_mut_ptr().cast();
    let mut size = size_of_val(&room) as u32;
    let mut code = |path, level| stage.library.universal(path, level, start, &mut size);
    assert_eq!([code(Some(r"Q:\"), 0), code(Some(r"Q:\"), 3)], [124; 2]);
    assert_eq!(
        [code(None, 1), code(Some("Q"), 1), code(Some("Q:a"), 2)],
        [1200; 3]
    );
    assert_eq!(code(Some(r"C:\windows"), 1), 2250);
    assert_eq!(
        stage
            .library
            .universal(Some("Q:"), 1, start, ptr::null_mut()),
        87
    );
}

#[test]
fn what_is_connected_is_listed_as_far_as_it_fits() {
    let stage = stage();
    stage.has(r"nfs\a\b", "");
    let library = &stage.library;
    for scope in [1, 5] {
        let mut handle = ptr::null_mut();
        assert_eq!(library.open_enum(scope, 1, &mut handle), 0);
        let mut room = [0_u64; 128];
        let start: *mut u8 = room.as_mut_ptr().cast();
        let (mut count, mut size) = (u32::MAX, 16);
        assert_eq!(
            library.enum_resource(handle, &mut count, start, &mut size),
            234
        );
        let one = size;
        // The router of Wine asks with no buffer at all.
        let (mut count, mut size) = (u32::MAX, 16384);
        assert_eq!(
            library.enum_resource(handle, &mut count, ptr::null_mut(), &mut size),
            234
        );
        assert_eq!(size, one);
        let mut count = u32::MAX;
        assert_eq!(
            library.enum_resource(handle, &mut count, start, &mut size),
            0
        );
        assert_eq!(count, 1);
        let texts = |room: &[u64; 128]| {
            // SAFETY: the function has written the structure there, and texts after it.
            unsafe {
                let told = &*room.as_ptr().cast::<NETRESOURCEW>();
                assert_eq!((told.dwScope, told.dwType, told.dwUsage), (1, 1, 1));
                [
                    told.lpLocalName,
                    told.lpRemoteName,
                    told.lpComment,
                    told.lpProvider,
                ]
                .map(|text| text_at(text))
            }
        };
        assert_eq!(
            texts(&room),
            ["Q:", r"\\memfs64\share", "", "fslaunch file systems"]
        );
        let (mut count, mut size) = (u32::MAX, 1024);
        assert_eq!(
            library.enum_resource(handle, &mut count, start, &mut size),
            0
        );
        assert_eq!(
            texts(&room),
            ["", r"\\nfs\a\b", "", "fslaunch file systems"]
        );
        assert_eq!(
            library.enum_resource(handle, &mut count, start, &mut size),
            259
        );
        assert_eq!(library.close_enum(handle), 0);
        assert_eq!(library.close_enum(handle), 6);
        assert_eq!(library.enum_resource(handle, &mut 1, start, &mut 1024), 6);
    }
}

#[test]
fn other_scopes_are_50_and_what_is_missing_is_87() {
    let stage = stage();
    let library = &stage.library;
    let mut handle = ptr::null_mut();
    for scope in [0, 2, 3, 4, 6] {
        assert_eq!(library.open_enum(scope, 1, &mut handle), 50, "{scope}");
    }
    assert_eq!(library.open_enum(1, 1, ptr::null_mut()), 87);
    assert_eq!(library.open_enum(1, 2, &mut handle), 0);
    let mut room = [0_u64; 8];
    let start: *mut u8 = room.as_mut_ptr().cast();
    let (mut count, mut size) = (1, 64);
    assert_eq!(
        library.enum_resource(handle, &mut count, start, &mut size),
        259,
        "no printers"
    );
    assert_eq!(
        library.enum_resource(handle, ptr::null_mut(), start, &mut size),
        87
    );
    assert_eq!(
        library.enum_resource(handle, &mut count, start, ptr::null_mut()),
        87
    );
    assert_eq!(library.close_enum(handle), 0);
    for nothing in [ptr::null_mut(), ptr::without_provenance_mut(usize::MAX)] {
        assert_eq!(library.close_enum(nothing), 6);
    }
}

/// # Safety
/// The pointer is NULL, or of a text that ends with a NUL.
pub(crate) unsafe fn text_at(pointer: *const u16) -> String {
    if pointer.is_null() {
        return String::new();
    }
    // SAFETY: no place after the NUL is read.
    let units = (0..).map(|at| unsafe { *pointer.add(at) });
    let units: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
    String::from_utf16(&units).unwrap()
}
