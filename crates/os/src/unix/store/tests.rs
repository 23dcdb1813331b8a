use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    sync::atomic::{AtomicU32, Ordering},
};

use fslaunch_core::record::Value;

use super::*;

/// Two folders of classes that the user of this test owns.
struct Place {
    path: PathBuf,
    store: ClassStore,
}

impl Place {
    fn new() -> Place {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("fslaunch-store-{}-{count}", std::process::id()));
        let folders = ["own", "system"].map(|name| path.join(name));
        for folder in &folders {
            fs::create_dir_all(folder).unwrap();
            set_mode(folder, 0o755);
        }
        set_mode(&path, 0o755);
        let trust = Trust::user();
        Place {
            store: ClassStore::at(folders.to_vec(), trust),
            path,
        }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path.join(name);
        fs::write(&path, text).unwrap();
        set_mode(&path, 0o644);
        path
    }

    /// A file of its own folder with this text, and why it can't be used.
    fn problem(&self, text: &str) -> String {
        let path = self.write("own/a.toml", text);
        let error = self.store.read(&class("a")).unwrap_err();
        let (Error::ClassUnusable { reason, .. } | Error::SecurityInvalid { reason, .. }) = &error
        else {
            panic!("{error:?}");
        };
        let start = format!("{}: ", path.display());
        reason.strip_prefix(&start).unwrap_or(reason).to_owned()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn class(name: &str) -> ClassName {
    ClassName::parse(name).unwrap()
}

fn registration(name: &str, text: &str) -> Registration {
    Registration::from_toml(class(name), text).unwrap()
}

const TRUE: &str = "executable = '/bin/true'\n";

#[test]
fn a_change_is_seen_at_once_and_the_first_folder_wins() {
    let place = Place::new();
    let read = || {
        place
            .store
            .read(&class("MemFS"))
            .map(|record| record.executable)
    };
    assert_eq!(
        read(),
        Err(Error::ClassNotFound {
            class: "MemFS".into()
        })
    );
    place.write("system/memfs.toml", "executable = '/a'");
    assert_eq!(read().unwrap(), "/a");
    let own = place.write("own/MEMFS.toml", "executable = '/b'");
    assert_eq!(read().unwrap(), "/b");
    place.write("own/MEMFS.toml", "executable = '/c'");
    assert_eq!(read().unwrap(), "/c");
    fs::remove_file(own).unwrap();
    assert_eq!(read().unwrap(), "/a");
}

#[test]
fn a_file_that_can_not_be_used_is_named_with_its_line() {
    let place = Place::new();
    for (text, problem) in [
        ("executable = '/x'\nready = \n", "line 2, column 9: "),
        ("ready = 'process'\n", "executable is missing"),
        (
            "executable = 'x'",
            "executable must be a full path, beginning with '/', not the text \"x\"",
        ),
        (
            "executable = '/x'\njob-control = 'yes'",
            "job-control must be true or false",
        ),
        ("executable = '/x'\nsecurity = 'nonsense'", ""),
        (
            "executable = '/x'\nallow-start = ['group:no such']",
            "allow-start names group \"no such\"",
        ),
    ] {
        let found = place.problem(text);
        assert!(found.starts_with(problem), "{found}");
    }
    place.write("own/a.toml", "executable = '/x'\nsecurity = 'nonsense'");
    assert!(matches!(
        place.store.read(&class("a")),
        Err(Error::SecurityInvalid { .. })
    ));
}

#[test]
fn a_file_that_is_no_text_or_too_long_is_refused() {
    let place = Place::new();
    let path = place.path.join("own/a.toml");
    fs::write(&path, b"executable = '/x'\n# gr\xf6\xdfe").unwrap();
    let unusable = |reason: &str| Error::ClassUnusable {
        class: "a".into(),
        reason: format!("{}{reason}", path.display()),
    };
    assert_eq!(
        place.store.read(&class("a")),
        Err(unusable(": line 2: not UTF-8"))
    );
    fs::write(&path, "#".repeat(65_537)).unwrap();
    assert_eq!(
        place.store.read(&class("a")),
        Err(unusable(" is longer than 65536 bytes"))
    );
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(
        place.store.read(&class("a")),
        Err(unusable(" is not a file"))
    );
}

#[test]
fn files_that_differ_in_case_alone_are_both_named() {
    let place = Place::new();
    place.write("own/a.toml", TRUE);
    place.write("own/A.toml", TRUE);
    let problem = place.store.read(&class("a")).unwrap_err().to_string();
    assert!(problem.contains("A.toml and a.toml in "), "{problem}");
}

#[test]
fn a_folder_that_others_can_write_to_hides_nothing_and_gives_nothing() {
    let place = Place::new();
    place.write("system/a.toml", TRUE);
    set_mode(&place.path.join("own"), 0o777);
    let problem = place.store.read(&class("a")).unwrap_err().to_string();
    assert!(
        problem.contains("own is writable by everyone (mode 0777)"),
        "{problem}"
    );
    set_mode(&place.path.join("own"), 0o755);
    let file = place.write("own/a.toml", TRUE);
    set_mode(&file, 0o666);
    let problem = place.store.read(&class("a")).unwrap_err().to_string();
    assert!(
        problem.contains("a.toml is writable by everyone (mode 0666)"),
        "{problem}"
    );
}

#[test]
fn all_classes_are_listed_with_what_is_wrong_with_them() {
    let place = Place::new();
    place.write("own/b.toml", TRUE);
    place.write("own/Broken.toml", "x");
    place.write("system/B.toml", "x");
    place.write("system/a.toml", TRUE);
    place.write("own/.hidden.toml", TRUE);
    place.write("own/b.toml~", TRUE);
    let listed = place.store.list();
    let names: Vec<(&str, bool)> = listed
        .iter()
        .map(|(name, record)| (name.as_str(), record.is_ok()))
        .collect();
    assert_eq!(names, [("a", true), ("b", true), ("Broken", false)]);
}

#[test]
fn a_class_is_registered_once_and_replaced_by_force() {
    let place = Place::new();
    let folder = place.path.join("new/deep/services.d");
    let store = ClassStore::at(
        vec![folder.clone(), place.path.join("system")],
        place.store.trust.clone(),
    );
    let first = registration(
        "Mem",
        "executable = '/bin/true'\nown.value = { type = 'qword', data = '5' }",
    );
    let path = store.register(&first, false).unwrap();
    assert_eq!(path, folder.join("Mem.toml"));
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o7777,
        0o644
    );
    assert_eq!(
        fs::metadata(&folder).unwrap().permissions().mode() & 0o7777,
        0o755
    );
    assert_eq!(store.registration(&class("mem")).unwrap(), first);
    let unknown = store.read(&class("mem")).unwrap().unknown;
    assert_eq!(unknown, [("own.value".to_owned(), Value::Number64(5))]);

    let second = registration("MEM", "executable = '/bin/false'");
    assert!(
        matches!(store.register(&second, false), Err(StoreError::Exists { path: taken, .. }) if taken == path)
    );
    assert_eq!(store.register(&second, true).unwrap(), path);
    assert_eq!(store.read(&class("mem")).unwrap().executable, "/bin/false");
    let files = fs::read_dir(&folder).unwrap().count();
    assert_eq!(files, 1, "nothing is left behind");
}

#[test]
fn a_class_that_could_not_be_used_is_not_registered() {
    let place = Place::new();
    let unusable = registration("a", r"executable = 'C:\memfs.exe'");
    let error = place.store.register(&unusable, true).unwrap_err();
    assert!(
        matches!(error, StoreError::Class(Error::ClassUnusable { .. })),
        "{error}"
    );
    let long = format!("{TRUE}x = '{}'", "x".repeat(65_536));
    let error = place
        .store
        .register(&registration("a", &long), true)
        .unwrap_err();
    assert!(matches!(error, StoreError::TooLong { .. }), "{error}");
    assert_eq!(fs::read_dir(place.path.join("own")).unwrap().count(), 0);
}

#[test]
fn a_class_is_unregistered_where_it_was_registered() {
    let place = Place::new();
    let own = place.write("own/A.toml", "does not even parse");
    let system = place.write("system/a.toml", TRUE);
    assert_eq!(place.store.unregister(&class("a")).unwrap(), own);
    let error = place.store.unregister(&class("a")).unwrap_err();
    assert!(matches!(error, StoreError::NotOwn { path, .. } if path == system));
    let error = place.store.unregister(&class("b")).unwrap_err();
    assert!(matches!(
        error,
        StoreError::Class(Error::ClassNotFound { .. })
    ));
}

#[test]
fn an_executable_is_there_executable_and_nobody_elses() {
    let place = Place::new();
    let file = place.write("program", "#!/bin/sh\n");
    let check = |path: &Path| {
        let text = format!("executable = '{}'", path.display());
        let record = record(&registration("a", &text)).unwrap();
        place.store.check_executable(&class("a"), &record)
    };
    let not_found = |path: &Path, reason: &str| {
        let (executable, reason) = (path.display().to_string(), reason.to_owned());
        Err(Error::ExecutableNotFound {
            class: "a".into(),
            executable,
            reason,
        })
    };
    assert_eq!(check(&file), not_found(&file, "it is not executable"));
    set_mode(&file, 0o755);
    assert_eq!(check(&file), Ok(()));
    let link = place.path.join("link");
    symlink(&file, &link).unwrap();
    assert_eq!(check(&link), Ok(()));
    assert_eq!(check(&place.path), not_found(&place.path, "it is a folder"));
    let missing = place.path.join("missing");
    assert_eq!(check(&missing), not_found(&missing, "it does not exist"));
    assert!(matches!(
        check(&missing.join("x")),
        Err(Error::ExecutableNotFound { .. })
    ));
    assert!(matches!(
        check(&file.join("x")),
        Err(Error::ExecutableNotFound { .. })
    ));
    assert_eq!(
        check(Path::new("/dev/null")).unwrap_err().name(),
        "ClassUnusable"
    );
    set_mode(&file, 0o777);
    let problem = check(&file).unwrap_err().to_string();
    assert!(
        problem.contains("program is writable by everyone (mode 0777)"),
        "{problem}"
    );
}

#[test]
fn a_batch_file_is_refused_whatever_its_case() {
    let place = Place::new();
    for name in ["x.bat", "x.CMD"] {
        let text = format!("executable = '/opt/{name}'");
        let record = record(&registration("a", &text)).unwrap();
        let error = place
            .store
            .check_executable(&class("a"), &record)
            .unwrap_err();
        assert!(error.to_string().contains("is a batch file"), "{error}");
    }
}

#[test]
fn plain_words_name_users_and_groups_by_name_or_id() {
    let text = format!("{TRUE}allow-start = ['user:root', 'group:4000000017', 'everyone']");
    let record = record(&registration("a", &text)).unwrap();
    let text = record.security.to_string();
    assert!(
        text.ends_with("(A;;RP;;;S-1-22-1-0)(A;;RP;;;S-1-22-2-4000000017)(A;;RP;;;WD)"),
        "{text}"
    );
}

#[test]
fn a_users_classes_are_where_xdg_has_them() {
    let folders = |set: &[(&str, &str)]| {
        user_folders(|name| {
            set.iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.into())
        })
    };
    let home = ("HOME", "/home/alice");
    assert_eq!(
        folders(&[home]),
        [
            Path::new("/home/alice/.config/fslaunch/services.d"),
            Path::new("/home/alice/.local/share/fslaunch/services.d"),
        ]
    );
    assert_eq!(
        folders(&[
            home,
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_DATA_HOME", "relative")
        ]),
        [
            Path::new("/c/fslaunch/services.d"),
            Path::new("/home/alice/.local/share/fslaunch/services.d"),
        ]
    );
    assert!(folders(&[]).is_empty());
}
