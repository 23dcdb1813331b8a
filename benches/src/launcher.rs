//! A launcher to be measured.

use std::ops::Range;
use std::path::PathBuf;

use fslaunch_tests::{Account, Class, Daemon};

use crate::failure::Failure;
use crate::system::{self, Wire, calls};

/// Runs the sleeper as whoever asks.
pub(crate) const SAME_USER: &str = "bench";
/// Has the sleeper take a secret, to which it never answers.
pub(crate) const HANGING: &str = "bench-hanging";

/// A launcher in a folder of its own; dropping it ends it and all of its
/// instances.
pub(crate) struct Launcher {
    daemon: Daemon,
}

impl Launcher {
    /// Starts one: of the system where this process is root, else of the
    /// user. It logs as much as it does by default, and to a file.
    pub(crate) fn start() -> Result<Self, Failure> {
        let builder = if Account::is_root() {
            Daemon::system().config(system::CONFIG)
        } else {
            Daemon::user(&Account::alice())
        };
        let daemon = builder.environment("FSLAUNCH_LOG", "info").start();
        let launcher = Self { daemon };
        let sleeper = launcher.sleeper();
        std::fs::copy(fslaunch_tests::program("bench-sleeper"), &sleeper)
            .map_err(Failure::to("copy the sleeper"))?;
        let classes = [
            Class::new(SAME_USER, &sleeper),
            Class::new(HANGING, &sleeper)
                .set("credentials", 1)
                .set("secret-timeout", 60),
        ];
        for class in classes.iter().chain(&system::more_classes(&sleeper)) {
            launcher.daemon.register(class);
        }
        Ok(launcher)
    }

    /// The program of its classes.
    pub(crate) fn sleeper(&self) -> PathBuf {
        self.daemon.program("bench-sleeper")
    }

    /// Its process ID.
    pub(crate) fn pid(&self) -> u32 {
        self.daemon.pid()
    }

    /// It itself.
    pub(crate) fn daemon(&self) -> &Daemon {
        &self.daemon
    }

    /// The way to it.
    pub(crate) fn connect(&self) -> Result<Wire, Failure> {
        system::connect(&self.daemon)
    }

    /// Waits until an instance is in a state.
    pub(crate) fn wait_for(&self, class: &str, instance: &str, state: &str) {
        self.daemon.wait_for_state_or_absent(class, instance, state);
    }

    /// Starts the instances of these numbers, one after the other.
    pub(crate) fn fill(&self, numbers: Range<usize>) -> Result<(), Failure> {
        let mut wire = self.connect()?;
        for number in numbers {
            crate::interrupt::check()?;
            let call = calls::start(SAME_USER, &format!("one-of-many-{number}"));
            calls::started(wire.call(&call)?)?;
        }
        Ok(())
    }
}
