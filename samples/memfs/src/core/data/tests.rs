use proptest::prelude::*;

use super::super::Limits;
use super::*;

const C: u64 = CHUNK as u64;
/// The least room of a chunk that is not the first.
const P: u64 = 4096;

fn budget(bytes: u64) -> Budget {
    Budget::new(Limits {
        files: 9,
        file_size: u64::MAX,
        bytes,
    })
}

fn bytes(data: &Data, offset: u64, length: u64) -> Vec<u8> {
    data.pieces(offset, length).concat()
}

#[test]
fn a_write_replaces_appends_and_fills_gaps_with_zeros() {
    let (mut data, budget) = (Data::default(), budget(1000));
    data.write(2, b"abc", &budget).unwrap();
    assert_eq!(bytes(&data, 0, 100), b"\0\0abc");
    data.write(4, b"XYZ", &budget).unwrap();
    assert_eq!(bytes(&data, 0, 100), b"\0\0abXYZ");
    data.write(0, b"__", &budget).unwrap();
    assert_eq!(bytes(&data, 0, 100), b"__abXYZ");
    data.write(9, b"!", &budget).unwrap();
    assert_eq!(bytes(&data, 6, 100), b"Z\0\0!");
    assert_eq!((data.held(), budget.usage().bytes), (10, 10));
}

#[test]
fn bytes_cut_off_come_back_as_zeros() {
    let (mut data, budget) = (Data::default(), budget(C * 9));
    data.write(C - 3, b"secret", &budget).unwrap();
    data.resize(C - 1, &budget);
    data.resize(C + 2, &budget);
    assert_eq!(bytes(&data, C - 3, 100), b"se\0\0\0");
    assert_eq!(budget.usage().bytes, C - 1);
}

#[test]
fn a_read_ends_where_the_file_ends() {
    let (mut data, budget) = (Data::default(), budget(1000));
    data.write(0, b"abc", &budget).unwrap();
    assert_eq!(bytes(&data, 1, 1), b"b");
    assert_eq!(bytes(&data, 2, u64::MAX), b"c");
    assert_eq!(bytes(&data, 3, 1), b"");
    assert_eq!(bytes(&data, u64::MAX, 1), b"");
}

#[test]
fn holes_take_no_room_and_are_found() {
    let (mut data, budget) = (Data::default(), budget(C * 4));
    data.resize(u64::MAX / 2, &budget);
    assert_eq!((data.next_data(0), data.next_hole(5)), (None, 5));
    data.write(C * 1_000_000, &[1; CHUNK + 10], &budget)
        .unwrap();
    data.write(7, b"x", &budget).unwrap();
    assert_eq!(data.held(), C + P + 8);
    assert_eq!((data.next_data(3), data.next_hole(3)), (Some(3), 8));
    assert_eq!(data.next_data(8), Some(C * 1_000_000));
    assert_eq!(data.next_hole(C * 1_000_000), C * 1_000_001 + 10);
    assert_eq!(bytes(&data, C * 1_000_001 + 9, 2), [1, 0]);
    data.resize(4, &budget);
    assert_eq!((data.next_data(3), data.next_hole(3)), (Some(3), 4));
    assert_eq!((data.next_data(4), data.next_hole(4)), (None, 4));
}

#[test]
fn a_hole_is_punched_and_gives_its_room_back() {
    let (mut data, budget) = (Data::default(), budget(C * 4));
    data.write(0, &[1; 4 * CHUNK], &budget).unwrap();
    data.punch(C + 5, 2 * C - 5, &budget);
    assert_eq!((data.len(), budget.usage().bytes), (4 * C, 2 * C + P));
    assert_eq!(
        (data.next_hole(0), data.next_data(C + 5)),
        (C + 5, Some(3 * C))
    );
    data.punch(3, 2, &budget);
    assert_eq!(bytes(&data, 2, 4), [1, 0, 0, 1]);
    data.punch(0, u64::MAX, &budget);
    assert_eq!((data.len(), budget.usage().bytes), (4 * C, 0));
    assert!(data.rest.is_empty());
}

#[test]
fn room_made_before_is_used_and_stays_zeros() {
    let (mut data, budget) = (Data::default(), budget(C * 2));
    data.allocate(0, C * 2, &budget).unwrap();
    assert_eq!((data.len(), data.held()), (0, C * 2));
    data.write(C, b"x", &budget).unwrap();
    assert_eq!(data.held(), C * 2);
    data.resize(C + 3, &budget);
    assert_eq!(bytes(&data, C, 9), b"x\0\0");
}

#[test]
fn room_that_is_not_there_is_an_error_and_changes_nothing() {
    let (mut data, budget) = (Data::default(), budget(C + 3));
    data.write(0, b"abc", &budget).unwrap();
    assert_eq!(
        data.write(C - 1, &[1; CHUNK], &budget),
        Err(Error::VolumeFull)
    );
    assert_eq!(data.allocate(0, C * 9, &budget), Err(Error::VolumeFull));
    assert_eq!(
        data.write(u64::MAX, b"abc", &budget),
        Err(Error::FileTooLarge)
    );
    assert_eq!(bytes(&data, 0, 100), b"abc");
    assert_eq!((data.held(), budget.usage().bytes), (3, 3));
}

#[test]
fn contents_written_one_after_another_take_at_most_a_tenth_more_memory_than_they_have_bytes() {
    for step in [1, 100, 4096, 50_000] {
        let (mut data, budget) = (Data::default(), budget(u64::MAX));
        while data.len() < 40 * C.min(step * 1000) {
            let end = data.len();
            data.write(end, &vec![1; step as usize], &budget).unwrap();
            let most = data.len() + data.len() / 10;
            assert!(data.room() <= most, "{step}: {}", data.len());
        }
    }
}

/// What the chunks need for what is kept in them.
fn needed(data: &Data) -> u64 {
    let pages = |chunk: &Vec<u8>| chunk.len().next_multiple_of(PAGE);
    (data.first.len() + data.rest.values().map(pages).sum::<usize>()) as u64
}

/// At most a sixteenth more than is needed, and only in the last chunk.
fn has_little_in_advance(data: &Data) -> bool {
    let last = data.rest.values().next_back().unwrap_or(&data.first);
    let spare = data.room() - needed(data);
    spare <= needed(data) / 16 && spare <= (last.capacity() - last.len()) as u64
}

#[test]
fn a_writer_of_stripes_has_room_in_advance_in_the_last_of_them_only() {
    let (mut data, budget) = (Data::default(), budget(u64::MAX));
    let mut any = false;
    for at in (0..40).flat_map(|stripe| (0..9).map(move |page| stripe * C + page * P)) {
        data.write(at, &[1; PAGE], &budget).unwrap();
        assert!(has_little_in_advance(&data), "{at}");
        any |= data.room() > needed(&data);
    }
    assert!(any, "nothing in advance");
    // Between others there is none at all.
    data.write(20 * C + 9 * P, &[1; PAGE], &budget).unwrap();
    data.punch(39 * C, C, &budget);
    assert_eq!(data.room(), needed(&data));
}

#[test]
fn room_in_advance_is_there_for_a_chunk_that_is_begun_behind() {
    let (mut data, budget) = (Data::default(), budget(20 * P));
    // Until a page more fits if the spare room is given back.
    let left = loop {
        data.write(data.len(), &[1; 100], &budget).unwrap();
        let left = 20 * P - needed(&data);
        if left / P > budget.left() / P {
            break left;
        }
    };
    data.allocate(C, left / P * P, &budget).unwrap();
    assert_eq!(data.room(), needed(&data));
}

#[test]
fn what_is_left_of_a_file_that_was_cut_takes_no_more_than_if_it_had_been_written() {
    for left in [
        0,
        1,
        C / 2 + 1,
        C - 1,
        C,
        C + 1,
        2 * C - 1,
        30 * C + C / 2 + 9,
    ] {
        let (mut data, budget) = (Data::default(), budget(u64::MAX));
        data.write(0, &[1; 40 * CHUNK], &budget).unwrap();
        data.resize(left, &budget);
        let whole = if left <= C {
            left
        } else {
            left.next_multiple_of(P)
        };
        assert_eq!(data.room(), whole, "{left}");
        assert_eq!(budget.usage().bytes, whole, "{left}");
    }
}

#[test]
fn one_byte_in_each_chunk_takes_a_page_and_is_charged_for_it() {
    let (mut data, budget) = (Data::default(), budget(100 * P + 1));
    // From the front, behind a megabyte, and from the back.
    for index in (0..40).chain((41..=100).rev()) {
        data.write(index * C, b"x", &budget).unwrap();
        assert_eq!(budget.usage().bytes, data.room());
    }
    assert_eq!(data.room(), 99 * P + 1);
    data.write(101 * C, b"x", &budget).unwrap();
    assert_eq!(data.write(102 * C, b"x", &budget), Err(Error::VolumeFull));
    data.write(101 * C + P - 1, b"x", &budget).unwrap();
}

#[test]
fn a_file_can_be_filled_to_the_last_byte_of_the_volume() {
    let (mut data, budget) = (Data::default(), budget(20 * C));
    for at in 0..20 * C / 1000 {
        data.write(at * 1000, &[1; 1000], &budget).unwrap();
    }
    let end = data.len();
    data.write(end, &vec![1; (20 * C - end) as usize], &budget)
        .unwrap();
    assert_eq!(
        data.write(data.len(), b"x", &budget),
        Err(Error::VolumeFull)
    );
}

#[test]
fn an_endless_range_is_refused_at_once() {
    let (mut data, budget) = (Data::default(), budget(20 * C));
    data.write(5 * C, b"x", &budget).unwrap();
    // A walk over its chunks would take days.
    for (offset, length) in [(0, u64::MAX), (7, u64::MAX - 7), (1 << 61, 1 << 62)] {
        assert_eq!(
            data.allocate(offset, length, &budget),
            Err(Error::VolumeFull)
        );
    }
    assert_eq!((data.room(), budget.usage().bytes), (P, P));
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Write(u64, usize),
    Append(usize),
    Resize(u64),
    Allocate(u64, u64),
    Punch(u64, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let offset = || {
        let border = (0..20u64, 0..3u64).prop_map(|(chunk, more)| (chunk * C + more).max(1) - 1);
        prop_oneof![border, 0..20 * C]
    };
    let length = || prop_oneof![0..3usize, 0..6000usize, 0..3 * CHUNK];
    prop_oneof![
        (offset(), length()).prop_map(|(at, length)| Step::Write(at, length)),
        length().prop_map(Step::Append),
        offset().prop_map(Step::Resize),
        (offset(), length()).prop_map(|(at, length)| Step::Allocate(at, length as u64)),
        (offset(), length()).prop_map(|(at, length)| Step::Punch(at, length as u64)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_file_is_charged_for_the_memory_it_has(steps in prop::collection::vec(step(), 1..60)) {
        let (mut data, budget) = (Data::default(), budget(9 * C + 77));
        for step in steps {
            // Without room nothing may change, and that is compared as well.
            let _done_or_full = match step {
                Step::Write(at, length) => data.write(at, &vec![1; length], &budget),
                Step::Append(length) => data.write(data.len(), &vec![1; length], &budget),
                Step::Resize(length) => { data.resize(length, &budget); Ok(()) }
                Step::Allocate(at, length) => data.allocate(at, length, &budget),
                Step::Punch(at, length) => { data.punch(at, length, &budget); Ok(()) }
            };
            prop_assert_eq!(data.held(), data.room(), "{:?}", step);
            prop_assert_eq!(budget.usage().bytes, data.room(), "{:?}", step);
            prop_assert!(has_little_in_advance(&data), "{:?}", step);
            prop_assert!(data.rest.values().all(|chunk| !chunk.is_empty()), "{:?}", step);
        }
        data.resize(0, &budget);
        data.punch(0, u64::MAX, &budget);
        prop_assert_eq!(budget.usage().bytes, 0);
    }
}
