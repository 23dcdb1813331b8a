use super::super::{Access, CaseRule, Limits};
use super::*;

impl Xattrs {
    fn set(&mut self, name: &[u8], value: &[u8], how: SetXattr) -> Result<(), Error> {
        self.check(name, value, how)?;
        self.put(name, value);
        Ok(())
    }
}

const NOW: Timestamp = Timestamp {
    seconds: 5,
    nanoseconds: 0,
};

#[test]
fn a_value_is_probed_and_then_read() {
    let mut xattrs = Xattrs::default();
    xattrs.set(b"user.a", b"value", SetXattr::Either).unwrap();
    assert_eq!(xattrs.get(b"user.a", 0), Ok(Probed::Size(5)));
    assert_eq!(xattrs.get(b"user.a", 4), Err(Error::BufferTooSmall));
    assert_eq!(
        xattrs.get(b"user.a", 5),
        Ok(Probed::Value(b"value".to_vec()))
    );
    assert_eq!(xattrs.get(b"user.b", 0), Err(Error::NoAttribute));
}

#[test]
fn a_list_is_names_ended_by_nul() {
    let mut xattrs = Xattrs::default();
    assert_eq!(xattrs.list(9), Ok(Probed::Value(Vec::new())));
    xattrs.set(b"user.b", b"", SetXattr::Create).unwrap();
    xattrs.set(b"user.a", b"", SetXattr::Create).unwrap();
    assert_eq!(xattrs.list(0), Ok(Probed::Size(14)));
    assert_eq!(xattrs.list(13), Err(Error::BufferTooSmall));
    assert_eq!(
        xattrs.list(14),
        Ok(Probed::Value(b"user.a\0user.b\0".to_vec()))
    );
}

#[test]
fn create_and_replace_insist_on_what_is_there() {
    let mut xattrs = Xattrs::default();
    assert_eq!(
        xattrs.set(b"user.a", b"", SetXattr::Replace),
        Err(Error::NoAttribute)
    );
    xattrs.set(b"user.a", b"1", SetXattr::Create).unwrap();
    assert_eq!(
        xattrs.set(b"user.a", b"2", SetXattr::Create),
        Err(Error::AttributeExists)
    );
    xattrs.set(b"user.a", b"2", SetXattr::Replace).unwrap();
    assert_eq!(xattrs.get(b"user.a", 9), Ok(Probed::Value(b"2".to_vec())));
    assert_eq!(xattrs.remove(b"user.a"), Ok(()));
    assert_eq!(xattrs.remove(b"user.a"), Err(Error::NoAttribute));
    assert!(xattrs.is_empty());
}

#[test]
fn names_and_values_have_their_limits() {
    let mut xattrs = Xattrs::default();
    assert_eq!(
        xattrs.set(b"", b"", SetXattr::Either),
        Err(Error::InvalidName)
    );
    assert_eq!(
        xattrs.set(&[b'x'; 256], b"", SetXattr::Either),
        Err(Error::NameTooLong)
    );
    let long = vec![0; MAX_XATTR + 1];
    assert_eq!(
        xattrs.set(b"user.a", &long, SetXattr::Either),
        Err(Error::AttributeTooLong)
    );
    for name in [b"1", b"2", b"3"] {
        xattrs.set(name, &long[1..], SetXattr::Either).unwrap();
    }
    assert_eq!(
        xattrs.set(b"4", &long[1..], SetXattr::Either),
        Err(Error::AttributesFull)
    );
    xattrs.set(b"3", &long[1..], SetXattr::Replace).unwrap();
}

#[test]
fn extended_attributes_change_the_time_of_change_only() {
    let limits = Limits {
        files: 9,
        file_size: 9,
        bytes: (ANY + EACH + 12) as u64,
    };
    let volume = Volume::new(limits, CaseRule::Sensitive, Access::default(), NOW);
    let later = Timestamp {
        seconds: NOW.seconds + 1,
        ..NOW
    };
    volume
        .set_xattr(NodeId::ROOT, b"user.a", b"1", SetXattr::Either, later)
        .unwrap();
    assert_eq!(
        volume.xattr(NodeId::ROOT, b"user.a", 0),
        Ok(Probed::Size(1))
    );
    assert_eq!(
        volume.xattrs(NodeId::ROOT, 7),
        Ok(Probed::Value(b"user.a\0".to_vec()))
    );
    assert_eq!(volume.usage().bytes, (ANY + EACH + 8) as u64);
    let long = volume.set_xattr(NodeId::ROOT, b"user.b", b"12345", SetXattr::Either, later);
    assert_eq!(long, Err(Error::VolumeFull));
    volume.remove_xattr(NodeId::ROOT, b"user.a", later).unwrap();
    assert_eq!(volume.usage().bytes, 0);
    assert_eq!(
        volume.remove_xattr(NodeId::ROOT, b"user.a", later),
        Err(Error::NoAttribute)
    );
    assert_eq!(volume.xattrs(NodeId::ROOT, 0), Ok(Probed::Size(0)));
    let times = volume.attributes(NodeId::ROOT).unwrap().times;
    assert_eq!((times.changed, times.modified), (later, NOW));
}

#[test]
fn an_attribute_is_changed_on_a_full_volume_if_it_does_not_get_longer() {
    let limits = Limits {
        files: 9,
        file_size: 9,
        bytes: (ANY + EACH + 12) as u64,
    };
    let volume = Volume::new(limits, CaseRule::Sensitive, Access::default(), NOW);
    let set = |value| volume.set_xattr(NodeId::ROOT, b"user.a", value, SetXattr::Either, NOW);
    set(b"12345").unwrap();
    assert_eq!(volume.usage().bytes, limits.bytes);
    set(b"54321").unwrap();
    assert_eq!(set(b"123456"), Err(Error::VolumeFull));
    let value = volume.xattr(NodeId::ROOT, b"user.a", 9);
    assert_eq!(value, Ok(Probed::Value(b"54321".to_vec())));
    assert_eq!(volume.usage().bytes, limits.bytes);
    set(b"1").unwrap();
    assert_eq!(volume.usage().bytes, limits.bytes - 4);
    set(b"123").unwrap();
    assert_eq!(volume.usage().bytes, limits.bytes - 2);
}
