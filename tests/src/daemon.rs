//! A launcher of one test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::daemon_builder::log;
use crate::system::{self, ClassStore};
use crate::{
    Account, CallError, Class, Connection, DaemonBuilder, PLATFORM, Place, Ran, SYSTEM, System,
    Watchdog, processes, run_with_deadline, until, until_some,
};

/// How long after the launcher's end its last child may still run.
const LAST_BREATH: Duration = Duration::from_secs(1);

/// A launcher that runs in a folder of its own. Dropping it ends it as the
/// system would, and fails the test if something is left behind.
#[derive(Debug)]
pub struct Daemon {
    child: Option<Child>,
    builder: DaemonBuilder,
    place: Place,
    _watchdog: Watchdog,
}

impl Daemon {
    /// A launcher of the system. The test must have asked for
    /// [`Need::Root`](crate::Need::Root).
    pub fn system() -> DaemonBuilder {
        DaemonBuilder::system()
    }

    /// A launcher of one user.
    pub fn user(user: &Account) -> DaemonBuilder {
        DaemonBuilder::user(user)
    }

    pub(crate) fn start(builder: DaemonBuilder, place: Place) -> Self {
        builder.prepare(&place);
        let watchdog = Watchdog::over(place.path());
        let mut daemon = Self {
            child: None,
            builder,
            place,
            _watchdog: watchdog,
        };
        daemon.restart();
        daemon
    }

    /// Starts it again where it was; it must not run.
    ///
    /// # Panics
    /// When it does not answer in time.
    pub fn restart(&mut self) {
        assert!(self.child.is_none(), "fslaunchd runs already");
        let mut child = self.builder.spawn(&self.place);
        let socket = self.socket();
        until("fslaunchd answers", || {
            let ended = child.try_wait().expect("fslaunchd can be waited for");
            assert!(
                ended.is_none(),
                "fslaunchd ended at once: {ended:?}\n{}",
                self.log()
            );
            Connection::open(&socket).is_ok() && system::is_up(&self.place)
        });
        self.child = Some(child);
    }

    /// Its process ID.
    ///
    /// # Panics
    /// When it was ended.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("fslaunchd runs").id()
    }

    /// Its folder.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// Where it listens.
    pub fn socket(&self) -> PathBuf {
        self.builder.socket(self.place.path())
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        let own = self.place.path().join("log/fslaunchd.log");
        let read = |file: PathBuf| fs::read(file).unwrap_or_default();
        let bytes = [read(log(self.place.path())), read(own)].concat();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A program in its folder.
    pub fn program(&self, name: &str) -> PathBuf {
        let name = match Path::new(name).extension() {
            Some(_) => name.to_owned(),
            None => format!("{name}{}", PLATFORM.executable_suffix),
        };
        self.place.path().join("bin").join(name)
    }

    /// A file that does not exist yet, in a folder that everybody may write.
    pub fn out(&self, name: &str) -> String {
        let path = self.place.path().join("out").join(name);
        path.to_str().expect("a path in UTF-8").to_owned()
    }

    /// Puts a class where the launcher looks for it.
    ///
    /// # Panics
    /// When it can't be written.
    pub fn register(&self, class: &Class) {
        self.classes().register(class);
    }

    /// Takes a class away again.
    ///
    /// # Panics
    /// When it was not there.
    pub fn unregister(&self, class: &str) {
        self.classes().unregister(class);
    }

    pub(crate) fn classes(&self) -> ClassStore {
        ClassStore::of(self.place.path())
    }

    /// Runs `launchctl` as whoever runs the tests.
    ///
    /// # Panics
    /// When it does not end.
    pub fn launchctl(&self, arguments: &[&str]) -> Ran {
        self.launchctl_with_input(arguments, b"")
    }

    /// Runs `launchctl` with something on its standard input.
    ///
    /// # Panics
    /// When it does not end.
    pub fn launchctl_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        self.run_launchctl(Command::new(self.program("launchctl")), arguments, input)
    }

    /// Runs `launchctl` in a process of somebody else.
    ///
    /// # Panics
    /// When it does not end.
    pub fn launchctl_as(&self, caller: &Account, arguments: &[&str]) -> Ran {
        let mut command = self.launchctl_command(caller);
        run_with_deadline(command.args(arguments), b"")
    }

    /// `launchctl` in a process of somebody else, with nothing but the
    /// launcher's address so far.
    ///
    /// # Panics
    /// When the launcher could not tell who that is.
    pub fn launchctl_command(&self, caller: &Account) -> Command {
        assert!(
            SYSTEM == System::Linux || self.builder.tells_callers_apart,
            "a launcher that tells callers apart"
        );
        let mut command = caller.command(self.program("launchctl"));
        command.arg("--socket").arg(self.socket());
        command.env_remove("FSLAUNCH_SOCKET");
        command
    }

    fn run_launchctl(&self, mut command: Command, arguments: &[&str], input: &[u8]) -> Ran {
        command.arg("--socket").arg(self.socket()).args(arguments);
        command.env_remove("FSLAUNCH_SOCKET");
        // Passwords of tests are none of the session's.
        command.env_remove("DBUS_SESSION_BUS_ADDRESS");
        run_with_deadline(&mut command, input)
    }

    /// Connects to its socket.
    ///
    /// # Panics
    /// When it does not listen.
    pub fn connect(&self) -> Connection {
        Connection::open(&self.socket()).expect("fslaunchd listens")
    }

    /// Calls one method of its interface on a connection of its own.
    ///
    /// # Errors
    /// The launcher's error reply.
    ///
    /// # Panics
    /// When there is no reply in time.
    pub fn call(&self, method: &str, parameters: Value) -> Result<Value, CallError> {
        self.connect().call(method, parameters)
    }

    /// All that it says of an instance.
    ///
    /// # Panics
    /// When there is none of that name.
    #[track_caller]
    pub fn info(&self, class: &str, instance: &str) -> Value {
        let target = serde_json::json!({ "class": class, "instance": instance });
        self.call("Info", target).expect("an instance")
    }

    /// Waits until an instance is in a state, and gives what is said of it.
    ///
    /// # Panics
    /// When it does not get there in time.
    #[track_caller]
    pub fn wait_for_state(&self, class: &str, instance: &str, state: &str) -> Value {
        until_some(&format!("{class} {instance} is {state}"), || {
            let instance = self.info(class, instance)["instance"].take();
            (instance["state"] == state).then_some(instance)
        })
    }

    /// Waits until an instance that is perhaps not there yet is in a state.
    ///
    /// # Panics
    /// When it does not get there in time.
    #[track_caller]
    pub fn wait_for_state_or_absent(&self, class: &str, instance: &str, state: &str) {
        let target = serde_json::json!({ "class": class, "instance": instance });
        until(&format!("{class} {instance} is {state}"), || {
            let info = self.call("Info", target.clone());
            info.is_ok_and(|info| info["instance"]["state"] == state)
        });
    }

    /// The process ID of an instance.
    ///
    /// # Panics
    /// When it has none.
    #[track_caller]
    pub fn instance_pid(&self, class: &str, instance: &str) -> u32 {
        let pid = self.info(class, instance)["instance"]["pid"].as_u64();
        pid.and_then(|pid| pid.try_into().ok())
            .expect("a process of the instance")
    }

    /// What is listed for whoever runs the tests: class and instance.
    ///
    /// # Panics
    /// When there is no reply in time.
    pub fn listed(&self) -> Vec<(String, String)> {
        let listed = self.call("List", serde_json::json!({})).expect("a list");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let instances = listed["instances"].as_array().expect("a list of instances");
        instances
            .iter()
            .map(|one| (text(&one["class"]), text(&one["instance"])))
            .collect()
    }

    /// Kills it, so that it can't do anything about it.
    ///
    /// # Panics
    /// When it does not run.
    pub fn kill(&mut self) {
        let mut child = self.child.take().expect("fslaunchd runs");
        child.kill().expect("fslaunchd can be killed");
        child.wait().expect("fslaunchd can be waited for");
        // A child that it was just about to start may hold the socket for
        // a moment longer.
        let socket = self.socket();
        until("nobody listens", || Connection::open(&socket).is_err());
    }

    /// Asks it to end, and waits until it has.
    ///
    /// # Panics
    /// When it does not run, or does not end.
    pub fn terminate(&mut self) -> ExitStatus {
        let mut child = self.child.take().expect("fslaunchd runs");
        processes::ask_to_end(child.id());
        until_some("fslaunchd ends", || {
            child.try_wait().expect("fslaunchd can be waited for")
        })
    }

    fn end(&mut self) {
        let pid = self.child.as_ref().map(Child::id);
        if self.child.is_some() {
            let status = self.terminate();
            assert!(
                status.success(),
                "fslaunchd ended with {status}:\n{}",
                self.log()
            );
        }
        if self.builder.leaves_survivors() {
            return;
        }
        // A child of the launcher that was about to end may need a moment.
        let deadline = Instant::now() + LAST_BREATH;
        let mut left = self.place.leftovers();
        while !left.is_empty() && Instant::now() < deadline {
            std::thread::yield_now();
            left = self.place.leftovers();
        }
        let log = self.log();
        assert!(left.is_empty(), "left behind by {pid:?}: {left:#?}\n{log}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The test has failed: show why, and leave nothing behind.
            eprintln!("log of fslaunchd:\n{}", self.log());
            if let Some(mut child) = self.child.take() {
                if let Ok(Some(status)) = child.try_wait() {
                    eprintln!("fslaunchd had ended by itself: {status}");
                }
                let _ = child.kill();
                let _ = child.wait();
            }
        } else {
            self.end();
        }
    }
}
