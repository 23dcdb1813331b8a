//! What a drive letter leads to, by the name of its device.

use crate::name::RemoteName;

/// Whether there may be an instance behind a device. Nobody needs to be asked
/// about the others: local disks, and the networks of somebody else.
pub(crate) fn may_be_ours(device: &str) -> bool {
    !is_a_disk(device) && !is_of_another_network(device)
}

/// The name in `\Device\Volume{GUID}\class\instance`.
pub(crate) fn name_of_volume(volume: &str) -> Option<RemoteName> {
    let (guid, name) = volume.strip_prefix(r"\Device\Volume{")?.split_once('}')?;
    let odd = |c: char| !c.is_ascii_hexdigit() && c != '-';
    match guid.contains(odd) {
        true => None,
        false => RemoteName::parse(&format!(r"\{name}")),
    }
}

/// Whether it is a disk of this machine: no file system that somebody starts
/// and stops has such a device.
fn is_a_disk(device: &str) -> bool {
    const DISKS: [&str; 3] = [
        r"\device\harddiskvolume",
        r"\device\cdrom",
        r"\device\floppy",
    ];
    begins_with_one_of(device, &DISKS)
}

fn is_of_another_network(device: &str) -> bool {
    const OTHERS: [&str; 4] = [
        r"\device\lanmanredirector",
        r"\device\mup\",
        r"\device\webdavredirector",
        r"\device\rdpdr",
    ];
    begins_with_one_of(device, &OTHERS)
}

fn begins_with_one_of(device: &str, beginnings: &[&str]) -> bool {
    let device = device.to_lowercase();
    beginnings
        .iter()
        .any(|beginning| device.starts_with(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_of_the_driver_has_the_name_after_its_guid() {
        let name = name_of_volume(r"\Device\Volume{0a-1B}\memfs64\a\b").unwrap();
        assert_eq!(name.to_string(), r"\\memfs64\a\b");
        for other in [
            r"\Device\HarddiskVolume1",
            r"\Device\Volume{0a-1B}",
            r"\Device\Volume{x}\a\b",
            r"\Device\Mup\a\b",
        ] {
            assert!(name_of_volume(other).is_none(), "{other}");
        }
    }

    #[test]
    fn local_disks_and_drives_of_other_networks_are_known_by_their_devices() {
        for other in [
            r"\Device\LanmanRedirector\;Z:0\srv\x",
            r"\Device\Mup\srv\x",
            r"\Device\HarddiskVolume12",
            r"\device\harddiskvolume1",
            r"\Device\CdRom0",
            r"\Device\Floppy1",
        ] {
            assert!(!may_be_ours(other), "{other}");
        }
        for ours in [
            r"\Device\Volume{0a}\memfs64\x",
            r"\Device\Volume{0a}",
            r"\??\C:\folder",
            // A drive of Wine that is no disk.
            r"\Device\Harddisk3",
        ] {
            assert!(may_be_ours(ours), "{ours}");
        }
    }
}
