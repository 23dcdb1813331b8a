//! The folder in which the demonstration happens, and the launcher in it.

use std::cell::RefCell;
use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::command::{shown, workspace};
use crate::failure::Failure;
use crate::system::leftovers::{detach, mounts, processes, remove_folder};
use crate::system::machine::is_root;

use super::step;

const PATIENCE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(10);

/// Everything that the demonstration makes lies in one folder.
pub(super) struct Stage {
    folder: PathBuf,
    programs: PathBuf,
    daemon: RefCell<Option<Child>>,
}

impl Stage {
    /// Makes the folder and writes the class files.
    pub(super) fn set_up(built: &Path) -> Result<Self, Failure> {
        let folder = folder();
        let mode = if is_root() { 0o755 } else { 0o700 };
        println!("\n== Make a folder for the demonstration");
        println!("$ mkdir {}", folder.display());
        DirBuilder::new()
            .mode(mode)
            .create(&folder)
            .map_err(|error| Failure::to(&format!("make {}", folder.display()), &error))?;
        let mut stage = Self {
            folder,
            programs: built.to_owned(),
            daemon: RefCell::default(),
        };
        let filled = stage.fill(built);
        if filled.is_err() {
            remove_folder(&stage.folder);
        }
        filled.map(|()| stage)
    }

    fn fill(&mut self, built: &Path) -> Result<(), Failure> {
        let fail = |error| Failure::to("fill the folder", &error);
        fs::create_dir(self.folder.join("config")).map_err(fail)?;
        if is_root() {
            // The launcher of the whole system runs nothing that somebody
            // else than root could replace, and a build folder is no such
            // place.
            self.programs = self.folder.join("bin");
            fs::create_dir(&self.programs).map_err(fail)?;
            println!(
                "$ cp target/debug/{{fslaunchd,launchctl,memfs}} {}",
                self.programs.display()
            );
            for program in ["fslaunchd", "launchctl", "memfs"] {
                fs::copy(built.join(program), self.programs.join(program)).map_err(fail)?;
            }
        }
        let memfs = self.programs.join("memfs").to_string_lossy().into_owned();
        let class = format!(
            "# A file system in memory.\n\
             executable = {memfs:?}\n\
             command-line = \"-i -F NTFS -n 65536 -s 67108864 -u %1 -m %2\"\n\
             arguments = [\"unc\", \"mount-point\"]\n\
             mount-point = \"%2\"\n"
        );
        fs::write(self.class_file("memfs64"), &class).map_err(fail)?;
        let locked = format!(
            "{class}# Everybody may look, nobody may start it.\n\
             security = \"D:P(A;;LC;;;WD)\"\n"
        );
        fs::write(self.class_file("locked"), locked).map_err(fail)?;
        println!("$ export PATH={}:$PATH", self.programs.display());
        println!("$ export FSLAUNCH_SOCKET={}", self.socket().display());
        Ok(())
    }

    /// Where a class file lies before it is registered.
    pub(super) fn class_file(&self, class: &str) -> String {
        self.folder
            .join(class)
            .with_extension("toml")
            .to_string_lossy()
            .into_owned()
    }

    /// The folder that the file system is mounted on.
    pub(super) fn mount_point(&self) -> String {
        self.folder.join("mnt").to_string_lossy().into_owned()
    }

    /// Where the programs of the demonstration lie.
    pub(super) fn programs(&self) -> PathBuf {
        self.programs.clone()
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("run/org.fslaunch.Launcher")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("fslaunchd.log")
    }

    /// Starts the launcher and waits until it answers.
    pub(super) fn start_daemon(&self) -> Result<(), Failure> {
        let mut command = Command::new("fslaunchd");
        if !is_root() {
            command.arg("--user");
        }
        command.arg("--socket").arg(self.socket());
        command.arg("--config-dir").arg(self.folder.join("config"));
        command.arg("--state-dir").arg(self.folder.join("state"));
        println!("$ {} 2>{} &", shown(&command), self.log().display());
        let fail = |error| Failure::to("start fslaunchd", &error);
        let log = File::create(self.log()).map_err(fail)?;
        // Ctrl-C is for the demonstration, which then ends the launcher.
        command.process_group(0).stdin(Stdio::null());
        command.stdout(log.try_clone().map_err(fail)?).stderr(log);
        self.enter(&mut command);
        let child = command.spawn().map_err(fail)?;
        *self.daemon.borrow_mut() = Some(child);
        self.wait_for("fslaunchd does not answer", || {
            UnixStream::connect(self.socket()).is_ok()
        })
    }

    /// Ends the launcher as the system would, and expects success.
    pub(super) fn end_daemon(&self) -> Result<(), Failure> {
        let Some(mut child) = self.daemon.borrow_mut().take() else {
            return Ok(());
        };
        println!("\n== End the launcher");
        let mut kill = Command::new("kill");
        println!("$ {}", shown(kill.args(["-TERM", &child.id().to_string()])));
        signal("TERM", child.id());
        let mut ended = None;
        let waited = self.wait_for("fslaunchd does not end", || {
            ended = child.try_wait().ok().flatten();
            ended.is_some()
        });
        if waited.is_err() {
            signal("KILL", child.id());
            let _ = child.wait();
        }
        waited?;
        match ended {
            Some(status) if status.success() => Ok(()),
            Some(status) => Err(Failure::new(format!("fslaunchd ended with {status}"))),
            None => Err(Failure::new("fslaunchd ended without a status")),
        }
    }

    /// Ends whatever still runs or is mounted here, and removes the folder.
    pub(super) fn take_down(&self) {
        let running = self.daemon.borrow().is_some();
        if running && let Err(failure) = self.end_daemon() {
            eprintln!("{failure}");
        }
        if is_root() {
            let of_ours = |program: &Path| program.starts_with(&self.programs);
            for (pid, _) in processes()
                .into_iter()
                .filter(|(_, program)| of_ours(program))
            {
                signal("KILL", pid);
            }
        }
        for mount in mounts()
            .iter()
            .filter(|mount| mount.starts_with(&self.folder))
        {
            detach(mount);
        }
        println!("$ rm -r {}", self.folder.display());
        remove_folder(&self.folder);
    }

    /// Lets a command find the programs and the launcher.
    fn enter(&self, command: &mut Command) {
        let mut path = self.programs.clone().into_os_string();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command.current_dir(workspace());
        command
            .env("PATH", path)
            .env("FSLAUNCH_SOCKET", self.socket());
    }

    fn wait_for(&self, otherwise: &str, mut done: impl FnMut() -> bool) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        while !done() {
            if Instant::now() > deadline {
                let log = fs::read_to_string(self.log()).unwrap_or_default();
                return Err(Failure::new(format!("{otherwise}; its log:\n{log}")));
            }
            std::thread::sleep(POLL);
        }
        Ok(())
    }

    /// Registers a class of ours.
    pub(super) fn register(&self, class: &str) -> Result<(), Failure> {
        let config = self.folder.join("config").to_string_lossy().into_owned();
        let file = self.class_file(class);
        self.runs(&["launchctl", "--config-dir", &config, "register", &file])
    }

    /// Runs a command that must succeed.
    pub(super) fn runs(&self, words: &[&str]) -> Result<(), Failure> {
        self.step(words)?.succeeds()
    }

    /// Runs a command that must succeed and print something.
    pub(super) fn says(&self, words: &[&str], expected: &str) -> Result<(), Failure> {
        let step = self.step(words)?;
        step.succeeds().and_then(|()| step.contains(expected))
    }

    /// Runs a command that must succeed and print nothing else.
    pub(super) fn says_only(&self, words: &[&str], expected: &str) -> Result<(), Failure> {
        let step = self.step(words)?;
        step.succeeds().and_then(|()| step.is(expected))
    }

    /// Runs a command that must fail and print something.
    pub(super) fn fails(&self, words: &[&str], expected: &str) -> Result<(), Failure> {
        let step = self.step(words)?;
        step.fails().and_then(|()| step.contains(expected))
    }

    fn step(&self, words: &[&str]) -> Result<step::Step, Failure> {
        step::run(words, &self.folder.join("output"), |command| {
            self.enter(command)
        })
    }
}

fn folder() -> PathBuf {
    let own = std::env::var_os("XDG_RUNTIME_DIR").filter(|folder| !folder.is_empty());
    let parent = match own {
        _ if is_root() => PathBuf::from("/var/lib"),
        Some(own) => PathBuf::from(own),
        None => std::env::temp_dir(),
    };
    parent.join(format!("fslaunch-demo-{}", std::process::id()))
}

/// The shell's own `kill`: a minimal Debian has no other.
fn signal(name: &str, pid: u32) {
    let _ = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .output();
}
