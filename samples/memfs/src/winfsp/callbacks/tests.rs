use super::*;
use memfs::core::{CaseRule, Limits};
use memfs::windows::name::wide;

/// Stands in for WinFsp, of which no more is called here.
unsafe extern "C" fn add(
    record: *const c_void,
    buffer: *mut c_void,
    room: u32,
    used: *mut u32,
) -> u8 {
    // SAFETY: a record starts with its length, and the buffer has as much room as is said.
    unsafe {
        let length = match record.is_null() {
            true => 2,
            false => usize::from(record.cast::<u16>().read()),
        };
        let at = *used as usize;
        if at + length > room as usize {
            return 0;
        }
        let into = buffer.cast::<u8>().add(at);
        match record.is_null() {
            true => into.cast::<u16>().write(0),
            false => into.copy_from_nonoverlapping(record.cast(), length),
        }
        *used += length.next_multiple_of(8) as u32;
    }
    1
}

unsafe extern "C" fn on_volume(_: Fs) {}
unsafe extern "C" fn create(
    _: Name,
    _: *const super::super::abi::VolumeParams,
    _: *const Interface,
    _: *mut Fs,
) -> i32 {
    -1
}
unsafe extern "C" fn set_mount_point(_: Fs, _: Name) -> i32 {
    -1
}
unsafe extern "C" fn start_dispatcher(_: Fs, _: u32) -> i32 {
    -1
}
/// The new descriptor in place of the old one.
unsafe extern "C" fn set_descriptor(
    _: *mut c_void,
    _: u32,
    with: *mut c_void,
    into: *mut *mut c_void,
) -> i32 {
    // SAFETY: the caller wants to know it.
    unsafe { into.write(with) };
    0
}
unsafe extern "C" fn delete_descriptor(_: *mut c_void, _: *const c_void) {}

fn text(text: &str) -> Vec<u16> {
    let mut text = wide(text);
    text.push(0);
    text
}

#[test]
fn pointers_become_requests_and_answers() {
    let library = Box::leak(Box::new(Library {
        create,
        delete: on_volume,
        set_mount_point,
        remove_mount_point: on_volume,
        start_dispatcher,
        stop_dispatcher: on_volume,
        add_dir_info: add,
        set_descriptor,
        delete_descriptor,
    }));
    let limits = Limits {
        files: 9,
        file_size: 1000,
        bytes: 4096,
    };
    let root = descriptor::from_text("O:BAG:BAD:P(A;;FA;;;WD)").unwrap();
    let files = Files::new(limits, CaseRule::Insensitive, root, now());
    install(files, library).unwrap();
    let none: Handle = std::ptr::null_mut();
    let mut own = descriptor::from_text("O:SYG:SYD:P(A;;FA;;;SY)").unwrap();
    let (mut opened, mut info) = (none, FileInfo::default());
    let (mut count, mut buffer) = (0u32, [0u8; 1000]);
    let table = &TABLE;
    // SAFETY: every pointer is to something that lives, of the type and length that is said.
    unsafe {
        let path = text(r"\File.txt");
        let made = (table.create)(
            none.cast(),
            path.as_ptr(),
            0,
            0,
            2,
            own.as_mut_ptr().cast(),
            512,
            &mut opened,
            &mut info,
        );
        assert_eq!((made, info.attributes), (0, 0x22));
        assert_eq!(info.allocation_size, 4096);
        let bytes = b"hello";
        let done = (table.write)(
            none.cast(),
            opened,
            bytes.as_ptr().cast(),
            3,
            5,
            0,
            0,
            &mut count,
            &mut info,
        );
        assert_eq!((done, count, info.file_size), (0, 5, 8));
        let done = (table.read)(
            none.cast(),
            opened,
            buffer.as_mut_ptr().cast(),
            2,
            1000,
            &mut count,
        );
        assert_eq!((done, count, &buffer[..6]), (0, 6, &b"\0hello"[..]));
        let end = (table.read)(
            none.cast(),
            opened,
            buffer.as_mut_ptr().cast(),
            8,
            1000,
            &mut count,
        );
        assert_eq!(Status(end), Status::END_OF_FILE);

        // The room that was hinted at goes with the last handle.
        let mut volume = std::mem::zeroed();
        (table.get_volume_info)(none.cast(), &mut volume);
        let before = volume.free_size;
        (table.cleanup)(none.cast(), opened, path.as_ptr(), 2);
        (table.get_volume_info)(none.cast(), &mut volume);
        assert_eq!(volume.free_size, before + 512 - 8);

        let (mut attributes, mut length) = (0, 4);
        let path = text(r"\FILE.TXT");
        let by_name = table.get_security_by_name;
        let short = by_name(
            none.cast(),
            path.as_ptr(),
            &mut attributes,
            buffer.as_mut_ptr().cast(),
            &mut length,
        );
        assert_eq!(
            (Status(short), length),
            (Status::BUFFER_OVERFLOW, own.len())
        );
        let done = by_name(
            none.cast(),
            path.as_ptr(),
            &mut attributes,
            buffer.as_mut_ptr().cast(),
            &mut length,
        );
        assert_eq!((done, &buffer[..length]), (0, &own[..]));
        let mut other = descriptor::from_text("O:BAG:BAD:P(A;;GR;;;WD)").unwrap();
        let done = (table.set_security)(none.cast(), opened, 4, other.as_mut_ptr().cast());
        assert_eq!(done, 0);
        length = 1000;
        let done =
            (table.get_security)(none.cast(), opened, buffer.as_mut_ptr().cast(), &mut length);
        assert_eq!((done, &buffer[..length]), (0, &other[..]));

        count = 0;
        let root = NodeId::ROOT.0 as usize as Handle;
        let list = table.read_directory;
        let done = list(
            none.cast(),
            root,
            none.cast(),
            none.cast(),
            buffer.as_mut_ptr().cast(),
            1000,
            &mut count,
        );
        // One record, in whole words, and the mark of the end.
        assert_eq!((done, count), (0, 120 + 8));
        assert_eq!(
            buffer[104..120],
            wide("File.txt")
                .iter()
                .flat_map(|unit| unit.to_le_bytes())
                .collect::<Vec<u8>>()
        );
        count = 0;
        let marker = text("file.TXT");
        let done = list(
            none.cast(),
            root,
            none.cast(),
            marker.as_ptr(),
            buffer.as_mut_ptr().cast(),
            1000,
            &mut count,
        );
        assert_eq!((done, count), (0, 8), "nothing comes behind it");

        assert_eq!((table.can_delete)(none.cast(), opened, path.as_ptr()), 0);
        (table.cleanup)(none.cast(), opened, path.as_ptr(), 1);
        assert_eq!((table.get_file_info)(none.cast(), opened, &mut info), 0);
        (table.close)(none.cast(), opened);
        let gone = (table.get_file_info)(none.cast(), opened, &mut info);
        assert_eq!(Status(gone), Status::FILE_DELETED);
        let gone = (table.open)(none.cast(), path.as_ptr(), 0, 0, &mut opened, &mut info);
        assert_eq!(Status(gone), Status::OBJECT_NAME_NOT_FOUND);
        assert_eq!((table.flush)(none.cast(), none, &mut info), 0);
        assert_eq!((table.get_volume_info)(none.cast(), &mut volume), 0);
        assert_eq!((volume.total_size, volume.free_size), (4096, 4096));
    }
    assert_eq!(guarded(|_| panic!("on purpose")), Status::INTERNAL_ERROR.0);
}
