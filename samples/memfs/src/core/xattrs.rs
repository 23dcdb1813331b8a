//! Extended attributes of a node.

use std::collections::BTreeMap;

use super::{Error, MAX_NAME, NodeId, Timestamp, Volume};

/// Longest value of an extended attribute, in bytes.
pub const MAX_XATTR: usize = 64 * 1024;
/// Most bytes of names, each with the NUL that ends it in a list, and values of one node together.
pub const MAX_XATTRS: usize = 256 * 1024;
/// Most bytes of names alone, since a list of them must fit into what systems pass on.
const MAX_XATTR_LIST: usize = 64 * 1024;

/// What the memory of an attribute takes beyond its name and value.
const EACH: usize = 128;
/// What it takes that a node has any.
const ANY: usize = 384;

/// What may be there when an extended attribute is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SetXattr {
    /// Create or replace.
    #[default]
    Either,
    /// Fail with [`Error::AttributeExists`] if it exists.
    Create,
    /// Fail with [`Error::NoAttribute`] if it does not exist.
    Replace,
}

/// The answer to a caller who has room for so many bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probed {
    /// The caller had no room and asked for the size only, in bytes.
    Size(usize),
    /// The bytes, which fit.
    Value(Vec<u8>),
}

impl Probed {
    fn new(bytes: &[u8], room: usize) -> Result<Self, Error> {
        match room {
            0 => Ok(Self::Size(bytes.len())),
            _ if bytes.len() > room => Err(Error::BufferTooSmall),
            _ => Ok(Self::Value(bytes.to_vec())),
        }
    }
}

impl Volume {
    /// The value of an extended attribute for a caller with `room` bytes; with 0 the size alone.
    ///
    /// # Errors
    /// [`Error::NoAttribute`], [`Error::BufferTooSmall`], [`Error::Stale`].
    pub fn xattr(&self, node: NodeId, name: &[u8], room: usize) -> Result<Probed, Error> {
        match &self.node(node)?.meta().xattrs {
            Some(xattrs) => xattrs.get(name, room),
            None => Err(Error::NoAttribute),
        }
    }

    /// The names of the extended attributes, each ended by NUL, for a caller with `room` bytes; with 0 the size alone.
    ///
    /// # Errors
    /// [`Error::BufferTooSmall`], [`Error::Stale`].
    pub fn xattrs(&self, node: NodeId, room: usize) -> Result<Probed, Error> {
        match &self.node(node)?.meta().xattrs {
            Some(xattrs) => xattrs.list(room),
            None if room == 0 => Ok(Probed::Size(0)),
            None => Ok(Probed::Value(Vec::new())),
        }
    }

    /// Sets an extended attribute.
    ///
    /// # Errors
    /// [`Error::AttributeExists`], [`Error::NoAttribute`] as `how` says; [`Error::NameTooLong`],
    /// [`Error::InvalidName`], [`Error::AttributeTooLong`], [`Error::AttributesFull`], [`Error::VolumeFull`],
    /// [`Error::Stale`].
    pub fn set_xattr(
        &self,
        node: NodeId,
        name: &[u8],
        value: &[u8],
        how: SetXattr,
        now: Timestamp,
    ) -> Result<(), Error> {
        let found = self.node(node)?;
        let mut meta = found.meta();
        let mut fresh = Xattrs::default();
        let xattrs = meta.xattrs.as_deref_mut().unwrap_or(&mut fresh);
        xattrs.check(name, value, how)?;
        // Only for what it is longer: an attribute can be changed on a full volume, too.
        let (old, new) = (xattrs.room_of(name), xattrs.room_for(name, value));
        found.budget().take(new.saturating_sub(old))?;
        xattrs.put(name, value);
        found.budget().give(old.saturating_sub(new));
        if !fresh.is_empty() {
            meta.xattrs = Some(Box::new(fresh));
        }
        meta.times.changed = now;
        Ok(())
    }

    /// Removes an extended attribute.
    ///
    /// # Errors
    /// [`Error::NoAttribute`], [`Error::Stale`].
    pub fn remove_xattr(&self, node: NodeId, name: &[u8], now: Timestamp) -> Result<(), Error> {
        let found = self.node(node)?;
        let mut meta = found.meta();
        let xattrs = meta.xattrs.as_mut().ok_or(Error::NoAttribute)?;
        let before = xattrs.room();
        xattrs.remove(name)?;
        let after = xattrs.room();
        if xattrs.is_empty() {
            meta.xattrs = None;
        }
        found.budget().give(before - after);
        meta.times.changed = now;
        Ok(())
    }
}

#[derive(Debug, Default)]
pub(super) struct Xattrs(BTreeMap<Box<[u8]>, Box<[u8]>>);

impl Xattrs {
    pub(super) fn get(&self, name: &[u8], room: usize) -> Result<Probed, Error> {
        Probed::new(self.0.get(name).ok_or(Error::NoAttribute)?, room)
    }

    /// The names, each followed by NUL.
    pub(super) fn list(&self, room: usize) -> Result<Probed, Error> {
        let mut names = Vec::with_capacity(self.names_size());
        for name in self.0.keys() {
            names.extend_from_slice(name);
            names.push(0);
        }
        Probed::new(&names, room)
    }

    /// What they count for together.
    pub(super) fn room(&self) -> u64 {
        let any = if self.is_empty() { 0 } else { ANY };
        (any + self.0.len() * EACH + self.size()) as u64
    }

    /// What this one counts for, if it is there.
    fn room_of(&self, name: &[u8]) -> u64 {
        self.0.get(name).map_or(0, |value| each(name, value))
    }

    /// What it would count for with this value.
    fn room_for(&self, name: &[u8], value: &[u8]) -> u64 {
        let any = if self.is_empty() { ANY as u64 } else { 0 };
        any + each(name, value)
    }

    fn put(&mut self, name: &[u8], value: &[u8]) {
        match self.0.get_mut(name) {
            Some(old) if old.len() == value.len() => old.copy_from_slice(value),
            Some(old) => *old = value.into(),
            None => drop(self.0.insert(name.into(), value.into())),
        }
    }

    fn check(&self, name: &[u8], value: &[u8], how: SetXattr) -> Result<(), Error> {
        if name.is_empty() || name.contains(&0) {
            return Err(Error::InvalidName);
        }
        if name.len() > MAX_NAME {
            return Err(Error::NameTooLong);
        }
        if value.len() > MAX_XATTR {
            return Err(Error::AttributeTooLong);
        }
        let old = self.0.get(name);
        match how {
            SetXattr::Create if old.is_some() => return Err(Error::AttributeExists),
            SetXattr::Replace if old.is_none() => return Err(Error::NoAttribute),
            SetXattr::Either | SetXattr::Create | SetXattr::Replace => {}
        }
        let name_size = if old.is_some() { 0 } else { name.len() + 1 };
        let others = self.size() - old.map_or(0, |old| old.len());
        if self.names_size() + name_size > MAX_XATTR_LIST
            || others + name_size + value.len() > MAX_XATTRS
        {
            return Err(Error::AttributesFull);
        }
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> Result<(), Error> {
        self.0.remove(name).map(drop).ok_or(Error::NoAttribute)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn names_size(&self) -> usize {
        self.0.keys().map(|name| name.len() + 1).sum()
    }

    fn size(&self) -> usize {
        self.names_size() + self.0.values().map(|value| value.len()).sum::<usize>()
    }
}

fn each(name: &[u8], value: &[u8]) -> u64 {
    (EACH + name.len() + 1 + value.len()) as u64
}

#[cfg(test)]
mod tests;
