//! A Windows of our own, in a folder.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{run, workspace};
use crate::failure::Failure;
use crate::system::machine::exists;

const LIBRARY: &str = "bcryptprimitives";
/// Where the tests' folders are: those that a launcher of the system trusts.
const TRUSTED: &str = "drive_c/ProgramData";
/// Where the others are, below a user's.
const TEMPORARY: [&str; 2] = ["Temp", "AppData/Local/Temp"];
const TEST_PREFIX: &str = "fslaunch-test-";

/// How long what was told to end may take.
const MOMENT: Duration = Duration::from_secs(2);

/// A Windows of our own in the build folder, ended when dropped.
pub(super) struct Prefix {
    folder: PathBuf,
    /// What sessions that are over have left behind.
    left: RefCell<Vec<String>>,
}

impl Prefix {
    /// Why there can be none here, if so.
    pub(super) fn lacks() -> Option<String> {
        let programs = ["wine", "wineboot", "wineserver"];
        let missing = programs.into_iter().find(|program| !exists(program));
        missing.map(|program| format!("no {program}"))
    }

    /// Makes it, or takes the one of an earlier run.
    pub(super) fn make(folder: PathBuf, compiler: &str) -> Result<Self, Failure> {
        let left = RefCell::default();
        let prefix = Self { folder, left };
        let system = prefix.folder.join("drive_c/windows/system32");
        if !system.is_dir() {
            println!("Making a Wine prefix; about ten seconds.");
            std::fs::create_dir_all(&prefix.folder)
                .map_err(|error| Failure::to("make the Wine prefix", &error))?;
            let mut boot = Command::new("wineboot");
            prefix.enter(&mut boot);
            run(boot.arg("--init"))?;
        }
        let library = system.join(LIBRARY).with_extension("dll");
        if !library.exists() {
            let mut compile = Command::new(compiler);
            compile.args(["-shared", "-O2", "-s", "-o"]).arg(&library);
            compile.arg(
                workspace()
                    .join("xtask/wine")
                    .join(LIBRARY)
                    .with_extension("c"),
            );
            run(compile.arg("-ladvapi32"))?;
        }
        prefix.serve("--wait")?;
        Ok(prefix)
    }

    /// Begins a session of Windows, after the end of the one before: in one
    /// that has run other tests, each program was seen to get a console of
    /// its own, whose end is the end of its instances.
    pub(super) fn begin(&self) -> Result<(), Failure> {
        self.left.borrow_mut().extend(self.processes_left());
        // There may be none yet.
        let _ = self.serve("--kill");
        self.serve("--wait")?;
        // A server that ends a little after its last program, while the next
        // begins, makes that one fail: ours stays until it is ended.
        self.serve("--persistent")
    }

    /// Ends everything in it, and gives what should have been over by then:
    /// processes that are none of Windows itself, folders and keys of tests.
    pub(super) fn end(self) -> Vec<String> {
        let mut left = self.left.take();
        left.extend(self.processes_left());
        let folder = self.folder.clone();
        drop(self);
        left.extend(folders(&folder));
        left.extend(keys(&folder));
        left
    }

    /// The processes that do not end within a moment.
    fn processes_left(&self) -> Vec<String> {
        let end = Instant::now() + MOMENT;
        loop {
            let left = self.processes();
            if left.is_empty() || Instant::now() > end {
                return left;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The command lines of processes in this prefix.
    fn processes(&self) -> Vec<String> {
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let entered = format!("WINEPREFIX={}", self.folder.display());
        let mut found = vec![];
        for process in entries.map(|entry| entry.path()) {
            let environment = std::fs::read(process.join("environ")).unwrap_or_default();
            let mut variables = environment.split(|byte| *byte == 0);
            if variables.any(|variable| variable == entered.as_bytes()) {
                let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
                let line = String::from_utf8_lossy(&line).replace('\0', " ");
                if !is_of_windows_itself(&line) {
                    found.push(format!("{}: {line}", process.display()));
                }
            }
        }
        found
    }

    /// Tells the server of this prefix what to do. One that stays would keep
    /// our ends of its output.
    fn serve(&self, what: &str) -> Result<(), Failure> {
        let mut server = Command::new("wineserver");
        self.enter(&mut server);
        let none = Stdio::null;
        server.arg(what).stdin(none()).stdout(none()).stderr(none());
        match server.status() {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::to("run wineserver", &error)),
        }
    }

    /// Lets a command, and what it starts, run in this prefix.
    pub(super) fn enter(&self, command: &mut Command) {
        command
            .env("WINEPREFIX", &self.folder)
            .env("WINEDEBUG", "-all")
            // Else names of files have ASCII letters only, where no locale is set.
            .env("LC_ALL", "C.UTF-8");
        // No windows, no sound, and no downloads of Mono and Gecko.
        command
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
            .env_remove("DISPLAY");
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        for what in ["--kill", "--wait"] {
            let _ = self.serve(what);
        }
    }
}

/// Whether Wine runs it by itself, or it is the server.
fn is_of_windows_itself(line: &str) -> bool {
    let line = line.to_lowercase();
    line.is_empty()
        || line.contains("wineserver")
        || line.starts_with(r"c:\windows\")
        || line.contains(r" c:\windows\system32\")
}

/// The folders of tests that are still there.
fn folders(prefix: &Path) -> Vec<String> {
    let users = std::fs::read_dir(prefix.join("drive_c/users"));
    let users = users.into_iter().flatten().flatten();
    let temporary = users.flat_map(|user| TEMPORARY.map(|folder| user.path().join(folder)));
    let all = temporary.chain([prefix.join(TRUSTED)]);
    let entries = all.filter_map(|folder| std::fs::read_dir(folder).ok());
    let names = entries.flatten().flatten();
    names
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(TEST_PREFIX))
        .map(|entry| {
            let path = entry.path();
            // It is told; the next run shall not be told again.
            let _ = std::fs::remove_dir_all(&path);
            format!("folder {}", path.display())
        })
        .collect()
}

/// The keys of tests that are still there. The registry is written when the
/// server ends.
fn keys(prefix: &Path) -> Vec<String> {
    let registry = std::fs::read(prefix.join("user.reg")).unwrap_or_default();
    let registry = String::from_utf8_lossy(&registry);
    let lines = registry.lines();
    let keys = lines.filter(|line| line.starts_with('[') && line.contains(TEST_PREFIX));
    keys.map(|line| format!("key {line}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{folders, is_of_windows_itself};

    #[test]
    fn folders_of_tests_are_found_wherever_tests_make_them_and_told_once() {
        let prefix = std::env::temp_dir().join(format!("fslaunch-xtask-{}", std::process::id()));
        let left = [
            "drive_c/ProgramData/fslaunch-test-1-1",
            "drive_c/users/u/Temp/fslaunch-test-1-2",
            "drive_c/users/u/AppData/Local/Temp/fslaunch-test-1-3",
        ];
        for folder in left.iter().chain(&["drive_c/ProgramData/fslaunch"]) {
            std::fs::create_dir_all(prefix.join(folder)).unwrap();
        }
        let (found, again) = (folders(&prefix), folders(&prefix));
        std::fs::remove_dir_all(&prefix).unwrap();
        for folder in left {
            let line = format!("folder {}", prefix.join(folder).display());
            assert!(found.contains(&line), "{found:?}");
        }
        assert_eq!((found.len(), again.len()), (left.len(), 0));
    }

    #[test]
    fn programs_of_tests_are_none_of_windows_itself() {
        assert!(is_of_windows_itself(r"C:\windows\system32\services.exe "));
        assert!(is_of_windows_itself(
            "/usr/lib/wine/wineserver64 -p0 --persistent "
        ));
        assert!(!is_of_windows_itself(
            r"C:\ProgramData\fslaunch-test-36-1\bin\fslaunchd.exe --console "
        ));
        assert!(!is_of_windows_itself(r"Z:\target\debug\deps\limits-1.exe "));
    }
}
