use super::super::Limits;
use super::*;

const C: u64 = CHUNK as u64;

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
    assert_eq!(data.held(), C + 10 + 8);
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
    assert_eq!((data.len(), budget.usage().bytes), (4 * C, 2 * C + 5));
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
fn contents_take_at_most_a_tenth_more_memory_than_they_have_bytes() {
    let capacity =
        |data: &Data| data.first.capacity() + data.rest.values().map(Vec::capacity).sum::<usize>();
    for step in [100, 4096, 50_000] {
        let (mut data, budget) = (Data::default(), budget(u64::MAX));
        while data.len() < 40 * C {
            let end = data.len();
            data.write(end, &vec![1; step], &budget).unwrap();
            let most = data.len() + data.len() / 10;
            assert!(capacity(&data) as u64 <= most, "{step}: {}", data.len());
        }
    }
}
