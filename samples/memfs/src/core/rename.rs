//! Renaming: the operation with the most rules.

use std::borrow::Cow;

use super::tree::Tree;
use super::{Error, NodeId, Timestamp, Volume, name};

/// What a rename does with an entry that has the new name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// It goes: a file for anything that is no folder, an empty folder for a folder.
    #[default]
    Existing,
    /// It stays, and the rename fails.
    Never,
    /// It gets the old name; there must be one.
    Exchange,
}

/// One end of a rename.
struct End<'a> {
    parent: NodeId,
    name: &'a [u8],
    key: Cow<'a, [u8]>,
}

impl Volume {
    /// Moves an entry to another name.
    ///
    /// Two names of one file are both left alone, as POSIX wants. A new name that means the same entry, which is
    /// possible without case, changes its spelling.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Exists`] with [`Replace::Never`]; [`Error::IntoItself`];
    /// [`Error::NotAFolder`], [`Error::IsAFolder`] or [`Error::NotEmpty`] if what has the new name cannot be replaced;
    /// errors of the names.
    pub fn rename(
        &self,
        from: (NodeId, &[u8]),
        to: (NodeId, &[u8]),
        replace: Replace,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tree = self.tree_mut();
        tree.folder(from.0)?;
        tree.folder(to.0)?;
        let from = self.end(from)?;
        let to = self.end(to)?;
        let source = tree.child(from.parent, &from.key)?;
        if from.parent == to.parent && from.key == to.key {
            return respell(&mut tree, &to, source, now);
        }
        let target = tree.folder(to.parent)?.get(&to.key);
        check_loops(&tree, source, &from, target, &to, replace)?;
        match (target, replace) {
            (Some(_), Replace::Never) => Err(Error::Exists),
            (None, Replace::Exchange) => Err(Error::NotFound),
            (Some(target), Replace::Existing | Replace::Exchange) if target == source => Ok(()),
            (Some(target), Replace::Exchange) => {
                exchange(&mut tree, (&from, source), (&to, target), now)
            }
            (Some(target), Replace::Existing) => {
                check_replaceable(&tree, source, target)?;
                take_out(&mut tree, &to, target)?;
                let unused = tree.unname(target, now)?;
                relocate(&mut tree, source, &from, &to, now)?;
                drop(tree);
                drop(unused);
                Ok(())
            }
            (None, Replace::Existing | Replace::Never) => {
                relocate(&mut tree, source, &from, &to, now)
            }
        }
    }

    fn end<'a>(&self, (parent, name): (NodeId, &'a [u8])) -> Result<End<'a>, Error> {
        name::check(name, self.longest_name())?;
        Ok(End {
            parent,
            name,
            key: self.case().key(name),
        })
    }
}

fn respell(tree: &mut Tree, to: &End<'_>, node: NodeId, now: Timestamp) -> Result<(), Error> {
    let folder = tree.folder_mut(to.parent)?;
    if folder.spelling(&to.key) != Some(to.name) {
        folder.respell(&to.key, to.name);
        tree.get(to.parent)?.entries_changed(0, now);
        tree.get(node)?.changed(now);
    }
    Ok(())
}

/// Refuses to make a folder its own ancestor.
fn check_loops(
    tree: &Tree,
    source: NodeId,
    from: &End<'_>,
    target: Option<NodeId>,
    to: &End<'_>,
    replace: Replace,
) -> Result<(), Error> {
    if is_within(tree, to.parent, source)? {
        return Err(Error::IntoItself);
    }
    match (target, replace) {
        (Some(target), Replace::Exchange) if is_within(tree, from.parent, target)? => {
            Err(Error::IntoItself)
        }
        (Some(target), Replace::Existing) if is_within(tree, from.parent, target)? => {
            Err(Error::NotEmpty)
        }
        (Some(_) | None, Replace::Existing | Replace::Never | Replace::Exchange) => Ok(()),
    }
}

/// Whether `folder` is `ancestor` or somewhere in it.
fn is_within(tree: &Tree, mut folder: NodeId, ancestor: NodeId) -> Result<bool, Error> {
    loop {
        if folder == ancestor {
            return Ok(true);
        }
        if folder == NodeId::ROOT {
            return Ok(false);
        }
        folder = tree.folder(folder)?.parent;
    }
}

fn check_replaceable(tree: &Tree, source: NodeId, target: NodeId) -> Result<(), Error> {
    match (tree.get(source)?.is_folder(), tree.get(target)?.is_folder()) {
        (true, true) if !tree.folder(target)?.is_empty() => Err(Error::NotEmpty),
        (true, true) | (false, false) => Ok(()),
        (true, false) => Err(Error::NotAFolder),
        (false, true) => Err(Error::IsAFolder),
    }
}

fn relocate(
    tree: &mut Tree,
    node: NodeId,
    from: &End<'_>,
    to: &End<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    take_out(tree, from, node)?;
    put_in(tree, to, node)?;
    stamp(tree, &[from.parent, to.parent], &[node], now)
}

fn exchange(
    tree: &mut Tree,
    (from, source): (&End<'_>, NodeId),
    (to, target): (&End<'_>, NodeId),
    now: Timestamp,
) -> Result<(), Error> {
    take_out(tree, from, source)?;
    take_out(tree, to, target)?;
    put_in(tree, from, target)?;
    put_in(tree, to, source)?;
    stamp(tree, &[from.parent, to.parent], &[source, target], now)
}

fn take_out(tree: &mut Tree, end: &End<'_>, node: NodeId) -> Result<(), Error> {
    tree.folder_mut(end.parent)?.remove(&end.key);
    count(tree, end.parent, node, -1)
}

fn put_in(tree: &mut Tree, end: &End<'_>, node: NodeId) -> Result<(), Error> {
    if tree.get(node)?.is_folder() {
        tree.folder_mut(node)?.parent = end.parent;
    }
    tree.folder_mut(end.parent)?.set(&end.key, end.name, node);
    count(tree, end.parent, node, 1)
}

/// Keeps the number of folders in a folder true.
fn count(tree: &Tree, parent: NodeId, node: NodeId, by: i32) -> Result<(), Error> {
    if tree.get(node)?.is_folder() {
        let mut meta = tree.get(parent)?.meta();
        meta.links = meta.links.saturating_add_signed(by);
    }
    Ok(())
}

fn stamp(tree: &Tree, parents: &[NodeId], moved: &[NodeId], now: Timestamp) -> Result<(), Error> {
    for parent in parents {
        tree.get(*parent)?.entries_changed(0, now);
    }
    for node in moved {
        tree.get(*node)?.changed(now);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Access, CaseRule, Creation, Limits};
    use super::*;

    const NOW: Timestamp = Timestamp {
        seconds: 5,
        nanoseconds: 0,
    };
    const ROOT: NodeId = NodeId::ROOT;

    /// `a/`, `a/b/`, `c/`, `f` and `g` with a second name `h`.
    fn volume(case: CaseRule) -> (Volume, NodeId, NodeId) {
        let limits = Limits {
            files: 99,
            file_size: 1000,
            bytes: 1 << 20,
        };
        let volume = Volume::new(limits, case, Access::default(), Timestamp::default());
        let make = |parent, name: &[u8], what| {
            volume
                .create(parent, name, what, Access::default(), Timestamp::default())
                .unwrap()
                .node
        };
        let a = make(ROOT, b"a", Creation::Folder);
        let b = make(a, b"b", Creation::Folder);
        make(ROOT, b"c", Creation::Folder);
        make(ROOT, b"f", Creation::File);
        let g = make(ROOT, b"g", Creation::File);
        volume.link(g, ROOT, b"h", Timestamp::default()).unwrap();
        (volume, a, b)
    }

    fn names(volume: &Volume, folder: NodeId) -> Vec<String> {
        let mut names = Vec::new();
        let visit = |entry: super::super::Entry<'_>| {
            names.push(String::from_utf8_lossy(entry.name).into_owned());
            super::super::Listed::Seen
        };
        volume.entries(folder, 0, NOW, visit).unwrap();
        names.sort();
        names
    }

    #[test]
    fn each_impossible_rename_has_its_reason() {
        let (volume, a, b) = volume(CaseRule::Sensitive);
        let rename = |from, to, replace| volume.rename(from, to, replace, NOW);
        let (existing, never, exchange) = (Replace::Existing, Replace::Never, Replace::Exchange);
        for (from, to, replace, reason) in [
            (
                (ROOT, &b"x"[..]),
                (ROOT, &b"y"[..]),
                existing,
                Error::NotFound,
            ),
            ((ROOT, b"f"), (ROOT, b"x"), exchange, Error::NotFound),
            ((ROOT, b"f"), (ROOT, b"g"), never, Error::Exists),
            ((ROOT, b"g"), (ROOT, b"h"), never, Error::Exists),
            ((ROOT, b"a"), (b, b"x"), existing, Error::IntoItself),
            ((ROOT, b"a"), (a, b"b"), existing, Error::IntoItself),
            ((ROOT, b"a"), (a, b"b"), exchange, Error::IntoItself),
            ((a, b"b"), (ROOT, b"a"), exchange, Error::IntoItself),
            ((a, b"b"), (ROOT, b"a"), existing, Error::NotEmpty),
            ((ROOT, b"c"), (ROOT, b"a"), existing, Error::NotEmpty),
            ((ROOT, b"c"), (ROOT, b"f"), existing, Error::NotAFolder),
            ((ROOT, b"f"), (ROOT, b"c"), existing, Error::IsAFolder),
            ((ROOT, b"f"), (ROOT, b".."), existing, Error::InvalidName),
            (
                (ROOT, b"f"),
                (ROOT, &[b'x'; 256]),
                existing,
                Error::NameTooLong,
            ),
        ] {
            let case = format!(
                "{} to {}",
                String::from_utf8_lossy(from.1),
                String::from_utf8_lossy(to.1)
            );
            assert_eq!(
                rename(from, to, replace),
                Err(reason),
                "{case}, {replace:?}"
            );
        }
        assert_eq!(names(&volume, ROOT), ["a", "c", "f", "g", "h"]);
    }

    #[test]
    fn a_folder_moves_with_what_is_in_it_and_replaces_an_empty_one() {
        let (volume, a, b) = volume(CaseRule::Sensitive);
        volume
            .rename((ROOT, b"a"), (ROOT, b"c"), Replace::Existing, NOW)
            .unwrap();
        assert_eq!(names(&volume, ROOT), ["c", "f", "g", "h"]);
        assert_eq!(volume.lookup(ROOT, b"c").unwrap().node, a);
        volume
            .rename((a, b"b"), (ROOT, b"b"), Replace::Never, NOW)
            .unwrap();
        let links = |node| volume.attributes(node).unwrap().links;
        assert_eq!((links(ROOT), links(a), links(b)), (4, 2, 2));
        assert_eq!(volume.parent(b), Ok(ROOT));
    }

    #[test]
    fn two_names_of_one_file_are_left_alone() {
        let (volume, ..) = volume(CaseRule::Sensitive);
        volume
            .rename((ROOT, b"g"), (ROOT, b"h"), Replace::Existing, NOW)
            .unwrap();
        assert_eq!(names(&volume, ROOT), ["a", "c", "f", "g", "h"]);
    }

    #[test]
    fn an_exchange_swaps_a_file_and_a_folder() {
        let (volume, a, b) = volume(CaseRule::Sensitive);
        volume
            .rename((ROOT, b"f"), (a, b"b"), Replace::Exchange, NOW)
            .unwrap();
        assert_eq!(volume.lookup(ROOT, b"f").unwrap().node, b);
        let links = |node| volume.attributes(node).unwrap().links;
        assert_eq!((links(ROOT), links(a)), (5, 2));
        assert_eq!(volume.parent(b), Ok(ROOT));
    }

    #[test]
    fn without_case_a_new_spelling_is_kept_and_replaces_nothing() {
        let (volume, ..) = volume(CaseRule::Insensitive);
        volume
            .rename((ROOT, b"A"), (ROOT, b"A"), Replace::Never, NOW)
            .unwrap();
        volume
            .rename((ROOT, b"F"), (ROOT, b"G"), Replace::Existing, NOW)
            .unwrap();
        assert_eq!(names(&volume, ROOT), ["A", "G", "c", "h"]);
    }
}
