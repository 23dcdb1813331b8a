//! Classes are registered, exported and forgotten without a launcher.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let name = format!("launchctl-register-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn registered(&self, class: &str) -> PathBuf {
        self.0.join(format!("config/services.d/{class}.toml"))
    }

    /// As a user's own, so that a folder below `/tmp` will do.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_launchctl"))
            .args(["--user", "--config-dir"])
            .arg(self.0.join("config"))
            .args(arguments)
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        (code, text(output.stdout), text(output.stderr))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const CLASS: &str = "executable = \"/bin/sh\"\ncommand-line = \"-c %1\"\ncolour = \"blue\"\n";

#[test]
fn a_class_is_registered_under_the_name_of_its_file_and_forgotten() {
    let place = Place::new("toml");
    let file = place.file("shell.toml", CLASS);
    let (code, out, err) = place.run(&["register", &file]);
    let stored = place.registered("shell");
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out, format!("OK\nshell {}\n", stored.display()));
    assert!(fs::read_to_string(&stored).unwrap().contains("blue"));
    let (code, out, _) = place.run(&["unregister", "SHELL"]);
    assert_eq!((code, out.lines().next()), (0, Some("OK")));
    assert!(!stored.exists());
    let (code, out, _) = place.run(&["unregister", "shell"]);
    assert_eq!(code, 3);
    assert_eq!(
        out,
        "KO launcher: error 2 (class 'shell' is not registered)\n"
    );
}

#[test]
fn a_class_is_replaced_only_by_force() {
    let place = Place::new("force");
    let file = place.file("shell.toml", CLASS);
    assert_eq!(place.run(&["register", &file]).0, 0);
    let file = place.file("shell.toml", &CLASS.replace("blue", "red"));
    let (code, out, _) = place.run(&["register", &file]);
    assert_eq!(code, 6);
    assert!(
        out.starts_with("KO launchctl (class 'shell' is already registered"),
        "{out}"
    );
    assert!(out.contains("--force"), "{out}");
    assert_eq!(place.run(&["register", "--force", &file]).0, 0);
    assert!(
        fs::read_to_string(place.registered("shell"))
            .unwrap()
            .contains("red")
    );
}

#[test]
fn all_classes_of_a_registry_file_are_registered() {
    let place = Place::new("reg");
    let services = r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\WinFsp\Services";
    let file = place.file(
        "both.reg",
        &format!(
            "Windows Registry Editor Version 5.00\r\n\r\n\
             [{services}\\one]\r\n\"Executable\"=\"/bin/sh\"\r\n\r\n\
             [{services}\\two]\r\n\"Executable\"=\"/bin/sh\"\r\n\"JobControl\"=dword:00000000\r\n"
        ),
    );
    let (code, out, _) = place.run(&["--json", "register", &file]);
    assert_eq!(code, 0);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    let classes = document["classes"].as_array().unwrap();
    let names: Vec<_> = classes.iter().map(|class| &class["class"]).collect();
    assert_eq!(names, ["one", "two"]);
    assert!(place.registered("one").exists() && place.registered("two").exists());
}

#[test]
fn a_file_that_does_not_parse_is_named_with_the_line() {
    let place = Place::new("broken");
    let file = place.file("broken.toml", "executable = \"/bin/sh\"\ncommand-line =\n");
    let (code, out, _) = place.run(&["register", &file]);
    assert_eq!(code, 4);
    assert!(
        out.starts_with("KO launcher: error 2 (class 'broken' can't be used: "),
        "{out}"
    );
    assert!(out.contains(&file) && out.contains("line 2"), "{out}");
    let file = place.file("broken.reg", "no registry\n");
    let (code, out, _) = place.run(&["register", &file]);
    assert_eq!(code, 4);
    assert!(out.contains(&file) && out.contains("line 1"), "{out}");
    let (code, out, _) = place.run(&["register", "--json", &file]);
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(code, 4);
    assert_eq!(document["error"], "launchctl.RegistryFile");
}

#[test]
fn a_class_that_can_not_be_started_yet_is_registered_with_a_remark() {
    let place = Place::new("remark");
    let file = place.file("later.toml", "executable = \"/nowhere/later\"\n");
    let (code, _, err) = place.run(&["register", &file]);
    assert_eq!(code, 0);
    assert!(
        err.starts_with("class 'later' can't be started yet: "),
        "{err}"
    );
}

#[test]
fn what_is_no_file_of_classes_is_refused_in_words() {
    let place = Place::new("other");
    let text = place.file("class.txt", CLASS);
    for (file, code, cause) in [
        (text.as_str(), 87, "neither a .toml nor a .reg"),
        ("/nowhere/class.toml", 1, "/nowhere/class.toml"),
        (&place.file(".hidden.toml", CLASS), 87, "class name"),
    ] {
        let told = place.run(&["register", file]);
        assert_eq!(told.0, code, "{told:?}");
        assert!(
            told.1.starts_with("KO ") && told.1.contains(cause),
            "{told:?}"
        );
    }
}

#[test]
fn an_export_is_the_file_and_nothing_else() {
    let place = Place::new("export");
    let file = place.file("shell.toml", CLASS);
    assert_eq!(place.run(&["register", &file]).0, 0);
    let (code, out, err) = place.run(&["export", "SHELL", "shell"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let expected = [
        "Windows Registry Editor Version 5.00",
        "",
        r"[HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\WinFsp\Services\shell]",
        r#""Executable"="/bin/sh""#,
        r#""CommandLine"="-c %1""#,
        r#""colour"="blue""#,
        "",
    ];
    assert_eq!(out, expected.join("\r\n"));
    assert_eq!(place.run(&["export", "--all"]).1, out);
    let (code, out, _) = place.run(&["export", "--toml", "shell"]);
    assert_eq!((code, out.as_str()), (0, CLASS));
}

#[test]
fn an_export_of_what_is_not_there_prints_no_half_of_it() {
    let place = Place::new("export-unknown");
    let file = place.file("shell.toml", CLASS);
    assert_eq!(place.run(&["register", &file]).0, 0);
    let (code, out, _) = place.run(&["export", "shell", "other"]);
    assert_eq!(code, 3);
    assert_eq!(
        out,
        "KO launcher: error 2 (class 'other' is not registered)\n"
    );
    let (code, out, _) = place.run(&["export", "--toml", "a/b"]);
    assert_eq!(code, 87);
    assert!(out.starts_with("KO launcher: error 87 "), "{out}");
    fs::write(place.registered("broken"), "executable =\n").unwrap();
    let (code, out, _) = place.run(&["export", "--all"]);
    assert_eq!(code, 4);
    assert!(out.contains("class 'broken' can't be used"), "{out}");
}

#[test]
fn an_export_of_all_leaves_no_folder_out_in_silence() {
    let place = Place::new("export-folder");
    let file = place.file("shell.toml", CLASS);
    assert_eq!(place.run(&["register", &file]).0, 0);
    let open = fs::Permissions::from_mode(0o777);
    fs::set_permissions(place.0.join("config/services.d"), open).unwrap();
    let (code, out, _) = place.run(&["export", "--all"]);
    assert_eq!(code, 4);
    assert!(
        out.starts_with("KO launchctl (") && out.contains("services.d is writable by everyone"),
        "{out}"
    );
}
