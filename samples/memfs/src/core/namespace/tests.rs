use super::super::{CaseRule, Limits, MAX_TARGET, Replace, Usage};
use super::*;

const NOW: Timestamp = Timestamp {
    seconds: 5,
    nanoseconds: 0,
};
const ROOT: NodeId = NodeId::ROOT;

fn volume() -> Volume {
    volume_of(3)
}

fn volume_of(files: u64) -> Volume {
    let limits = Limits {
        files,
        file_size: 1000,
        bytes: 1 << 20,
    };
    Volume::new(
        limits,
        CaseRule::Insensitive,
        Access {
            mode: 0o755,
            uid: 1,
            gid: 2,
        },
        Timestamp::default(),
    )
}

fn file(volume: &Volume, parent: NodeId, name: &str) -> Result<NodeId, Error> {
    let access = Access {
        mode: 0o644,
        uid: 10,
        gid: 10,
    };
    volume
        .create(parent, name.as_bytes(), Creation::File, access, NOW)
        .map(|made| made.node)
}

fn folder(volume: &Volume, parent: NodeId, name: &str, mode: u16) -> NodeId {
    let access = Access {
        mode,
        uid: 10,
        gid: 10,
    };
    volume
        .create(parent, name.as_bytes(), Creation::Folder, access, NOW)
        .unwrap()
        .node
}

#[test]
fn a_taken_name_is_refused_in_any_spelling() {
    let volume = volume();
    file(&volume, ROOT, "Name").unwrap();
    assert_eq!(file(&volume, ROOT, "nAME"), Err(Error::Exists));
    let node = volume.lookup(ROOT, b"NAME").unwrap().node;
    assert_eq!(volume.link(node, ROOT, b"name", NOW), Err(Error::Exists));
}

#[test]
fn the_most_files_are_as_many_as_the_limit_says() {
    let volume = volume();
    for name in ["1", "2", "3"] {
        file(&volume, ROOT, name).unwrap();
    }
    assert_eq!(file(&volume, ROOT, "4"), Err(Error::TooManyFiles));
    let node = volume.lookup(ROOT, b"2").unwrap().node;
    volume.unlink(ROOT, b"2", NOW).unwrap();
    volume.forget(node, 2);
    file(&volume, ROOT, "4").unwrap();
    assert_eq!(volume.usage(), Usage { files: 3, bytes: 0 });
}

#[test]
fn link_counts_follow_names_and_folders() {
    let volume = volume_of(4);
    let links = |node| volume.attributes(node).unwrap().links;
    let a = folder(&volume, ROOT, "a", 0o755);
    let b = folder(&volume, a, "b", 0o755);
    assert_eq!((links(ROOT), links(a), links(b)), (3, 3, 2));
    let f = file(&volume, b, "f").unwrap();
    volume.link(f, a, b"g", NOW).unwrap();
    assert_eq!(links(f), 2);
    assert_eq!(volume.remove_folder(a, b"b", NOW), Err(Error::NotEmpty));
    volume.unlink(b, b"f", NOW).unwrap();
    volume.remove_folder(a, b"b", NOW).unwrap();
    assert_eq!((links(a), links(b), links(f)), (2, 0, 1));
    assert_eq!(
        file(&volume, b, "in a removed folder"),
        Err(Error::NotFound)
    );
}

#[test]
fn each_removal_wants_its_own_kind() {
    let volume = volume();
    let a = folder(&volume, ROOT, "a", 0o755);
    let f = file(&volume, ROOT, "f").unwrap();
    assert_eq!(volume.unlink(ROOT, b"a", NOW), Err(Error::IsAFolder));
    assert_eq!(
        volume.remove_folder(ROOT, b"f", NOW),
        Err(Error::NotAFolder)
    );
    assert_eq!(volume.unlink(f, b"f", NOW), Err(Error::NotAFolder));
    assert_eq!(volume.link(a, ROOT, b"b", NOW), Err(Error::LinkToFolder));
    volume.unlink(ROOT, b"f", NOW).unwrap();
    assert_eq!(volume.link(f, ROOT, b"f", NOW), Err(Error::NotFound));
}

#[test]
fn a_set_group_id_folder_passes_its_group_on() {
    let volume = volume();
    let shared = folder(&volume, ROOT, "shared", 0o2775);
    let inner = volume
        .create(
            shared,
            b"d",
            Creation::Folder,
            Access {
                mode: 0o700,
                uid: 7,
                gid: 7,
            },
            NOW,
        )
        .unwrap();
    assert_eq!(
        inner.access,
        Access {
            mode: 0o2700,
            uid: 7,
            gid: 10
        }
    );
    let access = Access {
        mode: 0o600,
        uid: 7,
        gid: 7,
    };
    let inner = volume
        .create(inner.node, b"f", Creation::File, access, NOW)
        .unwrap();
    assert_eq!(
        inner.access,
        Access {
            mode: 0o600,
            uid: 7,
            gid: 10
        }
    );
}

#[test]
fn targets_of_links_have_a_limit() {
    let volume = volume();
    let make = |target: &[u8]| {
        volume.create(
            ROOT,
            b"l",
            Creation::Symlink(target),
            Access::default(),
            NOW,
        )
    };
    assert_eq!(make(b""), Err(Error::NotFound));
    assert_eq!(make(b"a\0"), Err(Error::InvalidName));
    assert_eq!(make(&[b'x'; MAX_TARGET + 1]), Err(Error::TargetTooLong));
    assert!(make(&[b'x'; MAX_TARGET]).is_ok());
}

#[test]
fn a_file_made_without_a_name_gets_one_or_goes() {
    let volume = volume();
    let access = Access {
        mode: 0o600,
        uid: 7,
        gid: 7,
    };
    let make = || volume.create_unnamed(ROOT, access, NOW).unwrap();
    let first = make();
    assert_eq!((first.links, first.access), (0, access));
    assert_eq!(volume.usage().files, 1);
    volume.forget(first.node, 1);
    assert_eq!(volume.usage(), Usage::default());

    let second = make().node;
    assert_eq!(volume.link(second, ROOT, b"f", NOW).unwrap().links, 1);
    volume.unlink(ROOT, b"f", NOW).unwrap();
    assert_eq!(
        volume.link(second, ROOT, b"g", NOW),
        Err(Error::NotFound),
        "only once"
    );
    let folder = folder(&volume, ROOT, "a", 0o755);
    volume.remove_folder(ROOT, b"a", NOW).unwrap();
    assert_eq!(
        volume.create_unnamed(folder, access, NOW),
        Err(Error::NotFound)
    );
}

#[test]
fn each_further_name_counts_as_a_file_until_it_goes() {
    let volume = volume();
    let f = file(&volume, ROOT, "f").unwrap();
    volume.link(f, ROOT, b"g", NOW).unwrap();
    volume.link(f, ROOT, b"h", NOW).unwrap();
    assert_eq!(volume.usage().files, 3);
    assert_eq!(volume.link(f, ROOT, b"i", NOW), Err(Error::TooManyFiles));
    assert_eq!(
        volume.attributes(f).unwrap().links,
        3,
        "it has no more names"
    );
    assert_eq!(file(&volume, ROOT, "i"), Err(Error::TooManyFiles));

    volume.unlink(ROOT, b"g", NOW).unwrap();
    let other = file(&volume, ROOT, "other").unwrap();
    let replace = Replace::Existing;
    volume
        .rename((ROOT, b"other"), (ROOT, b"h"), replace, NOW)
        .unwrap();
    assert_eq!(volume.usage().files, 2, "a name that is replaced goes");
    volume.unlink(ROOT, b"f", NOW).unwrap();
    assert_eq!(volume.usage().files, 2, "the last name stands for the file");
    volume.forget(f, u64::MAX);
    volume.unlink(ROOT, b"h", NOW).unwrap();
    volume.forget(other, u64::MAX);
    assert_eq!(volume.usage(), Usage::default());
}

#[test]
fn the_first_name_of_a_file_made_without_one_is_free() {
    let volume = volume();
    let made = volume.create_unnamed(ROOT, Access::default(), NOW).unwrap();
    file(&volume, ROOT, "1").unwrap();
    file(&volume, ROOT, "2").unwrap();
    volume.link(made.node, ROOT, b"3", NOW).unwrap();
    assert_eq!(volume.usage().files, 3);
    assert_eq!(
        volume.link(made.node, ROOT, b"4", NOW),
        Err(Error::TooManyFiles)
    );
}

#[test]
fn a_file_has_at_most_65000_names() {
    let limits = Limits {
        files: 100_000,
        file_size: 1,
        bytes: 1,
    };
    let volume = Volume::new(limits, CaseRule::Sensitive, Access::default(), NOW);
    let f = file(&volume, ROOT, "f").unwrap();
    for n in 1..65_000 {
        volume.link(f, ROOT, n.to_string().as_bytes(), NOW).unwrap();
    }
    assert_eq!(
        volume.link(f, ROOT, b"one more", NOW),
        Err(Error::TooManyLinks)
    );
    assert_eq!(volume.usage().files, 65_000);
}
