//! Drive letters, as far as they are known without touching a file system:
//! the links of the object manager, which tell what a letter stands for.

#![allow(unsafe_code)]

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::sleep;
use windows_sys::Win32::Storage::FileSystem::{GetLogicalDrives, QueryDosDeviceW};

/// A drive letter and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Names the letter together with its target: a volume that was made anew has another.
    pub id: u64,
    /// The letter, as in `Z:`.
    pub mount_point: PathBuf,
    letter: char,
    target: String,
}

/// All drive letters at one moment, as this process sees them: those of the system, and those
/// of its own logon session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table(Vec<Mount>);

impl Table {
    /// Reads the links.
    ///
    /// # Errors
    /// None on Windows: a letter that is gone meanwhile is left out.
    pub fn read() -> io::Result<Self> {
        // SAFETY: nothing is passed.
        let mask = unsafe { GetLogicalDrives() };
        let letters = ('A'..='Z')
            .zip(0..)
            .filter(|(_, bit)| mask & (1 << bit) != 0);
        let mounts = letters.filter_map(|(letter, _)| {
            let target = target_of(letter)?;
            Some(Mount::new(letter, target))
        });
        Ok(Self(mounts.collect()))
    }

    /// The IDs of the letters at these places.
    pub fn ids_at(&self, places: &[&Path]) -> HashSet<u64> {
        let here = |mount: &&Mount| {
            let letters = places.iter().filter_map(|place| letter_of(place));
            letters.into_iter().any(|letter| letter == mount.letter)
        };
        self.0.iter().filter(here).map(|mount| mount.id).collect()
    }

    /// The letter at `path`, if it stands for something else than it did `before`. The system
    /// does not tell who has made it.
    pub fn made_at(&self, path: &Path, _account: &str, before: &HashSet<u64>) -> Option<&Mount> {
        let letter = letter_of(path)?;
        let found = self.0.iter().find(|mount| mount.letter == letter);
        found.filter(|found| !before.contains(&found.id))
    }

    /// A letter does not move.
    pub fn moved(&self, _: &Mount, _account: &str, _before: &HashSet<u64>) -> Option<&Mount> {
        None
    }
}

/// What the drive letter at `path` stands for, if it stands for anything.
pub(super) fn taken(path: &Path) -> Option<String> {
    target_of(letter_of(path)?)
}

impl Mount {
    fn new(letter: char, target: String) -> Mount {
        Mount {
            id: fingerprint(letter, &target),
            mount_point: format!("{letter}:").into(),
            letter,
            target,
        }
    }
}

/// The drive letter that a mount point is, if it is one: `Z:`, and nothing after it but `\`.
pub(super) fn letter_of(path: &Path) -> Option<char> {
    match path.to_str()?.as_bytes() {
        [letter, b':'] | [letter, b':', b'\\' | b'/'] if letter.is_ascii_alphabetic() => {
            Some(char::from(letter.to_ascii_uppercase()))
        }
        _ => None,
    }
}

/// FNV-1a: the same in every version of this program, as it is remembered.
fn fingerprint(letter: char, target: &str) -> u64 {
    let bytes = [letter as u8].into_iter().chain(target.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// What a letter stands for. No file system is asked.
fn target_of(letter: char) -> Option<String> {
    let name = [letter as u16, u16::from(b':'), 0];
    let mut target = [0_u16; 1024];
    // SAFETY: the name ends with a NUL, and the buffer is as long as is said.
    let length =
        unsafe { QueryDosDeviceW(name.as_ptr(), target.as_mut_ptr(), target.len() as u32) };
    if length == 0 {
        return None;
    }
    // The first of several is the one that counts.
    let first = target.split(|unit| *unit == 0).next()?;
    Some(String::from_utf16_lossy(first))
}

/// The pauses between two looks: short at first, as most file systems mount at once.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Tells when the drive letters may have changed. The system tells nobody who has no window, so
/// that they are looked at again and again, at growing intervals.
#[derive(Debug)]
pub struct Watcher {
    pause: Duration,
    /// A wait was begun and not ended: something else happened, such as another start.
    interrupted: bool,
}

impl Watcher {
    /// Starts to watch.
    ///
    /// # Errors
    /// None on Windows.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            pause: FIRST_PAUSE,
            interrupted: false,
        })
    }

    /// Waits until it is time for another look. One that is given up begins with short pauses
    /// the next time.
    ///
    /// # Errors
    /// None on Windows.
    pub async fn changed(&mut self) -> io::Result<()> {
        sleep(self.next_pause()).await;
        self.interrupted = false;
        Ok(())
    }

    fn next_pause(&mut self) -> Duration {
        if std::mem::replace(&mut self.interrupted, true) {
            self.pause = FIRST_PAUSE;
        }
        let longer = (self.pause * 2).min(LONGEST_PAUSE);
        std::mem::replace(&mut self.pause, longer)
    }

    /// Reads the links.
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

    fn table() -> Table {
        let mount = |letter, target: &str| Mount::new(letter, target.into());
        Table(vec![
            mount('C', r"\Device\HarddiskVolume1"),
            mount('Z', r"\Device\Volume{1}"),
        ])
    }

    #[test]
    fn a_letter_that_stands_for_something_new_has_appeared() {
        let table = table();
        let before = table.ids_at(&[Path::new("z:"), Path::new("Y:")]);
        assert_eq!(before.len(), 1);
        assert_eq!(table.made_at(Path::new("Z:"), "", &before), None);
        let changed = Table(vec![Mount::new('Z', r"\Device\Volume{2}".into())]);
        let found = changed.made_at(Path::new(r"z:\"), "", &before).unwrap();
        assert_eq!(found.mount_point, Path::new("Z:"));
    }

    #[test]
    fn what_is_no_letter_is_never_there() {
        let none = HashSet::new();
        for path in [
            "",
            "Z",
            "*",
            r"Z:\x",
            r"\\srv\share",
            "1:",
            r"\\.\Z:",
            "Z:x",
        ] {
            assert_eq!(letter_of(Path::new(path)), None, "{path}");
            assert_eq!(table().made_at(Path::new(path), "", &none), None);
        }
    }

    #[test]
    fn a_fingerprint_stays_what_it_was() {
        assert_eq!(
            fingerprint('Z', r"\Device\Volume{1}"),
            0x623d_ce3d_929d_fd68
        );
    }

    #[test]
    fn the_systems_drive_is_there() {
        let drive = std::env::var("SystemDrive").unwrap();
        let table = Table::read().unwrap();
        let found = table.made_at(Path::new(&drive), "", &HashSet::new());
        assert!(found.is_some(), "{table:?}");
    }

    #[test]
    fn pauses_grow_and_are_short_again_after_an_interruption() {
        let mut watcher = Watcher::new().unwrap();
        let mut pauses = vec![];
        for _ in 0..10 {
            pauses.push(watcher.next_pause());
            watcher.interrupted = false;
        }
        assert_eq!(pauses[..2], [FIRST_PAUSE, FIRST_PAUSE * 2]);
        assert_eq!(pauses[9], LONGEST_PAUSE);
        watcher.next_pause();
        assert_eq!(watcher.next_pause(), FIRST_PAUSE);
    }

    #[tokio::test]
    async fn a_wait_that_ended_was_not_interrupted() {
        let mut watcher = Watcher::new().unwrap();
        watcher.changed().await.unwrap();
        assert_eq!(watcher.next_pause(), FIRST_PAUSE * 2);
    }
}
