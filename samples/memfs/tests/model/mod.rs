//! The reference: a map from whole paths to what is there. It knows no nodes and no entries of folders, so it cannot
//! make the mistakes the core could.

pub(crate) mod core;
pub(crate) mod operation;

use std::collections::BTreeMap;

use memfs::core::{Access, Error, Replace, SetXattr, Timestamp, Usage};

/// Limits of both, small enough to be met.
pub(crate) const MOST_FILES: u64 = 12;
pub(crate) const MOST_BYTES: u64 = 40;
/// Enough for the extended attributes of two nodes and the contents of some files.
pub(crate) const MOST_BYTES_TOGETHER: u64 = 1150;
/// What an extended attribute counts for beyond its name and value, and what it does that there are any.
const XATTR: usize = 128;
const XATTRS: usize = 384;
/// Times are not compared.
pub(crate) const NOW: Timestamp = Timestamp {
    seconds: 1,
    nanoseconds: 2,
};

/// Names from the root down.
pub(crate) type Path = Vec<String>;

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    File(Vec<u8>),
    Folder,
    Symlink(String),
    Fifo,
}

/// What an operation answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Count(usize),
    Bytes(Vec<u8>),
}

/// An entry, as model and core are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) spelling: String,
    pub(crate) kind: Kind,
    pub(crate) links: u32,
    pub(crate) access: (u16, u32, u32),
    pub(crate) xattrs: BTreeMap<String, Vec<u8>>,
}

#[derive(Clone, Debug)]
struct Object {
    kind: Kind,
    access: Access,
    xattrs: BTreeMap<String, Vec<u8>>,
    /// Bytes that are kept: up to the last one written, less what was cut off.
    held: usize,
    unnamed: bool,
}

impl Object {
    fn new(kind: Kind, access: Access) -> Self {
        Self {
            kind,
            access,
            xattrs: BTreeMap::new(),
            held: 0,
            unnamed: false,
        }
    }

    fn bytes(&self) -> usize {
        let xattr = |(name, value): (&String, &Vec<u8>)| XATTR + name.len() + 1 + value.len();
        let any = if self.xattrs.is_empty() { 0 } else { XATTRS };
        let target = match &self.kind {
            Kind::Symlink(target) => target.len(),
            Kind::File(_) | Kind::Folder | Kind::Fifo => 0,
        };
        self.held + target + any + self.xattrs.iter().map(xattr).sum::<usize>()
    }
}

pub(crate) struct Model {
    fold: fn(&str) -> String,
    objects: BTreeMap<usize, Object>,
    /// Folded path to spelling and object; the root is the empty path.
    paths: BTreeMap<Path, (String, usize)>,
    /// Objects held open, by handle.
    pub(crate) handles: Vec<usize>,
}

impl Model {
    pub(crate) fn new(case_insensitive: bool) -> Self {
        let root = Object::new(Kind::Folder, Access::default());
        Self {
            fold: if case_insensitive {
                str::to_uppercase
            } else {
                str::to_owned
            },
            objects: BTreeMap::from([(0, root)]),
            paths: BTreeMap::from([(Vec::new(), (String::new(), 0))]),
            handles: Vec::new(),
        }
    }

    fn key(&self, path: &[String]) -> Path {
        path.iter().map(|name| (self.fold)(name)).collect()
    }

    fn at(&self, key: &Path) -> Option<&Object> {
        self.paths.get(key).map(|(_, object)| &self.objects[object])
    }

    fn is_folder(&self, key: &Path) -> bool {
        self.at(key)
            .is_some_and(|object| object.kind == Kind::Folder)
    }

    /// The folder that the last name of a path would be in.
    fn parent(&self, path: &[String]) -> Result<(), Error> {
        let key = self.key(path);
        for depth in 0..path.len() {
            let folder = key[..depth].to_vec();
            match self.at(&folder) {
                None => return Err(Error::NotFound),
                Some(object) if object.kind != Kind::Folder => return Err(Error::NotAFolder),
                Some(_) => {}
            }
            if depth + 1 < path.len() {
                possible(&path[depth])?;
            }
        }
        Ok(())
    }

    fn slot(&self, path: &[String]) -> Result<Path, Error> {
        self.parent(path)?;
        possible(&path[path.len() - 1])?;
        Ok(self.key(path))
    }

    fn find(&self, path: &[String]) -> Result<(Path, usize), Error> {
        let key = self.slot(path)?;
        let object = self.paths.get(&key).ok_or(Error::NotFound)?.1;
        Ok((key, object))
    }

    fn free_slot(&self, path: &[String]) -> Result<Path, Error> {
        let key = self.slot(path)?;
        if self.paths.contains_key(&key) {
            Err(Error::Exists)
        } else {
            Ok(key)
        }
    }

    fn sweep(&mut self) {
        let used: Vec<usize> = self
            .paths
            .values()
            .map(|(_, object)| *object)
            .chain(self.handles.clone())
            .collect();
        self.objects.retain(|object, _| used.contains(object));
    }

    pub(crate) fn create(&mut self, path: &[String], kind: Kind) -> Result<Answer, Error> {
        let key = self.free_slot(path)?;
        if self.usage().files >= MOST_FILES {
            return Err(Error::TooManyFiles);
        }
        let object = Object::new(
            kind.clone(),
            self.new_access(&path[..path.len() - 1], &kind),
        );
        self.room(object.bytes())?;
        let number = self.insert(object);
        self.paths
            .insert(key, (path[path.len() - 1].clone(), number));
        Ok(Answer::Done)
    }

    /// A folder with the set-group-id bit passes its group on, and to folders the bit.
    fn new_access(&self, parent: &[String], kind: &Kind) -> Access {
        let parent = self.at(&self.key(parent)).expect("the folder is there");
        let mut access = Access::default();
        if parent.access.mode & 0o2000 != 0 {
            access.gid = parent.access.gid;
            if *kind == Kind::Folder {
                access.mode = 0o2000;
            }
        }
        if matches!(kind, Kind::Symlink(_)) {
            access.mode = 0o777;
        }
        access
    }

    fn room(&self, more: usize) -> Result<(), Error> {
        if self.usage().bytes + more as u64 > MOST_BYTES_TOGETHER {
            Err(Error::VolumeFull)
        } else {
            Ok(())
        }
    }

    fn insert(&mut self, object: Object) -> usize {
        let number = self.objects.keys().max().expect("the root is there") + 1;
        self.objects.insert(number, object);
        number
    }

    pub(crate) fn create_unnamed(&mut self) -> Result<Answer, Error> {
        if self.usage().files >= MOST_FILES {
            return Err(Error::TooManyFiles);
        }
        let kind = Kind::File(Vec::new());
        let access = self.new_access(&[], &kind);
        let number = self.insert(Object {
            unnamed: true,
            ..Object::new(kind, access)
        });
        self.handles.push(number);
        Ok(Answer::Done)
    }

    pub(crate) fn link_object(&mut self, object: usize, new: &[String]) -> Result<Answer, Error> {
        let new_key = self.free_slot(new)?;
        let named = self.paths.values().any(|(_, other)| *other == object);
        let found = self.object_mut(object);
        if found.kind == Kind::Folder {
            return Err(Error::LinkToFolder);
        }
        if !named && !found.unnamed {
            return Err(Error::NotFound);
        }
        // The first name of a file that had none counts already.
        if !std::mem::take(&mut found.unnamed) {
            self.another_name()?;
        }
        self.paths
            .insert(new_key, (new[new.len() - 1].clone(), object));
        Ok(Answer::Done)
    }

    pub(crate) fn link(&mut self, old: &[String], new: &[String]) -> Result<Answer, Error> {
        let (key, object) = self.find(old)?;
        let new_key = self.free_slot(new)?;
        if self.is_folder(&key) {
            return Err(Error::LinkToFolder);
        }
        self.another_name()?;
        self.paths
            .insert(new_key, (new[new.len() - 1].clone(), object));
        Ok(Answer::Done)
    }

    fn another_name(&self) -> Result<(), Error> {
        if self.usage().files < MOST_FILES {
            Ok(())
        } else {
            Err(Error::TooManyFiles)
        }
    }

    pub(crate) fn unlink(&mut self, path: &[String]) -> Result<Answer, Error> {
        let (key, _) = self.find(path)?;
        if self.is_folder(&key) {
            return Err(Error::IsAFolder);
        }
        self.paths.remove(&key);
        self.sweep();
        Ok(Answer::Done)
    }

    pub(crate) fn remove_folder(&mut self, path: &[String]) -> Result<Answer, Error> {
        let (key, _) = self.find(path)?;
        if !self.is_folder(&key) {
            return Err(Error::NotAFolder);
        }
        if !self.is_empty(&key) {
            return Err(Error::NotEmpty);
        }
        self.paths.remove(&key);
        self.sweep();
        Ok(Answer::Done)
    }

    fn is_empty(&self, key: &Path) -> bool {
        !self
            .paths
            .keys()
            .any(|other| other.len() > key.len() && other.starts_with(key))
    }

    pub(crate) fn rename(
        &mut self,
        from: &[String],
        to: &[String],
        replace: Replace,
    ) -> Result<Answer, Error> {
        self.parent(from)?;
        self.parent(to)?;
        possible(&from[from.len() - 1])?;
        possible(&to[to.len() - 1])?;
        let (from_key, source) = self.find(from)?;
        let to_key = self.key(to);
        let spelling = to[to.len() - 1].clone();
        if from_key == to_key {
            self.paths.insert(to_key, (spelling, source));
            return Ok(Answer::Done);
        }
        let target = self.paths.get(&to_key).cloned();
        if self.is_folder(&from_key) && to_key.starts_with(&from_key) {
            return Err(Error::IntoItself);
        }
        let above = target.is_some() && from_key.starts_with(&to_key);
        match (replace, target) {
            (Replace::Never, Some(_)) => Err(Error::Exists),
            (Replace::Exchange, None) => Err(Error::NotFound),
            (Replace::Exchange, Some(_)) if above => Err(Error::IntoItself),
            (Replace::Existing, Some(_)) if above => Err(Error::NotEmpty),
            (Replace::Existing | Replace::Exchange, Some((_, target))) if target == source => {
                Ok(Answer::Done)
            }
            (Replace::Exchange, Some(_)) => {
                let (ours, theirs) = (self.cut(&from_key), self.cut(&to_key));
                self.paste(&from_key, theirs, from[from.len() - 1].clone());
                self.paste(&to_key, ours, spelling);
                Ok(Answer::Done)
            }
            (Replace::Existing, Some(_)) => {
                match (self.is_folder(&from_key), self.is_folder(&to_key)) {
                    (true, false) => return Err(Error::NotAFolder),
                    (false, true) => return Err(Error::IsAFolder),
                    (true, true) if !self.is_empty(&to_key) => return Err(Error::NotEmpty),
                    (true, true) | (false, false) => {}
                }
                let ours = self.cut(&from_key);
                self.paste(&to_key, ours, spelling);
                self.sweep();
                Ok(Answer::Done)
            }
            (Replace::Existing | Replace::Never, None) => {
                let ours = self.cut(&from_key);
                self.paste(&to_key, ours, spelling);
                Ok(Answer::Done)
            }
        }
    }

    /// Takes out a path and all below it, as paths relative to it.
    fn cut(&mut self, key: &Path) -> Vec<(Path, (String, usize))> {
        let taken: Vec<Path> = self
            .paths
            .keys()
            .filter(|other| other.starts_with(key))
            .cloned()
            .collect();
        taken
            .iter()
            .map(|other| {
                (
                    other[key.len()..].to_vec(),
                    self.paths.remove(other).expect("it was just found"),
                )
            })
            .collect()
    }

    fn paste(&mut self, key: &Path, entries: Vec<(Path, (String, usize))>, spelling: String) {
        for (rest, mut entry) in entries {
            if rest.is_empty() {
                entry.0.clone_from(&spelling);
            }
            self.paths.insert([key.clone(), rest].concat(), entry);
        }
    }

    pub(crate) fn open(&mut self, path: &[String]) -> Result<Answer, Error> {
        let (_, object) = self.find(path)?;
        self.handles.push(object);
        Ok(Answer::Done)
    }

    pub(crate) fn close(&mut self, handle: usize) {
        self.handles.remove(handle);
        self.sweep();
    }

    pub(crate) fn object(&self, path: &[String]) -> Result<usize, Error> {
        self.find(path).map(|(_, object)| object)
    }

    fn object_mut(&mut self, object: usize) -> &mut Object {
        self.objects
            .get_mut(&object)
            .expect("objects in use are kept")
    }

    fn data(&mut self, object: usize) -> Result<&mut Vec<u8>, Error> {
        match &mut self.object_mut(object).kind {
            Kind::File(data) => Ok(data),
            Kind::Folder => Err(Error::IsAFolder),
            Kind::Symlink(_) | Kind::Fifo => Err(Error::NotAFile),
        }
    }

    pub(crate) fn write(
        &mut self,
        object: usize,
        offset: usize,
        bytes: &[u8],
    ) -> Result<Answer, Error> {
        let most = usize::try_from(MOST_BYTES).expect("tests use small limits");
        self.data(object)?;
        if bytes.is_empty() {
            return Ok(Answer::Count(0));
        }
        if offset >= most {
            return Err(Error::FileTooLarge);
        }
        let end = (offset + bytes.len()).min(most);
        let held = self.objects[&object].held;
        self.room(end.saturating_sub(held))?;
        self.object_mut(object).held = held.max(end);
        let data = self.data(object)?;
        if data.len() < end {
            data.resize(end, 0);
        }
        data[offset..end].copy_from_slice(&bytes[..end - offset]);
        Ok(Answer::Count(end - offset))
    }

    pub(crate) fn read(
        &mut self,
        object: usize,
        offset: usize,
        length: usize,
    ) -> Result<Answer, Error> {
        let data = self.data(object)?;
        Ok(Answer::Bytes(
            data.iter().copied().skip(offset).take(length).collect(),
        ))
    }

    pub(crate) fn truncate(&mut self, object: usize, size: usize) -> Result<Answer, Error> {
        let data = self.data(object)?;
        if size as u64 > MOST_BYTES {
            return Err(Error::FileTooLarge);
        }
        data.resize(size, 0);
        let found = self.object_mut(object);
        found.held = found.held.min(size);
        Ok(Answer::Done)
    }

    pub(crate) fn set_xattr(
        &mut self,
        object: usize,
        name: &str,
        value: &[u8],
        how: SetXattr,
    ) -> Result<Answer, Error> {
        let xattrs = &self.object_mut(object).xattrs;
        match (how, xattrs.contains_key(name)) {
            (SetXattr::Create, true) => Err(Error::AttributeExists),
            (SetXattr::Replace, false) => Err(Error::NoAttribute),
            (SetXattr::Either, true | false)
            | (SetXattr::Create, false)
            | (SetXattr::Replace, true) => {
                let any = if xattrs.is_empty() { XATTRS } else { 0 };
                let new = any + XATTR + name.len() + 1 + value.len();
                let old = xattrs.get(name);
                let old = old.map_or(0, |old| XATTR + name.len() + 1 + old.len());
                self.room(new.saturating_sub(old))?;
                let xattrs = &mut self.object_mut(object).xattrs;
                xattrs.insert(name.to_owned(), value.to_vec());
                Ok(Answer::Done)
            }
        }
    }

    pub(crate) fn set_access(&mut self, object: usize, access: Access) -> Result<Answer, Error> {
        self.object_mut(object).access = access;
        Ok(Answer::Done)
    }

    pub(crate) fn remove_xattr(&mut self, object: usize, name: &str) -> Result<Answer, Error> {
        let xattrs = &mut self.object_mut(object).xattrs;
        xattrs
            .remove(name)
            .map(|_| Answer::Done)
            .ok_or(Error::NoAttribute)
    }

    pub(crate) fn usage(&self) -> Usage {
        // Each name but the root's, and each object that has none.
        let named: Vec<usize> = self.paths.values().map(|(_, object)| *object).collect();
        let nameless = self.objects.keys().filter(|object| !named.contains(object));
        Usage {
            files: (named.len() - 1 + nameless.count()) as u64,
            bytes: self.objects.values().map(Object::bytes).sum::<usize>() as u64,
        }
    }

    /// Everything there is, by folded path.
    pub(crate) fn dump(&self) -> BTreeMap<Path, Seen> {
        let links = |key: &Path, object: usize| {
            if self.is_folder(key) {
                let inside = |other: &&Path| other.len() == key.len() + 1 && other.starts_with(key);
                2 + self
                    .paths
                    .keys()
                    .filter(inside)
                    .filter(|other| self.is_folder(other))
                    .count()
            } else {
                self.paths
                    .values()
                    .filter(|(_, other)| *other == object)
                    .count()
            }
        };
        let seen = |(key, (spelling, object)): (&Path, &(String, usize))| {
            let found = &self.objects[object];
            let links = u32::try_from(links(key, *object)).expect("tests use few links");
            let Access { mode, uid, gid } = found.access;
            let seen = Seen {
                spelling: spelling.clone(),
                kind: found.kind.clone(),
                links,
                access: (mode, uid, gid),
                xattrs: found.xattrs.clone(),
            };
            (key.clone(), seen)
        };
        self.paths.iter().map(seen).collect()
    }
}

fn possible(name: &str) -> Result<(), Error> {
    if name.len() > 255 {
        return Err(Error::NameTooLong);
    }
    if [".", "..", ""].contains(&name) {
        Err(Error::InvalidName)
    } else {
        Ok(())
    }
}
