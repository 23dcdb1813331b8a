//! The entries of a folder.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::NodeId;

/// The entries of a folder, by name and in the order in which they are listed.
///
/// Each entry has a cookie that no other entry of this folder ever had. A listing names the cookie it got to, so
/// entries that come and go meanwhile make it neither skip nor repeat the ones that stay.
#[derive(Debug)]
pub(super) struct Folder {
    /// The folder this one is in; the root is in itself.
    pub(super) parent: NodeId,
    /// It has no name any more, and takes no entries.
    pub(super) removed: bool,
    by_key: HashMap<Arc<[u8]>, Slot>,
    by_cookie: BTreeMap<u64, Arc<[u8]>>,
    next_cookie: u64,
}

#[derive(Debug)]
struct Slot {
    /// As spelled at creation, unless that is the key. Behind one pointer: most names are their own keys.
    spelling: Option<Box<Box<[u8]>>>,
    node: NodeId,
    cookie: u64,
}

impl Slot {
    fn name<'a>(&'a self, key: &'a [u8]) -> &'a [u8] {
        self.spelling.as_ref().map_or(key, |spelling| spelling)
    }
}

fn spelling(key: &[u8], name: &[u8]) -> Option<Box<Box<[u8]>>> {
    (key != name).then(|| Box::new(name.into()))
}

impl Folder {
    pub(super) fn new(parent: NodeId) -> Self {
        Self {
            parent,
            removed: false,
            by_key: HashMap::new(),
            by_cookie: BTreeMap::new(),
            next_cookie: 1,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<NodeId> {
        self.by_key.get(key).map(|slot| slot.node)
    }

    /// The spelling an entry is kept under.
    pub(super) fn spelling(&self, key: &[u8]) -> Option<&[u8]> {
        let (key, slot) = self.by_key.get_key_value(key)?;
        Some(slot.name(key))
    }

    /// Adds an entry, or points an existing one, which keeps its spelling and cookie, to another node.
    pub(super) fn set(&mut self, key: &[u8], name: &[u8], node: NodeId) {
        if let Some(slot) = self.by_key.get_mut(key) {
            slot.node = node;
            return;
        }
        let spelling = spelling(key, name);
        let key: Arc<[u8]> = Arc::from(key);
        let cookie = self.next_cookie;
        self.next_cookie += 1;
        self.by_cookie.insert(cookie, Arc::clone(&key));
        self.by_key.insert(
            key,
            Slot {
                spelling,
                node,
                cookie,
            },
        );
    }

    /// Spells an existing entry anew.
    pub(super) fn respell(&mut self, key: &[u8], name: &[u8]) {
        if let Some(slot) = self.by_key.get_mut(key) {
            slot.spelling = spelling(key, name);
        }
    }

    pub(super) fn remove(&mut self, key: &[u8]) {
        if let Some(slot) = self.by_key.remove(key) {
            self.by_cookie.remove(&slot.cookie);
        }
    }

    /// Cookie, name and node of the entries that come after `cookie`; 0 is before the first.
    pub(super) fn after(&self, cookie: u64) -> impl Iterator<Item = (u64, &[u8], NodeId)> {
        self.by_cookie
            .range(cookie.saturating_add(1)..)
            .filter_map(|(cookie, key)| {
                let slot = self.by_key.get(key)?;
                Some((*cookie, slot.name(key), slot.node))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(folder: &mut Folder, name: &str, node: u64) {
        folder.set(name.as_bytes(), name.as_bytes(), NodeId(node));
    }

    fn names(folder: &Folder, cookie: u64) -> Vec<String> {
        folder
            .after(cookie)
            .map(|(_, name, _)| String::from_utf8_lossy(name).into_owned())
            .collect()
    }

    #[test]
    fn a_listing_goes_on_where_it_was_whatever_came_and_went() {
        let mut folder = Folder::new(NodeId::ROOT);
        for (name, node) in [("a", 2), ("b", 3), ("c", 4), ("d", 5)] {
            add(&mut folder, name, node);
        }
        let (second, ..) = folder.after(0).nth(1).unwrap();
        folder.remove(b"b");
        folder.remove(b"c");
        add(&mut folder, "b", 6);
        assert_eq!(names(&folder, second), ["d", "b"]);
        assert_eq!(names(&folder, u64::MAX), [""; 0]);
    }

    #[test]
    fn an_entry_pointed_elsewhere_keeps_its_spelling_and_place() {
        let mut folder = Folder::new(NodeId::ROOT);
        folder.set(b"A", b"a", NodeId(2));
        add(&mut folder, "Z", 3);
        folder.set(b"A", b"A", NodeId(4));
        assert_eq!(names(&folder, 0), ["a", "Z"]);
        assert_eq!(folder.get(b"A"), Some(NodeId(4)));
        folder.respell(b"A", b"A");
        assert_eq!(folder.spelling(b"A"), Some(&b"A"[..]));
    }
}
