//! Random sequences of operations give the same answers and the same tree on the core and on a map of paths.

mod model;

use memfs::core::{Access, CaseRule, Replace, SetXattr};
use model::operation::{Deed, Operation, Place, run};
use model::{Kind, MOST_BYTES, Path};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestRunner};

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

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        6 => Just(Kind::Folder),
        6 => Just(Kind::File(Vec::new())),
        2 => "[a-c/.]{1,5}".prop_map(Kind::Symlink),
        1 => Just(Kind::Fifo),
    ]
}

fn access() -> impl Strategy<Value = Access> {
    let mode = select(&[0o644, 0o755, 0o2755, 0o2644, 0o6755, 0o1777][..]);
    (mode, 0..3u32, 0..3u32).prop_map(|(mode, uid, gid)| Access { mode, uid, gid })
}

fn deed() -> impl Strategy<Value = Deed> {
    let how = select(&[SetXattr::Either, SetXattr::Create, SetXattr::Replace][..]);
    let xattr = || select(&["user.a", "user.b"][..]);
    let offset = || 0..MOST_BYTES as usize + 5;
    prop_oneof![
        3 => (offset(), bytes()).prop_map(|(offset, bytes)| Deed::Write(offset, bytes)),
        1 => (offset(), 0..50usize).prop_map(|(offset, size)| Deed::Read(offset, size)),
        1 => offset().prop_map(Deed::Truncate),
        2 => access().prop_map(Deed::SetAccess),
        1 => (xattr(), bytes(), how).prop_map(|(name, value, how)| Deed::SetXattr(name, value, how)),
        1 => xattr().prop_map(Deed::RemoveXattr),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    let replace = select(&[Replace::Existing, Replace::Never, Replace::Exchange][..]);
    let handle = || 0..4usize;
    prop_oneof![
        6 => (path(), kind()).prop_map(|(path, kind)| Operation::Create(path, kind)),
        1 => Just(Operation::CreateUnnamed),
        3 => (path(), path()).prop_map(|(old, new)| Operation::Link(old, new)),
        1 => (handle(), path()).prop_map(|(handle, new)| Operation::LinkHandle(handle, new)),
        2 => path().prop_map(Operation::Unlink),
        1 => path().prop_map(Operation::RemoveFolder),
        8 => (path(), path(), replace).prop_map(|(from, to, replace)| Operation::Rename(from, to, replace)),
        2 => path().prop_map(Operation::Open),
        1 => handle().prop_map(Operation::Close),
        9 => (place(), deed()).prop_map(|(place, deed)| Operation::On(place, deed)),
    ]
}

fn compare(case: CaseRule, operations: &[Operation]) -> Result<(), TestCaseError> {
    run(case, operations).map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_core_does_what_the_model_does(operations in prop::collection::vec(operation(), 1..120)) {
        compare(CaseRule::Sensitive, &operations)?;
    }

    #[test]
    fn the_core_does_what_the_model_does_without_case(operations in prop::collection::vec(operation(), 1..120)) {
        compare(CaseRule::Insensitive, &operations)?;
    }
}

/// Sequences from one seed after another, for as long as `cargo xtask soak` says.
#[test]
#[ignore = "for cargo xtask soak"]
fn soak_the_core_does_what_the_model_does() {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    let seconds: u64 = number("FSLAUNCH_SOAK_SECONDS").unwrap_or(60);
    let first: u64 = number("FSLAUNCH_SOAK_SEED").unwrap_or(1);
    let begun = std::time::Instant::now();
    let sequences = prop::collection::vec(operation(), 1..400);
    let mut seed = first;
    while begun.elapsed().as_secs() < seconds {
        let config = ProptestConfig {
            cases: 200,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(seed),
            ..ProptestConfig::default()
        };
        let case = match seed % 2 {
            0 => CaseRule::Sensitive,
            _ => CaseRule::Insensitive,
        };
        let outcome =
            TestRunner::new(config).run(&sequences, |operations| compare(case, &operations));
        assert!(outcome.is_ok(), "seed {seed}: {outcome:?}");
        seed += 1;
    }
    println!("core: {} sequences", (seed - first) * 200);
}
