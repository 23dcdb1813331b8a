//! The real launcher, with classes of a test and the program that maps drives.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use fslaunch_tests::{Ran, run_with_deadline, skipped, until};
use windows_registry::CURRENT_USER;

use crate::stage::set;

/// A launcher in a folder of its own, and the program that talks to it.
pub(crate) struct Launcher {
    process: Child,
    folder: PathBuf,
    key: String,
    programs: Programs,
    socket: String,
}

/// What such a test needs.
#[derive(Clone)]
pub(crate) struct Programs {
    launcher: PathBuf,
    mapper: PathBuf,
    launchctl: PathBuf,
}

impl Programs {
    /// They, or that they are lacking, which is said aloud.
    pub(crate) fn for_test(test: &str) -> Option<Programs> {
        let found = ["fslaunchd.exe", "mapper.exe", "launchctl.exe"].map(built);
        let [Some(launcher), Some(mapper), Some(launchctl)] = found else {
            skipped(test, "no fslaunchd.exe, mapper.exe and launchctl.exe");
            return None;
        };
        Some(Programs {
            launcher,
            mapper,
            launchctl,
        })
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

impl Drop for Launcher {
    fn drop(&mut self) {
        // It takes its instances with it, and they their drives.
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = CURRENT_USER.remove_tree(&self.key);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Launcher {
    /// Without a class so far. The library finds it from now on.
    pub(crate) fn start(programs: Programs, key: String) -> Launcher {
        let name = format!("fslaunch-test-np-story-{}", std::process::id());
        let folder = std::env::temp_dir().join(&name);
        fs::create_dir_all(folder.join("shown")).unwrap();
        drop(CURRENT_USER.create(&key).unwrap());
        let pipes = ["messages", "varlink"].map(|pipe| format!(r"\\.\pipe\{name}.{pipe}"));
        let log = folder.join("log.txt");
        let process = Command::new(&programs.launcher)
            .args(["--console", "--system"])
            .args(["--pipe", &pipes[0], "--socket", &pipes[1]])
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
        let [_, socket] = pipes;
        let launcher = Launcher {
            process,
            folder,
            key,
            programs,
            socket,
        };
        let ready = || launcher.log().contains("ready");
        until("the launcher is ready", ready);
        launcher
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the drives of its classes show.
    pub(crate) fn shown(&self) -> PathBuf {
        self.folder.join("shown")
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log.txt")).unwrap_or_default()
    }

    /// A class that shows the folder after so many milliseconds, once it got
    /// the secret if it has one.
    pub(crate) fn class(&self, name: &str, milliseconds: u32, secret: &str) -> Class {
        let shown = self.shown();
        let line = format!("%2 \"{}\" {milliseconds} {secret}", shown.display());
        let mapper = self.programs.mapper.to_str().unwrap();
        let class = self.class_of(name, mapper, line.trim_end());
        class.set("Credentials", u32::from(!secret.is_empty()))
    }

    /// A class of any program.
    pub(crate) fn class_of(&self, name: &str, executable: &str, line: &str) -> Class {
        let key = CURRENT_USER.create(format!(r"{}\{name}", self.key));
        let key = key.unwrap();
        key.set_string("Executable", executable).unwrap();
        key.set_string("CommandLine", line).unwrap();
        Class(key)
    }

    pub(crate) fn launchctl(&self, words: &[&str], input: &[u8]) -> Ran {
        let mut command = Command::new(&self.programs.launchctl);
        command.arg("--socket").arg(&self.socket).args(words);
        run_with_deadline(&mut command, input)
    }

    /// The instances, one a line.
    pub(crate) fn instances(&self) -> Vec<String> {
        let listed = self.launchctl(&["list"], b"");
        let lines = listed.ok().into_iter().filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }
}

/// A class that is registered.
pub(crate) struct Class(windows_registry::Key);

impl Class {
    pub(crate) fn set(self, value: &str, number: u32) -> Class {
        self.0.set_u32(value, number).unwrap();
        self
    }
}
