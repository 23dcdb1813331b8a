//! One of each error, for tables and tests.

use crate::{Error, State};

impl Error {
    /// One of each error of the interface file, in its order, so that a table
    /// of all of them can be made or checked.
    pub fn examples() -> Vec<Self> {
        let class = || "memfs64".to_owned();
        let instance = || "share".to_owned();
        let mount_point = || "/mnt/z".to_owned();
        let reason = |reason: &str| reason.to_owned();
        vec![
            Self::MalformedRequest {
                reason: reason("it is not an object"),
            },
            Self::RequestTooLarge { limit: 1 << 20 },
            Self::InvalidName {
                what: "class name".into(),
                name: "a/b".into(),
                reason: reason("it has a '/'"),
            },
            Self::ClassNotFound { class: class() },
            Self::ClassUnusable {
                class: class(),
                reason: reason("line 3: expected a value"),
            },
            Self::SecurityInvalid {
                class: class(),
                reason: reason("at 5: unknown right 'QQ'"),
            },
            Self::ExecutableNotFound {
                class: class(),
                executable: "/usr/bin/memfs".into(),
                reason: reason("no such file"),
            },
            Self::InstanceNotFound {
                class: class(),
                instance: instance(),
            },
            Self::InstanceExists {
                class: class(),
                instance: instance(),
                state: State::Running,
            },
            Self::AccessDenied {
                right: "stop".into(),
                class: class(),
                instance: Some(instance()),
            },
            Self::RunAsRefused {
                class: class(),
                run_as: "nobody-here".into(),
                reason: reason("there is no such account"),
            },
            Self::IdentificationOnly { class: class() },
            Self::SecretRequired { class: class() },
            Self::SecretNotExpected { class: class() },
            Self::SecretEmpty { class: class() },
            Self::SecretRefused {
                class: class(),
                instance: instance(),
                reason: reason("it answered 'KO'"),
            },
            Self::SecretTimeout {
                class: class(),
                instance: instance(),
                seconds: 15,
            },
            Self::TooManyArguments {
                count: 10,
                limit: 9,
            },
            Self::ArgumentMissing {
                class: class(),
                argument: "2 (mount-point)".into(),
            },
            Self::ArgumentUnknown {
                class: class(),
                argument: "mountpoint".into(),
            },
            Self::ArgumentInvalid {
                argument: "1".into(),
                reason: reason("it has a NUL character"),
            },
            Self::MountPointNotFound {
                mount_point: mount_point(),
            },
            Self::MountPointNotAFolder {
                mount_point: mount_point(),
            },
            Self::MountPointBusy {
                mount_point: mount_point(),
                reason: reason("a file system is mounted there"),
            },
            Self::MountPointRefused {
                mount_point: mount_point(),
                reason: reason("the folder belongs to somebody else"),
            },
            Self::StartFailed {
                class: class(),
                instance: instance(),
                reason: reason("no memory"),
            },
            Self::ProcessEnded {
                class: class(),
                instance: instance(),
                exit_code: Some(3),
                signal: None,
                reason: reason("exit code 3"),
                output: Some("memfs: bad option\n".into()),
            },
            Self::StillStarting {
                class: class(),
                instance: instance(),
                seconds: 15,
            },
            Self::StartCancelled {
                class: class(),
                instance: instance(),
            },
            Self::StopFailed {
                class: class(),
                instance: instance(),
                reason: reason("its process does not end"),
            },
            Self::LimitReached {
                what: "instances".into(),
                limit: 100,
                scope: "your own".into(),
            },
            Self::ShuttingDown {},
            Self::Internal {
                reason: reason("no file descriptor left"),
            },
        ]
    }
}
