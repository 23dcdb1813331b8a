//! The whole way: a drive is asked for, the launcher starts a file system, its
//! files are used, the drive is given back; and again, with a password that is
//! remembered.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fslaunch_tests::{Watchdog, skipped, until};
use windows_registry::CURRENT_USER;

use crate::drive;
use crate::library::{Add, Library, add};
use crate::stage::{set, turn};
use crate::vault::Kept;

const DRIVE: &str = "T:";

/// A launcher in a folder of its own, with the two classes of this story.
struct Launcher {
    process: Child,
    folder: PathBuf,
    key: String,
}

impl Drop for Launcher {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        drive::unmap(DRIVE);
        let _ = CURRENT_USER.remove_tree(&self.key);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A program that was built with this one: beside it, or a folder away.
fn built(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().unwrap();
    let programs = own.parent()?.parent()?;
    let places = [programs.join(name), programs.join("examples").join(name)];
    places.into_iter().find(|place| place.is_file())
}

impl Launcher {
    fn start(launcher: &Path, mapper: &Path, key: String) -> Launcher {
        let name = format!("fslaunch-test-np-story-{}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        let shown = folder.join("shown");
        fs::create_dir_all(&shown).unwrap();
        let [mapper, shown] = [mapper, &shown].map(|path| path.to_str().unwrap());
        for (class, secret, credentials) in [("mapfs", "", 0), ("secretfs", " right", 1)] {
            let class = CURRENT_USER.create(format!(r"{key}\{class}")).unwrap();
            class.set_string("Executable", mapper).unwrap();
            let line = format!("%2 \"{shown}\" 50{secret}");
            class.set_string("CommandLine", line).unwrap();
            class.set_u32("Credentials", credentials).unwrap();
        }
        let pipes = ["messages", "varlink"].map(|pipe| format!(r"\\.\pipe\{name}.{pipe}"));
        let log = folder.join("log.txt");
        let process = Command::new(launcher)
            .args([
                "--console",
                "--system",
                "--pipe",
                &pipes[0],
                "--socket",
                &pipes[1],
            ])
            .args(["--classes", &format!(r"HKCU\{key}")])
            .arg("--config-dir")
            .arg(folder.join("config"))
            .arg("--state-dir")
            .arg(folder.join("state"))
            .arg("--log")
            .arg(&log)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        set("FSLAUNCH_TEST_PIPE", &pipes[0]);
        set("FSLAUNCH_TEST_VARLINK", &pipes[1]);
        let ready = || fs::read_to_string(&log).is_ok_and(|log| log.contains("ready"));
        until("the launcher is ready", ready);
        Launcher {
            process,
            folder,
            key,
        }
    }
}

#[test]
fn a_drive_is_mapped_used_given_back_and_mapped_again_with_the_remembered_password() {
    let test = "a_drive_is_mapped_used_given_back_and_mapped_again_with_the_remembered_password";
    let programs = built("fslaunchd.exe").zip(built("mapper.exe"));
    let Some((launcher, mapper)) = programs else {
        return skipped(test, "no fslaunchd.exe and mapper.exe beside the tests");
    };
    let (_turn, key) = turn();
    let launcher = Launcher::start(&launcher, &mapper, key);
    let _watchdog = Watchdog::over(&launcher.folder);
    let library = Library::load();

    assert_eq!(library.connect(add(DRIVE, r"\\mapfs\one")), 0);
    let root = PathBuf::from(format!(r"{DRIVE}\"));
    fs::create_dir_all(root.join(r"tree\a")).unwrap();
    fs::write(root.join(r"tree\a\file"), "what was written").unwrap();
    let below = launcher.folder.join(r"shown\tree\a\file");
    assert_eq!(fs::read_to_string(below).unwrap(), "what was written");
    let (code, _, name) = library.connection(Some(DRIVE), Some(64), 64);
    assert_eq!((code, name.as_str()), (0, r"\\mapfs\one"));
    assert_eq!(library.connect(add(DRIVE, r"\\mapfs\two")), 85);
    assert_eq!(library.connect(add("U:", r"\\mapfs\one")), 1208);
    assert_eq!(library.cancel(Some(DRIVE)), 0);
    assert!(fs::read_dir(&root).is_err(), "the drive is gone");
    assert_eq!(library.cancel(Some(DRIVE)), 2250);

    let secret = r"\\secretfs\vault";
    let with = |password| Add {
        password: Some(password),
        ..add(DRIVE, secret)
    };
    assert_eq!(library.connect(add(DRIVE, secret)), 5);
    assert_eq!(library.connect(with("wrong")), 5);
    assert_eq!(library.connect(with("right")), 0);
    assert_eq!(library.cancel(Some(secret)), 0);
    let blob: Vec<u8> = "right".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let _kept = Kept::new(secret, "me", &blob);
    assert_eq!(library.connect(add(DRIVE, secret)), 0);
    let read = fs::read_to_string(root.join(r"tree\a\file"));
    assert_eq!(read.unwrap(), "what was written");
    assert_eq!(library.cancel(Some(DRIVE)), 0);
}
