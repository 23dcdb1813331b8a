//! A MEMFS that is mounted for a test, and that is gone when the test is over, however it ends.

// Each test program uses its own part of this.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// How long anything may take before the test is given up.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);
/// Some user who is not root, and owns nothing.
pub(crate) const NOBODY: u32 = 65534;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_memfs");

/// Whether file systems can be mounted here; if not, says loudly why the test is skipped.
pub(crate) fn fuse_is_there(test: &str) -> bool {
    match fs::File::options().read(true).write(true).open("/dev/fuse") {
        Ok(_) => true,
        Err(error) => skip(test, &format!("cannot open /dev/fuse: {error}")),
    }
}

/// Whether this is root, who may mount, change owners, and become somebody else.
pub(crate) fn is_root(test: &str) -> bool {
    rustix::process::geteuid().is_root() || skip(test, "only root can prepare it")
}

/// Past the test harness, which keeps what `eprintln!` says to itself.
pub(crate) fn skip(test: &str, reason: &str) -> bool {
    let line = format!("{test}: {reason}\n");
    let _closed = write!(io::stderr(), "SKIPPED: {line}");
    // Where `cargo xtask test` collects them.
    if let Some(log) = std::env::var_os("FSLAUNCH_SKIP_LOG") {
        let log = fs::File::options().append(true).create(true).open(log);
        let _lost = log.and_then(|mut log| log.write_all(line.as_bytes()));
    }
    false
}

/// A folder of its own with a mount point in it. What is still mounted there at the end is detached.
pub(crate) struct Place {
    pub(crate) base: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let base =
            std::env::temp_dir().join(format!("fslaunch-test-{}-{count}", std::process::id()));
        fs::create_dir_all(base.join("mount point")).expect("a folder for the test can be made");
        let base = base.canonicalize().expect("it was just made");
        fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).expect("it is our folder");
        Self { base }
    }

    /// With a space in it, to see it escaped wherever it is listed.
    pub(crate) fn point(&self) -> PathBuf {
        self.base.join("mount point")
    }

    /// A copy of the program that everybody can reach.
    pub(crate) fn program(&self) -> PathBuf {
        let program = self.base.join("memfs");
        // By another process: what this one has open for writing, a child forked meanwhile would keep from running.
        let copied = Command::new("cp")
            .arg(BINARY)
            .arg(&program)
            .status()
            .expect("cp starts");
        assert!(copied.success(), "the program can be copied");
        program
    }

    /// The lines of mountinfo about mounts in this place.
    pub(crate) fn mounts(&self) -> Vec<String> {
        mounts_in(&self.base)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        while let Some(line) = self.mounts().pop() {
            let point = point_of(&line);
            let done = Command::new("umount")
                .args(["-l", "--"])
                .arg(&point)
                .status();
            if !done.is_ok_and(|status| status.success()) {
                // Rather a folder left behind than one emptied through a mount.
                return;
            }
        }
        let _leftover = fs::remove_dir_all(&self.base);
    }
}

fn mounts_in(base: &Path) -> Vec<String> {
    let all = fs::read_to_string("/proc/self/mountinfo").expect("mountinfo can be read");
    all.lines()
        .filter(|line| point_of(line).starts_with(base))
        .map(str::to_owned)
        .collect()
}

fn point_of(line: &str) -> PathBuf {
    line.split(' ')
        .nth(4)
        .unwrap_or_default()
        .replace(r"\040", " ")
        .into()
}

/// How to start it.
pub(crate) struct Start {
    place: Place,
    program: PathBuf,
    arguments: Vec<String>,
    user: Option<u32>,
    before: &'static str,
    deadline: Duration,
}

impl Start {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|word| (*word).to_owned()).collect();
        Self {
            place: Place::new(),
            program: BINARY.into(),
            arguments,
            user: None,
            before: "",
            deadline: DEADLINE,
        }
    }

    /// To be given up after this time only.
    pub(crate) fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// As this user, who gets the mount point and a copy of the program that everybody can reach.
    pub(crate) fn by_user(mut self, user: u32) -> Self {
        chown(self.place.point(), Some(user), Some(user)).expect("root gives the mount point away");
        self.program = self.place.program();
        self.user = Some(user);
        self
    }

    pub(crate) fn point(&self) -> PathBuf {
        self.place.point()
    }

    /// In this place instead of a new one.
    pub(crate) fn at(mut self, place: Place) -> Self {
        self.place = place;
        self
    }

    /// After these words of the shell.
    pub(crate) fn after(mut self, before: &'static str) -> Self {
        self.before = before;
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(format!(r#"{} exec "$0" "$@""#, self.before))
            .arg(&self.program);
        command
            .args(&self.arguments)
            .arg("-m")
            .arg(self.place.point());
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(user) = self.user {
            command.uid(user).gid(user);
        }
        command
    }

    /// Without waiting for anything.
    pub(crate) fn spawn(self) -> Mounted {
        let child = self.command().spawn().expect("memfs starts");
        let watchdog = Watchdog::new(&child, &self.place, self.deadline);
        Mounted {
            child,
            watchdog: Some(watchdog),
            place: self.place,
        }
    }

    /// Waits until it says that it is ready.
    pub(crate) fn mounted(self) -> Mounted {
        let socket = self.place.base.join("notify");
        let receiver = UnixDatagram::bind(&socket).expect("a socket can be bound");
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o777)).expect("it is our socket");
        receiver
            .set_read_timeout(Some(DEADLINE))
            .expect("a time-out can be set");
        let child = self
            .command()
            .env("NOTIFY_SOCKET", &socket)
            .spawn()
            .expect("memfs starts");
        let watchdog = Watchdog::new(&child, &self.place, self.deadline);
        let mounted = Mounted {
            child,
            watchdog: Some(watchdog),
            place: self.place,
        };
        let mut message = [0; 64];
        // Should it end instead, nobody else has the socket, and the time-out ends the wait.
        let heard = loop {
            match receiver.recv(&mut message) {
                // A wait with a time-out is not taken up again by itself.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                heard => break heard,
            }
        };
        let length = heard.expect("memfs says that it is ready");
        assert_eq!(&message[..length], b"READY=1\n");
        mounted
    }
}

/// A running MEMFS.
pub(crate) struct Mounted {
    pub(crate) child: Child,
    watchdog: Option<Watchdog>,
    pub(crate) place: Place,
}

/// How it ended.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// To look at what it left behind.
    pub(crate) place: Place,
}

impl Mounted {
    pub(crate) fn new(arguments: &[&str]) -> Self {
        Start::new(arguments).mounted()
    }

    /// A path in the file system.
    pub(crate) fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.place.point().join(name.as_ref())
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is our child");
    }

    /// Waits until it has ended; the watchdog sees to that it does.
    pub(crate) fn ended(mut self) -> Ended {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let status = self.child.wait().expect("it is our child");
        self.watchdog.take();
        self.child
            .stdout
            .take()
            .map(|mut pipe| pipe.read_to_string(&mut stdout));
        self.child
            .stderr
            .take()
            .map(|mut pipe| pipe.read_to_string(&mut stderr));
        let place = std::mem::replace(
            &mut self.place,
            Place {
                base: PathBuf::from("/nowhere/at/all"),
            },
        );
        Ended {
            status,
            stdout,
            stderr,
            place,
        }
    }

    pub(crate) fn stopped(self, signal: Signal) -> Ended {
        self.signal(signal);
        self.ended()
    }
}

impl Ended {
    /// It did what it should, said no more than that it is ready, and nothing is left.
    pub(crate) fn check(&self) {
        let said = (self.stdout.as_str(), self.stderr.as_str());
        assert_eq!((self.status.code(), said), (Some(0), ("OK\n", "")));
        assert_eq!(self.place.mounts(), [""; 0]);
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // First the process: what is mounted can be detached only if nothing waits for it.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Ends a MEMFS that does not answer, so that whatever waits for it fails instead of waiting for ever.
struct Watchdog {
    over: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    fn new(child: &Child, place: &Place, deadline: Duration) -> Self {
        let (over, wait) = channel();
        // Its number stays its own until it is waited for, and then the watchdog is over.
        let (pid, base) = (Pid::from_child(child), place.base.clone());
        let watch = move || {
            if wait.recv_timeout(deadline) == Err(RecvTimeoutError::Timeout) {
                let _closed = writeln!(
                    io::stderr(),
                    "memfs in {} hangs: it is killed",
                    base.display()
                );
                let _ended = kill_process(pid, Signal::KILL);
                for line in mounts_in(&base) {
                    let _done = Command::new("umount")
                        .args(["-l", "--"])
                        .arg(point_of(&line))
                        .status();
                }
            }
        };
        Self {
            over: Some(over),
            thread: Some(std::thread::spawn(watch)),
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.over.take();
        self.thread.take().map(JoinHandle::join);
    }
}

/// Runs words of the shell in a folder as somebody, and answers with what they print.
pub(crate) fn shell(folder: &Path, user: u32, words: &str) -> Result<String, String> {
    let mut command = Command::new("/bin/sh");
    command
        .args(["-ec", &format!(r#"cd "$0"; {words}"#)])
        .arg(folder)
        .uid(user)
        .gid(user);
    let done = command.output().expect("the shell starts");
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if done.status.success() {
        Ok(said(&done.stdout))
    } else {
        Err(said(&done.stderr))
    }
}

/// The number of the system's error.
pub(crate) fn number<T: std::fmt::Debug>(result: io::Result<T>) -> i32 {
    result
        .expect_err("it should fail")
        .raw_os_error()
        .expect("the system refused it")
}

/// For how long to go on, and from which seed, as `cargo xtask soak` says.
pub(crate) fn soak() -> (Duration, u64) {
    let number = |name: &str| std::env::var(name).ok()?.parse().ok();
    let seconds = number("FSLAUNCH_SOAK_SECONDS").unwrap_or(60);
    let seed = number("FSLAUNCH_SOAK_SEED").unwrap_or(1);
    println!("{seconds} s from seed {seed}");
    (Duration::from_secs(seconds), seed)
}
