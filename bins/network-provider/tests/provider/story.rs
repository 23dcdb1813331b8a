//! The whole way: a drive is asked for, the launcher starts a file system, its
//! files are used, the drive is given back; and again, with a password that is
//! remembered.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fslaunch_tests::{Ran, Watchdog, run_with_deadline, skipped, until};
use windows_registry::CURRENT_USER;

use crate::drive;
use crate::library::{Add, Library, add};
use crate::stage::{set, turn};

const DRIVE: &str = "T:";

const SECRET: &str = r"\\secretfs\vault";

/// A launcher in a folder of its own, with the two classes of this story, and
/// the program that talks to it.
struct Launcher {
    process: Child,
    folder: PathBuf,
    key: String,
    launchctl: PathBuf,
    socket: String,
}

impl Drop for Launcher {
    fn drop(&mut self) {
        self.launchctl(&["credentials", "remove", SECRET], b"");
        let _ = self.process.kill();
        let _ = self.process.wait();
        drive::unmap(DRIVE);
        let _ = CURRENT_USER.remove_tree(&self.key);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A program that was built with this one: beside it, or some folders away.
fn built(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().unwrap();
    let programs = own.parent()?.parent()?;
    // launchctl has no seam: it lies where those are that have none.
    let seamless = programs
        .components()
        .filter(|part| part.as_os_str() != "seam");
    let seamless: PathBuf = seamless.collect();
    let folders = [programs, &programs.join("examples"), &seamless];
    let places = folders.map(|folder| folder.join(name));
    places.into_iter().find(|place| place.is_file())
}

impl Launcher {
    fn start(programs: [&Path; 3], key: String) -> Launcher {
        let [launcher, mapper, launchctl] = programs;
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
        let [_, socket] = pipes;
        Launcher {
            process,
            folder,
            key,
            launchctl: launchctl.to_owned(),
            socket,
        }
    }

    fn launchctl(&self, words: &[&str], input: &[u8]) -> Ran {
        let mut command = Command::new(&self.launchctl);
        command.arg("--socket").arg(&self.socket).args(words);
        run_with_deadline(&mut command, input)
    }
}

/// What is written to the drive, below one folder.
const TREE: [(&str, &str); 3] = [
    (r"a\file", "what was written"),
    (r"a\b\empty", ""),
    ("Größe", "ä😀\r\n"),
];

fn write_tree(folder: &Path) {
    for (name, text) in TREE {
        let file = folder.join("tree").join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
}

fn compare_tree(folder: &Path) {
    for (name, text) in TREE {
        let read = fs::read_to_string(folder.join("tree").join(name));
        assert_eq!(read.unwrap(), text, "{name}");
    }
}

#[test]
fn a_drive_is_mapped_used_given_back_and_mapped_again_with_the_remembered_password() {
    let test = "a_drive_is_mapped_used_given_back_and_mapped_again_with_the_remembered_password";
    let programs = ["fslaunchd.exe", "mapper.exe", "launchctl.exe"].map(built);
    let [Some(launcher), Some(mapper), Some(launchctl)] = &programs else {
        return skipped(test, "no fslaunchd.exe, mapper.exe and launchctl.exe");
    };
    let (_turn, key) = turn();
    let launcher = Launcher::start([launcher, mapper, launchctl], key);
    let _watchdog = Watchdog::over(&launcher.folder);
    let library = Library::load();

    assert_eq!(library.connect(add(DRIVE, r"\\mapfs\one")), 0);
    let root = PathBuf::from(format!(r"{DRIVE}\"));
    write_tree(&root);
    compare_tree(&root);
    compare_tree(&launcher.folder.join("shown"));
    let (code, _, name) = library.connection(Some(DRIVE), Some(64), 64);
    assert_eq!((code, name.as_str()), (0, r"\\mapfs\one"));
    assert_eq!(library.connect(add(DRIVE, r"\\mapfs\two")), 85);
    assert_eq!(library.connect(add("U:", r"\\mapfs\one")), 1208);
    assert_eq!(library.cancel(Some(DRIVE)), 0);
    assert!(fs::read_dir(&root).is_err(), "the drive is gone");
    assert_eq!(library.cancel(Some(DRIVE)), 2250);

    let with = |password| Add {
        password: Some(password),
        ..add(DRIVE, SECRET)
    };
    assert_eq!(library.connect(add(DRIVE, SECRET)), 5);
    assert_eq!(library.connect(with("wrong")), 5);
    assert_eq!(library.connect(with("right")), 0);
    assert_eq!(library.cancel(Some(SECRET)), 0);

    // What launchctl has remembered, the provider uses.
    let start = ["start", "--remember", "--secret-stdin", "secretfs", "vault"];
    let start = [&start[..], &[r"\secretfs\vault", DRIVE]].concat();
    launcher.launchctl(&start, b"right").ok();
    launcher.launchctl(&["stop", "secretfs", "vault"], b"").ok();
    until("the drive is gone", || fs::read_dir(&root).is_err());
    assert_eq!(library.connect(add(DRIVE, SECRET)), 0);
    compare_tree(&root);
    assert_eq!(library.cancel(Some(DRIVE)), 0);
    launcher
        .launchctl(&["credentials", "remove", "secretfs", "vault"], b"")
        .ok();
    assert_eq!(library.connect(add(DRIVE, SECRET)), 5);
}
