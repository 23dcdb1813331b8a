mod existing;
mod interrupted;
mod several;

use std::{
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use fslaunch_core::record::{Kind, Value};

use super::*;
use crate::windows::registry::{Access, Key, RawValue, Root};

/// A registry key of classes that is this test's own.
struct Own {
    below: String,
    store: ClassStore,
}

impl Own {
    fn new() -> Own {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let below = format!("fslaunch-test-{}-{count}", process::id());
        let place = format!(r"HKCU\Software\{below}\Services");
        Own {
            store: ClassStore::at(vec![place.into()], Trust::user()),
            below,
        }
    }

    fn path(&self) -> String {
        format!(r"Software\{}\Services", self.below)
    }

    /// The key of a class, made if need be.
    fn key(&self, class: &str) -> Key {
        Key::create(Root::User, &format!(r"{}\{class}", self.path()))
            .unwrap()
            .0
    }

    /// Stores values as an installer would, whatever they are.
    fn write(&self, class: &str, values: &[(&str, Kind, &[u8])]) {
        let key = self.key(class);
        for (name, kind, bytes) in values {
            key.set(&raw(name, *kind, bytes)).unwrap();
        }
    }

    fn names(&self) -> Vec<String> {
        let key = Key::open(Root::User, &self.path(), Access::Read).unwrap();
        let mut names: Vec<String> = key
            .keys(100)
            .unwrap()
            .iter()
            .map(|name| String::from_utf16_lossy(name))
            .collect();
        names.sort();
        names
    }

    fn problem(&self, class: &str) -> String {
        let error = self.store.read(&self::class(class)).unwrap_err();
        let (Error::ClassUnusable { reason, .. } | Error::SecurityInvalid { reason, .. }) = error
        else {
            panic!("{error:?}");
        };
        reason
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let name: Vec<u16> = self.below.encode_utf16().collect();
        let software = Key::open(Root::User, "Software", Access::Write);
        let _ = software.and_then(|software| software.remove_tree(&name));
    }
}

fn class(name: &str) -> ClassName {
    ClassName::parse(name).unwrap()
}

fn raw(name: &str, kind: Kind, bytes: &[u8]) -> RawValue {
    let name = name.encode_utf16().collect();
    RawValue {
        name,
        kind: kind.0,
        bytes: bytes.to_vec(),
    }
}

fn wide(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().chain([0]);
    units.flat_map(u16::to_le_bytes).collect()
}

fn registration(name: &str, executable: &str) -> Registration {
    let mut registration = Registration::new(class(name));
    registration
        .add("Executable", Value::Text(executable.to_owned()))
        .unwrap();
    registration
}

fn in_order(registration: &Registration) -> Vec<(String, Value)> {
    let values = registration.values();
    let mut values: Vec<_> = values
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    values.sort_by(|one, other| one.0.cmp(&other.0));
    values
}

const EXE: &str = r"C:\windows\system32\cmd.exe";

#[test]
fn a_value_of_any_type_and_name_comes_back() {
    let own = Own::new();
    let mut whole = registration("Größe (1) %x%", EXE);
    for (name, value) in [
        ("own", Value::Number64(u64::MAX)),
        ("own list", Value::List(vec!["a".into(), "ß".into()])),
        ("empty list", Value::List(vec![])),
        (
            "own \"text\"",
            Value::ExpandText("%ProgramFiles%\\x".into()),
        ),
        ("bytes", Value::Bytes(Kind::BINARY, vec![0, 1, 255])),
        ("no bytes", Value::Bytes(Kind::BINARY, vec![])),
        ("odd text", Value::Bytes(Kind::TEXT, b"abc".to_vec())),
        ("odd number", Value::Bytes(Kind::NUMBER, vec![1, 2])),
        ("odd type", Value::Bytes(Kind(77), vec![9; 3000])),
        (r"a\b", Value::Text("\u{1f4be}".into())),
    ] {
        whole.add(name, value).unwrap();
    }
    let path = own.store.register(&whole, false).unwrap();
    assert_eq!(path, own.store.folders()[0].join("Größe (1) %x%"));
    let read = own
        .store
        .registration(&class("grösse (1) %x%".replace("ss", "ß").as_str()));
    let read = read.unwrap();
    // The registry keeps values in an order of its own.
    assert_eq!(in_order(&read), in_order(&whole));
    assert_eq!(
        read.class().as_str(),
        "Größe (1) %x%",
        "spelled as it was registered"
    );
    assert_eq!(own.store.read(read.class()).unwrap().unknown.len(), 10);
    assert_eq!(own.store.registrations().unwrap(), [read]);
}

#[test]
fn a_change_is_seen_at_once() {
    let own = Own::new();
    let missing = Error::ClassNotFound {
        class: "MemFS".into(),
    };
    assert_eq!(own.store.read(&class("MemFS")), Err(missing));
    own.write("memfs", &[("Executable", Kind::TEXT, &wide(r"C:\a.exe"))]);
    let executable = || own.store.read(&class("MemFS")).unwrap().executable;
    assert_eq!(executable(), r"C:\a.exe");
    own.write("memfs", &[("Executable", Kind::TEXT, &wide(r"C:\b.exe"))]);
    assert_eq!(executable(), r"C:\b.exe");
}

#[test]
fn a_value_of_the_wrong_type_makes_the_class_unusable_and_is_named() {
    let own = Own::new();
    let exe = wide(EXE);
    let good = ("Executable", Kind::TEXT, exe.as_slice());
    let number = 1_u32.to_le_bytes();
    for (name, kind, bytes, words) in [
        (
            "JobControl",
            Kind::TEXT,
            &wide("1")[..],
            "job-control must be true or false",
        ),
        (
            "JobControl",
            Kind::NUMBER,
            &[1][..],
            "job-control must be true or false",
        ),
        (
            "Credentials",
            Kind::NUMBER_64,
            &[0; 8],
            "credentials must be a number of 32 bits",
        ),
        (
            "CommandLine",
            Kind::NUMBER,
            &number,
            "command-line must be text",
        ),
        (
            "CommandLine",
            Kind::LIST,
            &[0, 0],
            "command-line must be text",
        ),
        (
            "CommandLine",
            Kind::TEXT,
            &[65],
            "command-line must be text",
        ),
        ("RunAs", Kind::BINARY, &number, "run-as must be text"),
        ("Stderr", Kind(5), &number, "stderr must be text"),
        ("Security", Kind::NUMBER, &number, "security must be text"),
        ("Security", Kind::TEXT, &wide("nonsense"), ""),
    ] {
        own.write("a", &[good, (name, kind, bytes)]);
        let problem = own.problem("a");
        let path = own.store.folders()[0].join("a");
        assert!(
            problem.starts_with(&format!("{}: {words}", path.display())),
            "{problem}"
        );
        own.key("a")
            .remove_value(&name.encode_utf16().collect::<Vec<_>>())
            .unwrap();
    }
    own.write("a", &[("Executable", Kind::NUMBER, &number)]);
    assert!(own.problem("a").contains("executable must be text"));
    own.write("b", &[("JobControl", Kind::NUMBER, &number)]);
    assert!(own.problem("b").contains("executable is missing"));
    own.write(
        "c",
        &[
            good,
            ("job-control", Kind::NUMBER, &number),
            ("JobControl", Kind::NUMBER, &number),
        ],
    );
    assert!(own.problem("c").contains("is there twice"));
    // Environment variables stay as they are, so this is no full path.
    own.write(
        "d",
        &[(
            "Executable",
            Kind::EXPAND_TEXT,
            &wide(r"%SystemRoot%\x.exe"),
        )],
    );
    assert!(own.problem("d").contains("must be a full path"));
}

#[test]
fn a_text_is_read_as_windows_programs_read_it() {
    let own = Own::new();
    let mut without_nul = wide(EXE);
    without_nul.truncate(without_nul.len() - 2);
    let mut with_more = wide("-u %1");
    with_more.extend(wide("rest"));
    own.write(
        "a",
        &[
            ("Executable", Kind::TEXT, &without_nul),
            ("CommandLine", Kind::TEXT, &with_more),
        ],
    );
    let record = own.store.read(&class("a")).unwrap();
    assert_eq!(record.executable, EXE);
    let expected = registration("a", EXE);
    let mut expected_line = expected.clone();
    expected_line
        .add("CommandLine", Value::Text("-u %1".into()))
        .unwrap();
    assert_eq!(
        record.command_line,
        super::record(&expected_line).unwrap().command_line
    );
}

#[test]
fn keys_that_no_class_can_be_called_as_are_left_out() {
    let own = Own::new();
    let exe = wide(EXE);
    let good = ("Executable", Kind::TEXT, exe.as_slice());
    own.write("b", &[good]);
    own.write("a", &[good]);
    own.write(".hidden", &[good]);
    own.write("a:b", &[good]);
    own.write("a/b", &[good]);
    own.write("own values only", &[("colour", Kind::TEXT, &wide("blue"))]);
    own.write("Broken", &[("JobControl", Kind::TEXT, &wide("1"))]);
    let places = Key::open(Root::User, &own.path(), Access::Write).unwrap();
    let (odd, _) = places.create_below(&[u16::from(b'x'), 0xd800]).unwrap();
    odd.set(&raw("Executable", Kind::TEXT, &exe)).unwrap();
    let listed = own.store.list();
    let names: Vec<(&str, bool)> = listed
        .iter()
        .map(|(name, record)| (name.as_str(), record.is_ok()))
        .collect();
    assert_eq!(names, [("a", true), ("b", true), ("Broken", false)]);
}

#[test]
fn a_value_whose_name_is_no_text_is_left_alone_and_never_lost_in_silence() {
    let own = Own::new();
    let exe = wide(EXE);
    own.write(
        "a",
        &[
            ("Executable", Kind::TEXT, &exe),
            ("tab\there", Kind::TEXT, &exe),
        ],
    );
    let odd = RawValue {
        name: vec![0xdc00, 65],
        kind: 3,
        bytes: vec![1],
    };
    own.key("a").set(&odd).unwrap();
    assert_eq!(own.store.read(&class("a")).unwrap().executable, EXE);
    let error = own.store.registration(&class("a")).unwrap_err().to_string();
    assert!(error.contains("which no text can hold"), "{error}");
    assert!(!error.contains(char::is_control), "{error:?}");
    own.store
        .register(&registration("A", r"C:\b.exe"), true)
        .unwrap();
    assert!(own.key("a").values(9999).unwrap().contains(&odd));
}

#[test]
fn a_class_is_registered_once_and_replaced_by_force() {
    let own = Own::new();
    let mut first = registration("Mem", EXE);
    first.add("JobControl", Value::Number(0)).unwrap();
    first.add("own.value", Value::Number64(5)).unwrap();
    let path = own.store.register(&first, false).unwrap();
    own.key(r"Mem\below")
        .set(&raw("x", Kind::BINARY, &[7]))
        .unwrap();

    let second = registration("MEM", r"C:\b.exe");
    let error = own.store.register(&second, false).unwrap_err();
    assert!(
        matches!(error, StoreError::Exists { path: taken, .. } if taken == path.with_file_name("MEM"))
    );
    own.store.register(&second, true).unwrap();
    let record = own.store.read(&class("mem")).unwrap();
    assert_eq!(
        (record.executable.as_str(), record.job_control),
        (r"C:\b.exe", true)
    );
    // What is the file system's own stays.
    assert_eq!(
        record.unknown,
        [("own.value".to_owned(), Value::Number64(5))]
    );
    assert_eq!(own.key(r"mem\below").values(99).unwrap().len(), 1);
    assert_eq!(own.names(), ["MEM"], "nothing is left behind");
}

#[test]
fn a_class_that_could_not_be_used_is_not_registered() {
    let own = Own::new();
    let error = own
        .store
        .register(&registration("a", "/bin/true"), true)
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Class(Error::ClassUnusable { .. })),
        "{error}"
    );
    let mut long = registration("a", EXE);
    long.add("x", Value::Bytes(Kind::BINARY, vec![0; MAX_CLASS]))
        .unwrap();
    let error = own.store.register(&long, true).unwrap_err();
    assert!(matches!(error, StoreError::TooLong { .. }), "{error}");
    assert!(own.store.list().is_empty());
}

#[test]
fn a_key_that_is_too_large_is_not_read() {
    let own = Own::new();
    let exe = wide(EXE);
    own.write("a", &[("Executable", Kind::TEXT, &exe)]);
    let half = vec![0; MAX_CLASS / 2];
    own.write("a", &[("x", Kind::BINARY, &half)]);
    assert!(own.store.read(&class("a")).is_ok());
    own.write("a", &[("y", Kind::BINARY, &half)]);
    let problem = own.problem("a");
    assert!(
        problem.contains(&format!("more than {MAX_CLASS} bytes")),
        "{problem}"
    );
}

#[test]
fn a_class_is_unregistered_and_what_is_the_file_systems_own_stays() {
    let own = Own::new();
    let number = 1_u32.to_le_bytes();
    own.write(
        "plain",
        &[("JobControl", Kind::TEXT, &wide("does not even parse"))],
    );
    let path = own.store.folders()[0].join("Plain");
    assert_eq!(own.store.unregister(&class("Plain")).unwrap(), path);
    assert!(own.names().is_empty());

    own.write(
        "sshfs",
        &[
            ("Executable", Kind::TEXT, &wide(EXE)),
            ("sshfs.rootdir", Kind::NUMBER, &number),
        ],
    );
    own.store.unregister(&class("sshfs")).unwrap();
    let left = own.key("sshfs").values(99).unwrap();
    assert_eq!(left, [raw("sshfs.rootdir", Kind::NUMBER, &number)]);
    assert!(own.store.list().is_empty());
    let gone = own.store.unregister(&class("sshfs")).unwrap_err();
    assert!(
        matches!(gone, StoreError::Class(Error::ClassNotFound { .. })),
        "{gone}"
    );
    // And registering it needs no force.
    own.store
        .register(&registration("sshfs", EXE), false)
        .unwrap();
    let unknown = own.store.read(&class("sshfs")).unwrap().unknown;
    assert_eq!(unknown, [("sshfs.rootdir".to_owned(), Value::Number(1))]);
}

#[test]
fn a_place_that_is_no_registry_key_is_named() {
    let store = ClassStore::at(vec![r"C:\classes".into()], Trust::user());
    let error = store.read(&class("a")).unwrap_err().to_string();
    assert!(
        error.contains("is not a registry key for classes"),
        "{error}"
    );
    let error = store.register(&registration("a", EXE), false).unwrap_err();
    assert!(matches!(error, StoreError::Folder { .. }), "{error}");
    assert!(store.list().is_empty());
    assert!(matches!(
        store.registrations(),
        Err(StoreError::Folder { .. })
    ));
}

#[test]
fn the_systems_classes_are_in_the_32_bit_view() {
    let name = format!("fslaunch-test-{}", process::id());
    let store = ClassStore::at(
        vec![format!(r"HKLM\Software\{name}").into()],
        Trust::system(),
    );
    store.register(&registration("a", EXE), false).unwrap();
    let found = |root| Key::open(root, &format!(r"Software\{name}\a"), Access::Read).is_ok();
    assert!(found(Root::Machine32));
    assert!(!found(Root::Machine64));
    let whole = format!(r"Software\WOW6432Node\{name}\a");
    assert!(Key::open(Root::Machine64, &whole, Access::Read).is_ok());
    let software = Key::open(Root::Machine32, "Software", Access::Write).unwrap();
    software
        .remove_tree(&name.encode_utf16().collect::<Vec<_>>())
        .unwrap();
}

#[test]
fn an_executable_is_there_and_no_batch_file() {
    let own = Own::new();
    let check = |executable: &str| {
        let record = super::record(&registration("a", executable)).unwrap();
        own.store.check_executable(&class("a"), &record)
    };
    assert_eq!(check(EXE), Ok(()));
    for (executable, words) in [
        (r"C:\windows\system32\missing.exe", "it does not exist"),
        (r"C:\windows\missing\x.exe", "it does not exist"),
        (r"C:\windows\system32", "it is a folder"),
        (
            r"C:\windows\system32\cmd.exe:x.exe",
            "it is not a full path of a file",
        ),
        (r"C:\windows\x.bat", "is a batch file"),
        (r"C:\windows\x.CMD. .", "is a batch file"),
        (r"C:\windows\x.bat::$DATA", "is a batch file"),
    ] {
        let problem = check(executable).unwrap_err().to_string();
        assert!(problem.contains(words), "{executable}: {problem}");
    }
}

#[test]
fn plain_words_name_users_and_groups() {
    let mut plain = registration("a", EXE);
    let names = ["group:S-1-5-32-545", "everyone", "administrators"];
    let names = names.map(str::to_owned).to_vec();
    plain.add("AllowStart", Value::List(names)).unwrap();
    let text = super::record(&plain).unwrap().security.to_string();
    assert!(text.ends_with("(A;;RP;;;BU)(A;;RP;;;WD)"), "{text}");
    let mut unknown = registration("a", EXE);
    unknown
        .add(
            "AllowStart",
            Value::List(vec!["group:no such group".into()]),
        )
        .unwrap();
    let error = super::record(&unknown).unwrap_err().to_string();
    assert!(error.contains("no such group"), "{error}");
}
