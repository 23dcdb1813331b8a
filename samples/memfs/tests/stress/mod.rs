//! One writer of the stress, and its model.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FallocateFlags, RenameFlags, fallocate, renameat_with};
use rustix::io::Errno;

/// Folders in which all writers have names.
pub(crate) const SHARED: [&str; 3] = ["one", "two", "three"];
const NAMES: u64 = 6;
const LONGEST: u64 = 300_000;

/// What is at a path.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    File(Vec<u8>),
    Folder,
    Link(PathBuf),
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(bytes) => write!(f, "a file of {} bytes", bytes.len()),
            Self::Folder => f.write_str("a folder"),
            Self::Link(target) => write!(f, "a link to {}", target.display()),
        }
    }
}

/// As the model has it: hard links are one file.
#[derive(Clone, PartialEq, Eq)]
enum Known {
    File(usize),
    Folder,
    Link(PathBuf),
}

pub(crate) struct Writer {
    root: PathBuf,
    number: u64,
    random: u64,
    steps: usize,
    /// Paths below the root, of its own names.
    known: BTreeMap<String, Known>,
    files: Vec<Vec<u8>>,
    /// Open, whatever has become of their names.
    held: Vec<(File, usize)>,
}

impl Writer {
    pub(crate) fn new(root: &Path, number: u64, seed: u64) -> Self {
        Self {
            root: root.to_owned(),
            number,
            // Never zero, from which it would not get away.
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            steps: 0,
            known: BTreeMap::new(),
            files: Vec::new(),
            held: Vec::new(),
        }
    }

    pub(crate) fn steps(&self) -> usize {
        self.steps
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (String, Entry)> {
        self.known.iter().map(|(path, known)| {
            let entry = match known {
                Known::File(file) => Entry::File(self.files[*file].clone()),
                Known::Folder => Entry::Folder,
                Known::Link(target) => Entry::Link(target.clone()),
            };
            (path.clone(), entry)
        })
    }

    pub(crate) fn check_links(&self) {
        for (path, known) in &self.known {
            let links = fs::symlink_metadata(self.path(path)).map(|found| found.nlink());
            let expected = match known {
                Known::File(_) => self.known.values().filter(|other| *other == known).count(),
                Known::Link(_) => 1,
                Known::Folder => 2 + self.folders_in(path),
            };
            assert_eq!(links.ok(), Some(expected as u64), "links of {path}");
        }
    }

    fn folders_in(&self, folder: &str) -> usize {
        let below =
            |(path, known): &(&String, &Known)| **known == Known::Folder && parent(path) == folder;
        self.known.iter().filter(below).count()
    }

    fn below(&mut self, limit: u64) -> u64 {
        // Marsaglia's xorshift, which is random enough.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// A path that is or could be there: a name of its own in a shared folder or in one of its own.
    fn somewhere(&mut self) -> String {
        let own = self
            .known
            .iter()
            .filter(|(path, known)| **known == Known::Folder && path.matches('/').count() < 3);
        let mut folders: Vec<String> = own.map(|(path, _)| path.clone()).collect();
        folders.extend(SHARED.map(str::to_owned));
        let folder = self.below(folders.len() as u64) as usize;
        let name = self.below(NAMES);
        format!("{}/w{}-{name}", folders[folder], self.number)
    }

    fn file(&mut self) -> Option<(String, usize)> {
        let files = self.known.iter().filter_map(|(path, known)| match known {
            Known::File(file) => Some((path.clone(), *file)),
            Known::Folder | Known::Link(_) => None,
        });
        let mut files: Vec<_> = files.collect();
        let count = files.len() as u64;
        (count > 0).then(|| files.swap_remove(self.below(count) as usize))
    }

    fn is_empty(&self, folder: &str) -> bool {
        !self.known.keys().any(|path| parent(path) == folder)
    }

    pub(crate) fn step(&mut self) {
        self.steps += 1;
        match self.below(15) {
            0 | 1 => self.create(),
            2 | 3 => self.write(),
            4 => self.cut(),
            5 => self.read(),
            6 | 7 => self.rename(),
            8 => self.exchange(),
            9 => self.link(),
            10 => self.unlink(),
            11 => self.make_folder(),
            12 => self.remove_folder(),
            13 => self.make_symlink(),
            _ => self.list(),
        }
    }

    fn create(&mut self) {
        let path = self.somewhere();
        let made = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(self.path(&path));
        if self.known.contains_key(&path) {
            return same(made, Errno::EXIST, &path);
        }
        let made = made.unwrap_or_else(|error| panic!("create {path}: {error}"));
        self.files.push(Vec::new());
        let file = self.files.len() - 1;
        self.known.insert(path, Known::File(file));
        if self.below(4) == 0 {
            self.held.push((made, file));
        }
    }

    /// Through a handle that is held, or one opened for it.
    fn write(&mut self) {
        let (handle, file) = if !self.held.is_empty() && self.below(2) == 0 {
            let which = self.below(self.held.len() as u64) as usize;
            self.held.swap_remove(which)
        } else {
            let Some((path, file)) = self.file() else {
                return;
            };
            let opened = File::options()
                .read(true)
                .write(true)
                .open(self.path(&path));
            (
                opened.unwrap_or_else(|error| panic!("open {path}: {error}")),
                file,
            )
        };
        let (offset, length) = (self.below(LONGEST) as usize, self.below(20_000) as usize);
        let bytes = vec![self.below(256) as u8; length];
        handle.write_all_at(&bytes, offset as u64).expect("write");
        put(&mut self.files[file], offset, &bytes);
        if self.below(3) == 0 {
            let (offset, length) = (self.below(LONGEST), 1 + self.below(100_000));
            let punch = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            fallocate(&handle, punch, offset, length).expect("punch a hole");
            let contents = &mut self.files[file];
            let end = contents.len().min((offset + length) as usize);
            if let Some(hole) = contents.get_mut(offset as usize..end) {
                hole.fill(0);
            }
        }
        let mut found = vec![0; self.files[file].len()];
        handle.read_exact_at(&mut found, 0).expect("read back");
        assert!(found == self.files[file], "contents through a handle");
        if self.held.len() < 5 {
            self.held.push((handle, file));
        }
    }

    fn cut(&mut self) {
        let Some((path, file)) = self.file() else {
            return;
        };
        let size = self.below(LONGEST) as usize;
        let opened = File::options().append(true).open(self.path(&path));
        let mut opened = opened.unwrap_or_else(|error| panic!("open {path}: {error}"));
        opened.set_len(size as u64).expect("cut");
        self.files[file].resize(size, 0);
        opened.write_all(b"appended").expect("append");
        self.files[file].extend_from_slice(b"appended");
    }

    fn read(&mut self) {
        if let Some((path, file)) = self.file() {
            let found = fs::read(self.path(&path));
            assert!(found.is_ok_and(|found| found == self.files[file]), "{path}");
        }
    }

    fn rename(&mut self) {
        let (from, to) = (self.somewhere(), self.somewhere());
        let done = fs::rename(self.path(&from), self.path(&to));
        let (source, target) = (self.known.get(&from).cloned(), self.known.get(&to).cloned());
        match (source, target) {
            (None, _) => same(done, Errno::NOENT, &from),
            (Some(_), _) if from == to => done.expect("a name is its own"),
            (Some(Known::Folder), _) if to.starts_with(&format!("{from}/")) => {
                same(done, Errno::INVAL, &to);
            }
            (Some(_), Some(_)) if from.starts_with(&format!("{to}/")) => {
                same(done, Errno::NOTEMPTY, &to);
            }
            (Some(Known::Folder), Some(Known::File(_) | Known::Link(_))) => {
                same(done, Errno::NOTDIR, &to);
            }
            (Some(Known::File(_) | Known::Link(_)), Some(Known::Folder)) => {
                same(done, Errno::ISDIR, &to);
            }
            (Some(Known::Folder), Some(Known::Folder)) if !self.is_empty(&to) => {
                same(done, Errno::NOTEMPTY, &to);
            }
            (Some(Known::File(one)), Some(Known::File(other))) if one == other => {
                done.expect("two names of one file stay");
            }
            (Some(_), _) => {
                done.unwrap_or_else(|error| panic!("rename {from} to {to}: {error}"));
                let moved = self.take(&from);
                self.known.remove(&to);
                self.give(&to, moved);
            }
        }
    }

    fn exchange(&mut self) {
        let (from, to) = (self.somewhere(), self.somewhere());
        let inside = from.starts_with(&to) || to.starts_with(&from);
        if inside || !self.known.contains_key(&from) || !self.known.contains_key(&to) {
            return;
        }
        let (one, other) = (self.path(&from), self.path(&to));
        renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).expect("exchange");
        let (one, other) = (self.take(&from), self.take(&to));
        self.give(&to, one);
        self.give(&from, other);
    }

    /// Takes an entry and all below it out of the model, by what follows its path.
    fn take(&mut self, path: &str) -> Vec<(String, Known)> {
        let is_below = |other: &String| {
            let rest = other.strip_prefix(path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let taken: Vec<String> = self
            .known
            .keys()
            .filter(|other| is_below(other))
            .cloned()
            .collect();
        let rest = |other: String| {
            let known = self.known.remove(&other)?;
            Some((other[path.len()..].to_owned(), known))
        };
        taken.into_iter().filter_map(rest).collect()
    }

    fn give(&mut self, path: &str, entries: Vec<(String, Known)>) {
        for (rest, known) in entries {
            self.known.insert(format!("{path}{rest}"), known);
        }
    }

    fn link(&mut self) {
        let Some((old, file)) = self.file() else {
            return;
        };
        let new = self.somewhere();
        let done = fs::hard_link(self.path(&old), self.path(&new));
        if self.known.contains_key(&new) {
            return same(done, Errno::EXIST, &new);
        }
        done.expect("link");
        self.known.insert(new, Known::File(file));
    }

    fn unlink(&mut self) {
        let path = self.somewhere();
        let done = fs::remove_file(self.path(&path));
        match self.known.get(&path) {
            None => same(done, Errno::NOENT, &path),
            Some(Known::Folder) => same(done, Errno::ISDIR, &path),
            Some(Known::File(_) | Known::Link(_)) => {
                done.unwrap_or_else(|error| panic!("remove {path}: {error}"));
                self.known.remove(&path);
            }
        }
    }

    fn make_folder(&mut self) {
        let path = self.somewhere();
        let done = fs::create_dir(self.path(&path));
        if self.known.contains_key(&path) {
            return same(done, Errno::EXIST, &path);
        }
        done.unwrap_or_else(|error| panic!("make folder {path}: {error}"));
        self.known.insert(path, Known::Folder);
    }

    fn remove_folder(&mut self) {
        let path = self.somewhere();
        let done = fs::remove_dir(self.path(&path));
        match self.known.get(&path) {
            None => same(done, Errno::NOENT, &path),
            Some(Known::File(_) | Known::Link(_)) => same(done, Errno::NOTDIR, &path),
            Some(Known::Folder) if !self.is_empty(&path) => same(done, Errno::NOTEMPTY, &path),
            Some(Known::Folder) => {
                done.unwrap_or_else(|error| panic!("remove folder {path}: {error}"));
                self.known.remove(&path);
            }
        }
    }

    fn make_symlink(&mut self) {
        let path = self.somewhere();
        let target = PathBuf::from(format!("nowhere/{}", self.below(1000)));
        let done = symlink(&target, self.path(&path));
        if self.known.contains_key(&path) {
            return same(done, Errno::EXIST, &path);
        }
        done.unwrap_or_else(|error| panic!("link {path}: {error}"));
        self.known.insert(path, Known::Link(target));
    }

    /// Whatever others do meanwhile, a listing shows all own names once.
    fn list(&mut self) {
        let folder = SHARED[self.below(SHARED.len() as u64) as usize];
        let own = format!("w{}-", self.number);
        let listed = fs::read_dir(self.path(folder)).expect("list");
        let mut found: Vec<String> = listed
            .map(|entry| {
                entry
                    .expect("list")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .filter(|name| name.starts_with(&own))
            .map(|name| format!("{folder}/{name}"))
            .collect();
        found.sort();
        let expected: Vec<String> = self
            .known
            .keys()
            .filter(|path| parent(path) == folder)
            .cloned()
            .collect();
        assert_eq!(found, expected, "names in {folder}");
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn put(contents: &mut Vec<u8>, offset: usize, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    if contents.len() < offset + bytes.len() {
        contents.resize(offset + bytes.len(), 0);
    }
    contents[offset..offset + bytes.len()].copy_from_slice(bytes);
}

fn same<T>(done: io::Result<T>, expected: Errno, path: &str) {
    let found = done.err().and_then(|error| error.raw_os_error());
    assert_eq!(found, Some(expected.raw_os_error()), "{path}");
}

/// All that is below a folder.
pub(crate) fn walk(root: &Path) -> BTreeMap<String, Entry> {
    let mut found = BTreeMap::new();
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(root.join(&folder)).expect("list") {
            let entry = entry.expect("list");
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = if folder.is_empty() {
                name
            } else {
                format!("{folder}/{name}")
            };
            let kind = entry.file_type().expect("a listing has types");
            let seen = if kind.is_dir() {
                open.push(path.clone());
                Entry::Folder
            } else if kind.is_symlink() {
                Entry::Link(fs::read_link(entry.path()).expect("read a link"))
            } else {
                Entry::File(fs::read(entry.path()).expect("read a file"))
            };
            found.insert(path, seen);
        }
    }
    found
}
