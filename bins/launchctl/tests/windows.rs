//! What only Windows has: half characters on a command line, and classes in
//! the registry.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::Command;

#[test]
fn an_argument_with_half_a_surrogate_pair_is_named() {
    let words = [
        (1, "the class name"),
        (2, "the instance name"),
        (4, "argument 2"),
    ];
    for (position, name) in words {
        let mut arguments = ["start", "c", "i", "one", "two"].map(OsString::from);
        arguments[position] = OsString::from_wide(&[0x61, 0xd800, 0x62]);
        let mut command = Command::new(env!("CARGO_BIN_EXE_launchctl"));
        let output = command.args(arguments).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(87));
        assert!(err.contains(&format!("{name} is not UTF-8")), "{err}");
    }
}

/// A registry key of classes, and a folder for files.
struct Place {
    key: String,
    folder: PathBuf,
}

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("launchctl-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).unwrap();
        let key = format!(r"HKCU\Software\fslaunch\{name}");
        Self { key, folder }
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_launchctl"));
        command.args(["--user", "--classes", &self.key]);
        let output = command.args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        (code, text(output.stdout), text(output.stderr))
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn class(&self, class: &str, command_line: &str) -> String {
        let program = std::env::current_exe().unwrap();
        let program = program.display();
        self.file(
            &format!("{class}.toml"),
            &format!("executable = '{program}'\ncommand-line = '{command_line}'\n"),
        )
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
        let arguments = ["delete", &self.key, "/f"];
        let _ = Command::new("reg").args(arguments).output();
    }
}

#[test]
fn classes_are_kept_whatever_the_order_in_which_they_were_registered() {
    let place = Place::new("order");
    let mut known = vec![];
    for class in ["m", "a", "z", "b", "Größe", "c"] {
        let (code, out, err) = place.run(&["register", &place.class(class, "one")]);
        let key = &place.key;
        assert_eq!(out, format!("OK\n{class} {key}\\{class}\n"));
        assert_eq!((code, err.as_str()), (0, ""));
        known.push(class);
        for class in &known {
            let (code, out, _) = place.run(&["export", "--toml", class]);
            assert_eq!(code, 0, "after {known:?}: {class}: {out}");
        }
    }
}

#[test]
fn a_class_is_replaced_only_by_force_and_forgotten_only_once() {
    let place = Place::new("force");
    assert_eq!(place.run(&["register", &place.class("c", "one")]).0, 0);
    let file = place.class("c", "two");
    let (code, out, _) = place.run(&["register", &file]);
    assert_eq!(code, 6);
    assert!(
        out.contains("already registered") && out.contains("--force"),
        "{out}"
    );
    assert_eq!(place.run(&["register", "--force", &file]).0, 0);
    let (_, out, _) = place.run(&["export", "c"]);
    assert!(out.contains(r#""CommandLine"="two""#), "{out}");
    assert_eq!(place.run(&["unregister", "C"]).0, 0);
    let (code, out, _) = place.run(&["unregister", "c"]);
    assert_eq!(code, 3);
    assert_eq!(out, "KO launcher: error 2 (class 'c' is not registered)\n");
}

#[test]
fn a_place_that_is_no_registry_key_is_told_in_words() {
    let mut place = Place::new("place");
    let file = place.class("c", "one");
    place.key = "nonsense".into();
    let (code, out, _) = place.run(&["register", &file]);
    assert_eq!(code, 4);
    assert!(out.contains("is not a registry key"), "{out}");
}
