//! What is mounted where, told by the kernel without touching any mount point.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::raw;

const MOUNTINFO: &str = "/proc/self/mountinfo";

/// One line of `/proc/self/mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Mount ID: unique among the mounts of now, reused later.
    pub id: u64,
    /// ID of the mount that it is on.
    pub parent: u64,
    /// Major and minor number of the file system's device.
    pub device: (u32, u32),
    /// The part of the file system that is mounted.
    pub root: PathBuf,
    /// Where it is mounted.
    pub mount_point: PathBuf,
    /// Options of this mount, such as `rw,nosuid`.
    pub options: String,
    /// Type of the file system, such as `fuse.bindfs`.
    pub fs_type: String,
    /// What is mounted, in the file system's own words.
    pub source: OsString,
    /// Options of the file system itself.
    pub super_options: String,
}

impl Mount {
    /// Whether a FUSE server is behind it.
    pub fn is_fuse(&self) -> bool {
        matches!(self.fs_type.as_str(), "fuse" | "fuseblk")
            || self.fs_type.starts_with("fuse.")
            || self.fs_type.starts_with("fuseblk.")
    }

    /// Whether it is a FUSE mount that the account with this key has made and that was not
    /// there before (security specification, rule 1).
    fn is_of(&self, account: &str, before: &HashSet<u64>) -> bool {
        let user = format!("user_id={account}");
        self.is_fuse()
            && !before.contains(&self.id)
            && self.super_options.split(',').any(|option| option == user)
    }
}

/// All mounts of this mount namespace at one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table(Vec<Mount>);

impl Table {
    /// Reads the table.
    ///
    /// # Errors
    /// When `/proc` is not mounted or a line is not understood.
    pub fn read() -> io::Result<Self> {
        std::fs::read(MOUNTINFO).and_then(|text| Self::parse(&text))
    }

    fn parse(text: &[u8]) -> io::Result<Self> {
        text.split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| {
                parse_line(line).ok_or_else(|| {
                    let line = line.escape_ascii();
                    io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("mountinfo has the line {line}"),
                    )
                })
            })
            .collect::<io::Result<_>>()
            .map(Self)
    }

    /// The mounts, in the kernel's order.
    pub fn iter(&self) -> std::slice::Iter<'_, Mount> {
        self.0.iter()
    }

    /// The mount with this ID.
    pub fn by_id(&self, id: u64) -> Option<&Mount> {
        self.0.iter().find(|mount| mount.id == id)
    }

    /// The IDs of the mounts at exactly these places.
    pub fn ids_at(&self, places: &[&Path]) -> HashSet<u64> {
        let here = |mount: &&Mount| places.contains(&mount.mount_point.as_path());
        self.0.iter().filter(here).map(|mount| mount.id).collect()
    }

    /// The uppermost of the mounts at exactly `path`, which must be canonical.
    pub fn topmost_at(&self, path: &Path) -> Option<&Mount> {
        let here = || self.0.iter().filter(|mount| mount.mount_point == path);
        // The order of lines says nothing once mounts were moved: a mount is covered if
        // another at the same place has it as its parent.
        here().find(|mount| !here().any(|other| other.parent == mount.id && other.id != mount.id))
    }

    /// The mount at `path` if it is an instance's: made by the account with this key (see
    /// [`Identity::key`](super::identity::Identity::key)), and none of those that were there
    /// `before`.
    pub fn made_at(&self, path: &Path, account: &str, before: &HashSet<u64>) -> Option<&Mount> {
        let found = self.topmost_at(path);
        found.filter(|found| found.is_of(account, before))
    }

    /// A mount that was seen and may be elsewhere now: a folder above it was renamed. The
    /// system gives IDs away again, so that more must be the same.
    pub fn moved(&self, seen: &Mount, account: &str, before: &HashSet<u64>) -> Option<&Mount> {
        let found = self.by_id(seen.id)?;
        let same = found.device == seen.device && found.source == seen.source;
        (same && found.is_of(account, before)).then_some(found)
    }
}

fn parse_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let text = |field: &[u8]| String::from_utf8_lossy(field).into_owned();
    let id = number(fields.next()?)?;
    let parent = number(fields.next()?)?;
    let device = std::str::from_utf8(fields.next()?).ok()?;
    let (major, minor) = device.split_once(':')?;
    let root = PathBuf::from(unescape(fields.next()?));
    let mount_point = PathBuf::from(unescape(fields.next()?));
    let options = text(fields.next()?);
    // Optional fields, as many as the kernel likes, end with a lone hyphen.
    fields.find(|field| *field == b"-")?;
    Some(Mount {
        id,
        parent,
        device: (major.parse().ok()?, minor.parse().ok()?),
        root,
        mount_point,
        options,
        fs_type: text(&unescape(fields.next()?).into_vec()),
        source: unescape(fields.next()?),
        super_options: text(fields.next()?),
    })
}

fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// Undoes the octal escapes (`\040`) of blanks, line ends and backslashes.
fn unescape(field: &[u8]) -> OsString {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.get(..3).filter(|_| first == b'\\').and_then(octal);
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(first);
                rest = after;
            }
        }
    }
    OsString::from_vec(bytes)
}

fn octal(digits: &[u8]) -> Option<u8> {
    digits.iter().try_fold(0u8, |value, digit| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(digit - b'0'),
        _ => None,
    })
}

/// Tells when the table of mounts has changed.
#[derive(Debug)]
pub struct Watcher {
    file: AsyncFd<OwnedFd>,
}

impl Watcher {
    /// Starts to watch; changes from now on are reported. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When `/proc` is not mounted.
    pub fn new() -> io::Result<Self> {
        let file = File::open(MOUNTINFO)?;
        Ok(Self {
            file: raw::watch(file.into(), Interest::PRIORITY)?,
        })
    }

    /// Waits for a change since the last one that was reported. A change between two calls is
    /// not lost; one that is none may be reported.
    ///
    /// # Errors
    /// When the runtime shuts down.
    pub async fn changed(&mut self) -> io::Result<()> {
        let mut ready = self.file.ready(Interest::PRIORITY).await?;
        ready.clear_ready();
        Ok(())
    }

    /// Reads the table.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn table(&mut self) -> io::Result<Table> {
        Table::read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt;

    const LINES: &str = "\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
30 22 0:30 / /mnt/a\\040b\\134c rw,nosuid,nodev master:2 propagate_from:1 - fuse.bindfs /srv\\040x rw,user_id=0
31 40 0:31 / /mnt/p rw - fuse srv rw
40 22 0:32 /sub /mnt/p rw - tmpfs none rw
";

    #[test]
    fn escapes_and_optional_fields_are_understood() {
        let table = Table::parse(LINES.as_bytes()).unwrap();
        let mount = table.by_id(30).unwrap();
        assert_eq!(mount.mount_point, Path::new("/mnt/a b\\c"));
        assert_eq!(mount.source, "/srv x");
        assert_eq!(mount.options, "rw,nosuid,nodev");
        assert!(mount.is_fuse());
        assert_eq!(table.by_id(40).unwrap().root, Path::new("/sub"));
    }

    #[test]
    fn the_topmost_mount_is_the_one_that_nothing_is_mounted_on_whatever_the_order() {
        let table = Table::parse(LINES.as_bytes()).unwrap();
        assert_eq!(table.topmost_at(Path::new("/mnt/p")).unwrap().id, 31);
        assert_eq!(table.topmost_at(Path::new("/mnt")), None);
    }

    #[test]
    fn a_path_that_is_not_utf_8_is_kept() {
        let line = b"1 0 0:1 / /mnt/\xff\\012 rw - fuse x rw\n";
        let table = Table::parse(line).unwrap();
        assert_eq!(
            table.by_id(1).unwrap().mount_point.as_os_str().as_bytes(),
            b"/mnt/\xff\n"
        );
    }

    #[test]
    fn an_escape_that_is_none_stays_as_it_is() {
        assert_eq!(unescape(b"a\\9b\\04"), "a\\9b\\04");
        assert_eq!(unescape(b"\\777"), "\\777");
    }

    #[test]
    fn a_broken_line_is_an_error_that_shows_it() {
        let error = Table::parse(b"garbage\n").unwrap_err();
        assert!(error.to_string().contains("garbage"), "{error}");
    }

    #[test]
    fn the_real_table_is_understood() {
        let table = Table::read().unwrap();
        assert!(
            table
                .topmost_at(Path::new("/proc"))
                .is_some_and(|mount| mount.fs_type == "proc")
        );
    }
}
