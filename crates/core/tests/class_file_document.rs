//! What `docs/class-file.md` shows can be used as it stands.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use fslaunch_access::well_known;
use fslaunch_core::{
    name::ClassName,
    record::{ClassRecord, Credentials, MountPoint, Platform, Ready, Registration, RunAs},
};

const DOCUMENT: &str = include_str!("../../../docs/class-file.md");

/// The class files in the document.
fn examples() -> Vec<ClassRecord> {
    let blocks = DOCUMENT.split("```toml\n").skip(1);
    let files = blocks.map(|block| block.split("```").next().unwrap());
    let record = |file: &str| {
        let registration = Registration::from_toml(ClassName::parse("a").unwrap(), file).unwrap();
        let users = |_: &_| Some(well_known::unix_group(100));
        registration.record(&Platform::UNIX, &users).unwrap()
    };
    files.map(record).collect()
}

#[test]
fn every_example_can_be_used() {
    let examples = examples();
    let programs: Vec<&str> = examples
        .iter()
        .map(|record| record.executable.as_str())
        .collect();
    assert_eq!(
        programs,
        [
            "/usr/bin/memfs",
            "/usr/bin/memfs",
            "/usr/bin/bindfs",
            "/usr/bin/squashfuse",
            "/usr/bin/gocryptfs"
        ]
    );
    for record in &examples[1..] {
        assert_eq!(
            (record.mount_point, record.ready),
            (MountPoint::Argument(2), Ready::Mount)
        );
        assert_eq!(record.run_as, RunAs::Caller);
        let [_, mount_point, more @ ..] = record.arguments.as_slice() else {
            panic!("{:?}", record.arguments);
        };
        assert_eq!(mount_point.name, "mount-point");
        assert!(more.iter().all(|argument| argument.optional));
        assert_eq!(record.unknown, []);
    }
    assert_eq!(examples[4].credentials, Credentials::Password);
}

#[test]
fn the_smallest_example_is_for_administrators_as_the_document_says() {
    let smallest = &examples()[0];
    assert_eq!(
        smallest.security.to_string(),
        "O:SYG:SYD:P(A;;LCRPWP;;;SY)(A;;LCRPWP;;;BA)"
    );
    assert_eq!(smallest.run_as, RunAs::Caller);
}
