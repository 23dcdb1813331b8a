use std::fs;

use fslaunch_access::{AccessMask, AceFlags};

use super::{
    decide::{Fault, Role, decide},
    descriptor::{Descriptor, Grant},
    *,
};

fn sid(text: &str) -> Sid {
    text.parse().unwrap()
}

const SYSTEM: &str = "S-1-5-18";
const ADMINISTRATORS: &str = "S-1-5-32-544";
const USERS: &str = "S-1-5-32-545";
const ALICE: &str = "S-1-5-21-1-2-3-1001";

fn decided(owner: &str, grants: &[(&str, u8, u32)], role: Role) -> Result<(), Fault> {
    let grant = |&(trustee, flags, mask): &(&str, u8, u32)| Grant {
        flags: AceFlags(flags),
        mask: AccessMask(mask),
        trustee: Some(sid(trustee)),
    };
    let descriptor = Descriptor {
        owner: Some(sid(owner)),
        grants: Some(grants.iter().map(grant).collect()),
    };
    let accounts = vec![sid(SYSTEM), sid(ADMINISTRATORS), sid(TRUSTED_INSTALLER)];
    decide(&descriptor, role, &Trust { accounts })
}

#[test]
fn only_a_trusted_account_may_own_what_is_trusted() {
    for owner in [SYSTEM, ADMINISTRATORS, TRUSTED_INSTALLER] {
        assert_eq!(decided(owner, &[], Role::Target), Ok(()), "{owner}");
    }
    for role in [Role::Drive, Role::OnTheWay, Role::Target] {
        let fault = Fault::Owner(Some(sid(ALICE)));
        assert_eq!(decided(ALICE, &[], role), Err(fault));
    }
}

#[test]
fn each_right_to_change_a_file_is_a_trusted_accounts_only() {
    let read = 0x0012_00a9;
    assert_eq!(decided(SYSTEM, &[(USERS, 0, read)], Role::Target), Ok(()));
    for right in [
        0x2,
        0x4,
        0x10,
        0x40,
        0x100,
        0x1_0000,
        0x4_0000,
        0x8_0000,
        0x1000_0000,
        0x4000_0000,
    ] {
        let grants = [(USERS, 0, read | right)];
        let fault = Err(Fault::Grant(sid(USERS)));
        assert_eq!(decided(SYSTEM, &grants, Role::Target), fault, "{right:#x}");
        let grants = [
            (SYSTEM, 0, right),
            ("S-1-3-4", 0, right),
            (ADMINISTRATORS, 3, right),
        ];
        assert_eq!(decided(SYSTEM, &grants, Role::Target), Ok(()), "{right:#x}");
        // It says something about what is made below only.
        let grants = [(USERS, 0x0b, right)];
        assert_eq!(decided(SYSTEM, &grants, Role::Target), Ok(()), "{right:#x}");
    }
}

#[test]
fn on_the_way_others_may_make_things_but_not_exchange_them() {
    // As users may in %ProgramData%, and authenticated users in C:\.
    let program_data = [(USERS, 0x2, 0x116), (USERS, 0, 0x0012_00a9)];
    assert_eq!(decided(SYSTEM, &program_data, Role::OnTheWay), Ok(()));
    let drive = [("S-1-5-11", 0, 0x4), ("S-1-5-11", 0x0b, 0x0001_01bf)];
    assert_eq!(decided(TRUSTED_INSTALLER, &drive, Role::Drive), Ok(()));
    for (role, right, bad) in [
        (Role::OnTheWay, 0x40, true),
        (Role::OnTheWay, 0x1_0000, true),
        (Role::OnTheWay, 0x4_0000, true),
        (Role::OnTheWay, 0x8_0000, true),
        (Role::OnTheWay, 0x1000_0000, true),
        (Role::Drive, 0x40, true),
        (Role::Drive, 0x4_0000, true),
        (Role::Drive, 0x1_0000, false),
    ] {
        let decided = decided(SYSTEM, &[(ALICE, 0, right)], role);
        assert_eq!(decided.is_err(), bad, "{role:?} {right:#x}");
    }
}

#[test]
fn what_is_not_understood_is_not_trusted() {
    let trust = Trust {
        accounts: vec![sid(SYSTEM)],
    };
    let mut descriptor = Descriptor {
        owner: Some(sid(SYSTEM)),
        grants: None,
    };
    assert_eq!(
        decide(&descriptor, Role::Target, &trust),
        Err(Fault::NoList)
    );
    let unknown = Grant {
        flags: AceFlags::NONE,
        mask: AccessMask::GENERIC_ALL,
        trustee: None,
    };
    descriptor.grants = Some(vec![unknown]);
    assert_eq!(
        decide(&descriptor, Role::OnTheWay, &trust),
        Err(Fault::UnknownEntry)
    );
    descriptor.owner = None;
    assert_eq!(
        decide(&descriptor, Role::Target, &trust),
        Err(Fault::Owner(None))
    );
}

/// A self-relative descriptor of LocalSystem's with one entry.
fn binary(ace_type: u8, ace_body: &[u8]) -> Vec<u8> {
    let owner = sid(SYSTEM).to_bytes();
    let acl_at = 20 + owner.len() as u32;
    let mut bytes = vec![1, 0, 0x04, 0x80];
    for offset in [20, 0, 0, acl_at] {
        bytes.extend(u32::to_le_bytes(offset));
    }
    bytes.extend(owner);
    let length = 4 + ace_body.len() as u16;
    bytes.extend([2, 0]);
    bytes.extend((8 + length).to_le_bytes());
    bytes.extend([1, 0, 0, 0, ace_type, 0x03]);
    bytes.extend(length.to_le_bytes());
    bytes.extend(ace_body);
    bytes
}

#[test]
fn every_kind_of_entry_that_grants_is_read() {
    let users = sid(USERS).to_bytes();
    let mask = 0x1301bf_u32.to_le_bytes();
    let guid = [7; 16];
    let plain = [&mask[..], &users].concat();
    let object = [&mask[..], &3_u32.to_le_bytes(), &guid, &guid, &users].concat();
    for (kind, body) in [(0, &plain), (9, &plain), (5, &object), (11, &object)] {
        let grants = Descriptor::parse(&binary(kind, body))
            .unwrap()
            .grants
            .unwrap();
        let expected = Grant {
            flags: AceFlags(3),
            mask: AccessMask(0x1301bf),
            trustee: Some(sid(USERS)),
        };
        assert_eq!(grants, [expected], "{kind}");
    }
    let denied = Descriptor::parse(&binary(1, &plain)).unwrap();
    assert_eq!(denied.grants, Some(vec![]));
    let unknown = Descriptor::parse(&binary(0x20, &plain)).unwrap();
    assert_eq!(unknown.grants.unwrap()[0].trustee, None);
}

#[test]
fn a_descriptor_that_is_cut_short_is_none() {
    let whole = binary(0, &[&[0; 4][..], &sid(USERS).to_bytes()].concat());
    assert!(Descriptor::parse(&whole).is_some());
    for length in 0..whole.len() {
        assert_eq!(Descriptor::parse(&whole[..length]), None, "{length}");
    }
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = format!(r"C:\fslaunch-trust-{name}-{}", std::process::id());
        Trust::user().make_folder(Path::new(&path)).unwrap();
        Folder(path.into())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_file_in_a_folder_of_ours_is_trusted_and_can_be_read() {
    let folder = Folder::new("file");
    let trust = Trust::user();
    assert!(check_path(&folder.0, &trust).unwrap().is_folder());
    let file = folder.0.join("a file");
    fs::write(&file, "text").unwrap();
    let opened = check_path(&file, &trust).unwrap().open().unwrap();
    assert_eq!(std::io::read_to_string(opened).unwrap(), "text");
    let error = check_path(&folder.0, &trust).unwrap().open().unwrap_err();
    assert!(
        matches!(
            error,
            TrustError::Kind {
                expected: "file",
                ..
            }
        ),
        "{error}"
    );
    let error = check_path(&file.join("x"), &trust).unwrap_err();
    assert!(
        matches!(
            error,
            TrustError::Kind {
                expected: "folder",
                ..
            }
        ),
        "{error}"
    );
    let error = check_path(&folder.0.join("missing"), &trust).unwrap_err();
    assert!(matches!(error, TrustError::NotFound { .. }), "{error}");
}

#[test]
fn a_file_of_an_account_that_is_not_trusted_is_refused() {
    let folder = Folder::new("owner");
    let nobody = Trust {
        accounts: vec![sid(ALICE)],
    };
    let error = check_path(&folder.0, &nobody).unwrap_err();
    assert!(matches!(error, TrustError::Owner { .. }), "{error}");
}

#[test]
fn a_path_that_is_not_a_full_local_one_is_refused() {
    for path in [
        "x",
        r"C:x",
        r"\x",
        r"\\srv\share\x",
        r"\\.\pipe\x",
        r"C:\x\..\y",
        "",
    ] {
        let error = check_path(Path::new(path), &Trust::system()).unwrap_err();
        assert!(
            matches!(error, TrustError::NotFull { .. }),
            "{path}: {error}"
        );
    }
}
