//! Random sequences of operations give the same answers and the same tree on the core and on a map of paths.

mod model;

use memfs::core::{CaseRule, Error, NodeId, Privileges, Replace, SetXattr, Usage};
use model::core::Core;
use model::{Answer, MOST_BYTES, Model, NOW, Path};
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Clone, Debug)]
enum Operation {
    Create(Path, model::Kind),
    Link(Path, Path),
    Unlink(Path),
    RemoveFolder(Path),
    Rename(Path, Path, Replace),
    Open(Path),
    Close(usize),
    Write(Place, usize, Vec<u8>),
    Read(Place, usize, usize),
    Truncate(Place, usize),
    SetXattr(Path, &'static str, Vec<u8>, SetXattr),
    RemoveXattr(Path, &'static str),
}

/// A file by its path, or by one of the handles that are open.
#[derive(Clone, Debug)]
enum Place {
    Path(Path),
    Handle(usize),
}

fn name() -> impl Strategy<Value = String> {
    let ordinary = select(&["a", "A", "b", "ä", "Ä"][..]).prop_map(str::to_owned);
    let odd = select(vec![
        "..".to_owned(),
        ".".to_owned(),
        "x".repeat(255),
        "x".repeat(256),
    ]);
    prop_oneof![30 => ordinary, 1 => odd]
}

fn path() -> impl Strategy<Value = Path> {
    // Few names and shallow paths, so that operations meet the same entries.
    prop_oneof![
        4 => prop::collection::vec(name(), 1),
        3 => prop::collection::vec(name(), 2),
        1 => prop::collection::vec(name(), 3),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        path().prop_map(Place::Path),
        (0..4usize).prop_map(Place::Handle)
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..30)
}

fn kind() -> impl Strategy<Value = model::Kind> {
    prop_oneof![
        3 => Just(model::Kind::Folder),
        3 => Just(model::Kind::File(Vec::new())),
        1 => "[a-c/.]{1,5}".prop_map(model::Kind::Symlink),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let replace = select(&[Replace::Existing, Replace::Never, Replace::Exchange][..]);
    let how = select(&[SetXattr::Either, SetXattr::Create, SetXattr::Replace][..]);
    let xattr = || select(&["user.a", "user.b"][..]);
    let offset = || 0..MOST_BYTES as usize + 5;
    prop_oneof![
        6 => (path(), kind()).prop_map(|(path, kind)| Operation::Create(path, kind)),
        3 => (path(), path()).prop_map(|(old, new)| Operation::Link(old, new)),
        2 => path().prop_map(Operation::Unlink),
        1 => path().prop_map(Operation::RemoveFolder),
        8 => (path(), path(), replace).prop_map(|(from, to, replace)| Operation::Rename(from, to, replace)),
        2 => path().prop_map(Operation::Open),
        1 => (0..4usize).prop_map(Operation::Close),
        3 => (place(), offset(), bytes()).prop_map(|(place, offset, bytes)| Operation::Write(place, offset, bytes)),
        1 => (place(), offset(), 0..50usize).prop_map(|(place, offset, size)| Operation::Read(place, offset, size)),
        1 => (place(), offset()).prop_map(|(place, size)| Operation::Truncate(place, size)),
        1 => (path(), xattr(), bytes(), how)
            .prop_map(|(path, name, value, how)| Operation::SetXattr(path, name, value, how)),
        1 => (path(), xattr()).prop_map(|(path, name)| Operation::RemoveXattr(path, name)),
    ]
}

/// What the model and the core answer.
fn apply(operation: &Operation, model: &mut Model, core: &mut Core) -> [Result<Answer, Error>; 2] {
    let done = |(): ()| Answer::Done;
    match operation {
        Operation::Create(path, kind) => {
            [model.create(path, kind.clone()), core.create(path, kind)]
        }
        Operation::Link(old, new) => [model.link(old, new), core.link(old, new)],
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
            [
                Ok(Answer::Done),
                core.volume.close(core.handles.remove(*handle)).map(done),
            ]
        }
        Operation::Close(_) => [Ok(Answer::Done), Ok(Answer::Done)],
        Operation::Write(place, offset, bytes) => on_place(
            place,
            (model, core),
            |model, object| model.write(object, *offset, bytes),
            |core, node| {
                core.volume
                    .write(node, *offset as u64, bytes, Privileges::Keep, NOW)
                    .map(Answer::Count)
            },
        ),
        Operation::Read(place, offset, length) => on_place(
            place,
            (model, core),
            |model, object| model.read(object, *offset, *length),
            |core, node| {
                core.volume
                    .read(node, *offset as u64, *length, NOW, |bytes| {
                        Answer::Bytes(bytes.to_vec())
                    })
            },
        ),
        Operation::Truncate(place, size) => on_place(
            place,
            (model, core),
            |model, object| model.truncate(object, *size),
            |core, node| core.truncate(node, *size),
        ),
        Operation::SetXattr(path, name, value, how) => on_place(
            &Place::Path(path.clone()),
            (model, core),
            |model, object| model.set_xattr(object, name, value, *how),
            |core, node| {
                core.volume
                    .set_xattr(node, name.as_bytes(), value, *how, NOW)
                    .map(done)
            },
        ),
        Operation::RemoveXattr(path, name) => on_place(
            &Place::Path(path.clone()),
            (model, core),
            |model, object| model.remove_xattr(object, name),
            |core, node| {
                core.volume
                    .remove_xattr(node, name.as_bytes(), NOW)
                    .map(done)
            },
        ),
    }
}

fn on_place(
    place: &Place,
    (model, core): (&mut Model, &mut Core),
    theirs: impl FnOnce(&mut Model, usize) -> Result<Answer, Error>,
    ours: impl FnOnce(&Core, NodeId) -> Result<Answer, Error>,
) -> [Result<Answer, Error>; 2] {
    match place {
        Place::Path(path) => {
            let object = model.object(path);
            [
                object.and_then(|object| theirs(model, object)),
                core.node(path).and_then(|node| ours(core, node)),
            ]
        }
        Place::Handle(handle) if *handle < core.handles.len() => {
            let object = model.handles[*handle];
            [theirs(model, object), ours(core, core.handles[*handle])]
        }
        Place::Handle(_) => [Ok(Answer::Done), Ok(Answer::Done)],
    }
}

fn run(case: CaseRule, operations: &[Operation]) -> Result<(), TestCaseError> {
    let mut model = Model::new(case == CaseRule::Insensitive);
    let mut core = Core::new(case);
    for operation in operations {
        let [theirs, ours] = apply(operation, &mut model, &mut core);
        prop_assert_eq!(theirs, ours, "{:?}", operation);
        prop_assert_eq!(model.dump(), core.dump(), "after {:?}", operation);
        prop_assert_eq!(model.usage(), core.volume.usage(), "after {:?}", operation);
    }
    empty(&core)
}

/// Closes and deletes everything: then nothing may count any more.
fn empty(core: &Core) -> Result<(), TestCaseError> {
    for handle in &core.handles {
        prop_assert_eq!(core.volume.close(*handle), Ok(()));
    }
    let entries = core.dump();
    for (path, (_, kind, ..)) in entries.iter().rev().filter(|(path, _)| !path.is_empty()) {
        let (parent, name) = core.parent(path).expect("what is deeper was deleted first");
        let removed = match kind {
            model::Kind::Folder => core.volume.remove_folder(parent, name, NOW),
            model::Kind::File(_) | model::Kind::Symlink(_) => core.volume.unlink(parent, name, NOW),
        };
        prop_assert_eq!(removed, Ok(()), "{:?}", path);
    }
    prop_assert_eq!(core.volume.usage(), Usage::default());
    prop_assert_eq!(
        core.volume.attributes(NodeId::ROOT).map(|root| root.links),
        Ok(2)
    );
    for handle in &core.handles {
        prop_assert_eq!(core.volume.attributes(*handle), Err(Error::Stale));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_core_does_what_the_model_does(operations in prop::collection::vec(operation(), 1..120)) {
        run(CaseRule::Sensitive, &operations)?;
    }

    #[test]
    fn the_core_does_what_the_model_does_without_case(operations in prop::collection::vec(operation(), 1..120)) {
        run(CaseRule::Insensitive, &operations)?;
    }
}
