use super::*;

fn message(opcode: u32, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    message.extend_from_slice(&((HEADER + body.len()) as u32).to_ne_bytes());
    message.extend_from_slice(&opcode.to_ne_bytes());
    message.extend_from_slice(&7u64.to_ne_bytes());
    message.extend_from_slice(&8u64.to_ne_bytes());
    message.extend_from_slice(&[0; 16]);
    message.extend_from_slice(body);
    message
}

#[test]
fn a_header_must_have_the_length_it_says() {
    let whole = message(1, b"name\0");
    let (header, body) = Header::read(&whole).unwrap();
    assert_eq!((header.opcode, header.unique, header.node), (1, 7, 8));
    assert_eq!(body, b"name\0");
    assert_eq!(Header::read(&whole[..whole.len() - 1]), Err(Malformed));
    assert_eq!(Header::read(&whole[..39]), Err(Malformed));
    assert_eq!(Header::read(b""), Err(Malformed));
}

#[test]
fn what_is_cut_short_is_refused_for_each_operation() {
    // Names, and as many zeros as any operation has fields.
    let body = [&[0; 200][..], b"a\0b\0"].concat();
    for opcode in 0..60 {
        let whole = Operation::read(opcode, &body);
        assert!(whole.is_ok(), "{opcode}");
        let empty = Operation::read(opcode, b"");
        let has_no_body = matches!(
            whole,
            Ok(Operation::GetAttr
                | Operation::ReadLink
                | Operation::StatFs
                | Operation::Release
                | Operation::Destroy
                | Operation::Other)
        );
        assert_eq!(empty.is_ok(), has_no_body, "{opcode}");
    }
}

#[test]
fn a_size_that_promises_more_than_there_is_is_refused() {
    let mut body = [0; 40];
    body[16..20].copy_from_slice(&5u32.to_ne_bytes());
    assert_eq!(Operation::read(16, &body), Err(Malformed));
    assert_eq!(Operation::read(42, &u64::MAX.to_ne_bytes()), Err(Malformed));
    assert_eq!(Operation::read(1, b"no end"), Err(Malformed));
    assert_eq!(
        Operation::read(12, b"\0\0\0\0\0\0\0\0one\0two"),
        Err(Malformed)
    );
}

#[test]
fn times_come_as_the_caller_gave_them() {
    let mut body = [0u8; 88];
    body[..4].copy_from_slice(&(valid::ATIME | valid::MTIME | valid::MTIME_NOW).to_ne_bytes());
    body[32..40].copy_from_slice(&i64::MIN.to_ne_bytes());
    body[56..60].copy_from_slice(&u32::MAX.to_ne_bytes());
    let expected = SetAttr {
        atime: Some(When::At((i64::MIN, 999_999_999))),
        mtime: Some(When::Now),
        ..SetAttr::default()
    };
    assert_eq!(Operation::read(4, &body), Ok(Operation::SetAttr(expected)));
}
