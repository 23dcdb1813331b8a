//! Random operations on the contents of two files give the same bytes, holes and room as on plain vectors of bytes.

mod contents;

use contents::{CHUNK, MOST, Operation, run};
use memfs::core::{Allocation, Seek};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestRunner};

/// Anywhere, or within a few bytes of where chunks meet.
fn offset() -> impl Strategy<Value = usize> {
    prop_oneof![
        0..MOST + 10,
        (0..5usize, 0..40usize).prop_map(|(chunk, more)| (chunk * CHUNK + more).max(3) - 3)
    ]
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![0..100usize, 0..9000usize, 0..2 * CHUNK, Just(CHUNK)]
}

fn operation() -> impl Strategy<Value = Operation> {
    let how = select(
        &[
            Allocation::Reserve,
            Allocation::ReserveKeepingSize,
            Allocation::PunchHole,
            Allocation::Zero,
            Allocation::ZeroKeepingSize,
        ][..],
    );
    let seek = select(&[Seek::Data, Seek::Hole][..]);
    prop_oneof![
        4 => (offset(), length(), 1..255u8).prop_map(|(at, length, byte)| Operation::Write(at, length, byte)),
        3 => (length(), 1..255u8).prop_map(|(length, byte)| Operation::Append(length, byte)),
        2 => (offset(), length()).prop_map(|(at, length)| Operation::Read(at, length)),
        1 => offset().prop_map(Operation::Resize),
        3 => (offset(), length(), how).prop_map(|(at, length, how)| Operation::Allocate(at, length, how)),
        2 => (offset(), seek).prop_map(|(at, what)| Operation::Seek(at, what)),
        3 => (offset(), length(), offset(), 0..2usize)
            .prop_map(|(from, length, to, other)| Operation::Copy(from, length, to, other)),
    ]
}

fn operations(most: usize) -> impl Strategy<Value = Vec<(usize, Operation)>> {
    prop::collection::vec((0..2usize, operation()), 1..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn contents_are_those_of_plain_vectors(operations in operations(40)) {
        run(&operations).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn contents_written_in_stripes_are_those_of_plain_vectors() {
    let stripe = |stripe: usize| {
        (0..36).map(move |step| (0, Operation::Write(stripe * CHUNK + step * 1024, 1024, 1)))
    };
    let operations: Vec<_> = (0..4).flat_map(stripe).collect();
    run(&operations).unwrap();
}

/// Sequences from one seed after another, for as long as `cargo xtask soak` says.
#[test]
#[ignore = "for cargo xtask soak"]
fn soak_contents_are_those_of_plain_vectors() {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    let seconds: u64 = number("FSLAUNCH_SOAK_SECONDS").unwrap_or(60);
    let first: u64 = number("FSLAUNCH_SOAK_SEED").unwrap_or(1);
    let begun = std::time::Instant::now();
    let mut seed = first;
    while begun.elapsed().as_secs() < seconds {
        let config = ProptestConfig {
            cases: 20,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(seed),
            ..ProptestConfig::default()
        };
        let outcome = TestRunner::new(config).run(&operations(100), |operations| {
            run(&operations).map_err(TestCaseError::fail)
        });
        assert!(outcome.is_ok(), "seed {seed}: {outcome:?}");
        seed = seed.wrapping_add(1);
    }
    println!("contents: {} sequences", seed.wrapping_sub(first) * 20);
}
