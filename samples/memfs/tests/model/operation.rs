//! Operations that model and core both do, and how their answers and trees are compared after each.

use memfs::core::{
    Access, CaseRule, Changes, Error, NodeId, Privileges, Replace, SetXattr, Timestamp, Usage,
};

use super::core::Core;
use super::{Answer, Kind, Model, NOW, Path};

/// What may be asked of a volume.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Create(Path, Kind),
    /// Opens a file that has no name.
    CreateUnnamed,
    Link(Path, Path),
    /// Gives what a handle is for a name.
    LinkHandle(usize, Path),
    Unlink(Path),
    RemoveFolder(Path),
    Rename(Path, Path, Replace),
    Open(Path),
    Close(usize),
    On(Place, Deed),
}

/// What may be asked of one node.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    Write(usize, Vec<u8>),
    Read(usize, usize),
    Truncate(usize),
    SetAccess(Access),
    SetXattr(&'static str, Vec<u8>, SetXattr),
    RemoveXattr(&'static str),
}

/// A node by its path, or by one of the handles that are open.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Path(Path),
    Handle(usize),
}

/// Does them all in both, and stops at the first difference.
pub(crate) fn run(case: CaseRule, operations: &[Operation]) -> Result<(), String> {
    let mut model = Model::new(case == CaseRule::Insensitive);
    let mut core = Core::new(case);
    for operation in operations {
        let [theirs, ours] = apply(operation, &mut model, &mut core);
        same(theirs, ours, operation)?;
        same(model.dump(), core.dump(), operation)?;
        same(model.usage(), core.volume.usage(), operation)?;
    }
    empty(&core)
}

fn same<T: PartialEq + std::fmt::Debug>(
    theirs: T,
    ours: T,
    operation: &Operation,
) -> Result<(), String> {
    if theirs == ours {
        Ok(())
    } else {
        Err(format!(
            "after {operation:?}\nmodel: {theirs:?}\ncore:  {ours:?}"
        ))
    }
}

/// What the model and the core answer.
fn apply(operation: &Operation, model: &mut Model, core: &mut Core) -> [Result<Answer, Error>; 2] {
    let done = |(): ()| Answer::Done;
    match operation {
        Operation::Create(path, kind) => {
            [model.create(path, kind.clone()), core.create(path, kind)]
        }
        Operation::CreateUnnamed => [model.create_unnamed(), core.create_unnamed()],
        Operation::Link(old, new) => [model.link(old, new), core.link(old, new)],
        Operation::LinkHandle(handle, new) if *handle < core.handles.len() => {
            let (theirs, ours) = (model.handles[*handle], core.handles[*handle]);
            [model.link_object(theirs, new), core.link_node(ours, new)]
        }
        Operation::Unlink(path) => {
            let ours = core
                .parent(path)
                .and_then(|(parent, name)| core.volume.unlink(parent, name, NOW));
            [model.unlink(path), ours.map(done)]
        }
        Operation::RemoveFolder(path) => {
            let ours = core
                .parent(path)
                .and_then(|(parent, name)| core.volume.remove_folder(parent, name, NOW));
            [model.remove_folder(path), ours.map(done)]
        }
        Operation::Rename(from, to, replace) => {
            let ends = core
                .parent(from)
                .and_then(|from| Ok((from, core.parent(to)?)));
            let ours = ends.and_then(|(from, to)| core.volume.rename(from, to, *replace, NOW));
            [model.rename(from, to, *replace), ours.map(done)]
        }
        Operation::Open(path) => [model.open(path), core.open(path)],
        Operation::Close(handle) if *handle < core.handles.len() => {
            model.close(*handle);
            let node = core.handles.remove(*handle);
            [Ok(Answer::Done), core.volume.close(node).map(done)]
        }
        Operation::Close(_) | Operation::LinkHandle(..) => [Ok(Answer::Done), Ok(Answer::Done)],
        Operation::On(Place::Path(path), deed) => {
            let (object, node) = (model.object(path), core.node(path));
            [
                object.and_then(|object| on_object(deed, model, object)),
                node.and_then(|node| on_node(deed, core, node)),
            ]
        }
        Operation::On(Place::Handle(handle), deed) if *handle < core.handles.len() => {
            let (object, node) = (model.handles[*handle], core.handles[*handle]);
            [on_object(deed, model, object), on_node(deed, core, node)]
        }
        Operation::On(Place::Handle(_), _) => [Ok(Answer::Done), Ok(Answer::Done)],
    }
}

fn on_object(deed: &Deed, model: &mut Model, object: usize) -> Result<Answer, Error> {
    match deed {
        Deed::Write(offset, bytes) => model.write(object, *offset, bytes),
        Deed::Read(offset, length) => model.read(object, *offset, *length),
        Deed::Truncate(size) => model.truncate(object, *size),
        Deed::SetAccess(access) => model.set_access(object, *access),
        Deed::SetXattr(name, value, how) => model.set_xattr(object, name, value, *how),
        Deed::RemoveXattr(name) => model.remove_xattr(object, name),
    }
}

fn on_node(deed: &Deed, core: &Core, node: NodeId) -> Result<Answer, Error> {
    let done = |(): ()| Answer::Done;
    let volume = &core.volume;
    match deed {
        Deed::Write(offset, bytes) => volume
            .write(node, *offset as u64, bytes, Privileges::Keep, NOW)
            .map(Answer::Count),
        Deed::Read(offset, length) => {
            volume.read(node, *offset as u64, *length as u64, NOW, |bytes| {
                Answer::Bytes(bytes.to_vec())
            })
        }
        Deed::Truncate(size) => core.truncate(node, *size),
        Deed::SetAccess(access) => set_access(core, node, *access),
        Deed::SetXattr(name, value, how) => volume
            .set_xattr(node, name.as_bytes(), value, *how, NOW)
            .map(done),
        Deed::RemoveXattr(name) => volume.remove_xattr(node, name.as_bytes(), NOW).map(done),
    }
}

fn set_access(core: &Core, node: NodeId, access: Access) -> Result<Answer, Error> {
    let time = Timestamp {
        seconds: -i64::from(access.uid),
        nanoseconds: 999_999_999,
    };
    let changes = Changes {
        mode: Some(access.mode),
        uid: Some(access.uid),
        gid: Some(access.gid),
        size: None,
        accessed: Some(time),
        modified: Some(time),
        changed: None,
        created: Some(time),
    };
    let volume = &core.volume;
    let made = volume.set_attributes(node, &changes, Privileges::Keep, NOW)?;
    assert_eq!(volume.attributes(node), Ok(made));
    assert_eq!((made.times.accessed, made.times.modified), (time, time));
    assert_eq!((made.times.created, made.times.changed), (time, NOW));
    Ok(Answer::Done)
}

/// Closes and deletes everything: then nothing may count any more.
fn empty(core: &Core) -> Result<(), String> {
    let check = |right: bool, what: &str| match right {
        true => Ok(()),
        false => Err(format!("at the end: {what}")),
    };
    for handle in &core.handles {
        check(core.volume.close(*handle) == Ok(()), "close a handle")?;
    }
    let entries = core.dump();
    for (path, seen) in entries.iter().rev().filter(|(path, _)| !path.is_empty()) {
        let (parent, name) = core.parent(path).expect("what is deeper was deleted first");
        let removed = match seen.kind {
            Kind::Folder => core.volume.remove_folder(parent, name, NOW),
            Kind::File(_) | Kind::Symlink(_) | Kind::Fifo => core.volume.unlink(parent, name, NOW),
        };
        check(removed == Ok(()), "delete an entry")?;
    }
    check(core.volume.usage() == Usage::default(), "nothing counts")?;
    let root = core.volume.attributes(NodeId::ROOT);
    check(root.map(|root| root.links) == Ok(2), "links of the root")?;
    for handle in &core.handles {
        let stale = core.volume.attributes(*handle) == Err(Error::Stale);
        check(stale, "a closed node is gone")?;
    }
    Ok(())
}
