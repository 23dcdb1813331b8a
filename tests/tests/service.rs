//! The launcher as a service: installed, started, stopped, replaced and taken
//! away again by the service control manager.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::process::Command;
use std::time::{Duration, Instant};

use fslaunch_tests::{Need, Place, Ran, lacking, processes, program, run_with_deadline, until};
use windows_service::service::{ServiceAccess, ServiceState};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

const NAME: &str = "fslaunch-test-service";
const CLASS: &str = "fslaunch-test-class";

/// A folder with programs, whose launcher is a service while it is there. The
/// service has the addresses of the system: one test at a time.
struct Machine(Place);

impl Machine {
    fn new() -> Self {
        let place = Place::new();
        let folder = place.make_folder("bin", 0o755);
        for name in ["fslaunchd", "launchctl", "stand-in"] {
            let file = format!("{name}.exe");
            std::fs::copy(program(name), folder.join(file)).unwrap();
        }
        Self(place)
    }

    fn run(&self, program: &str, words: &[&str]) -> Ran {
        let file = self.0.path().join("bin").join(format!("{program}.exe"));
        let mut command = Command::new(file);
        command
            .env_remove("FSLAUNCH_SOCKET")
            .env_remove("FSLAUNCH_PIPE");
        run_with_deadline(command.args(words), b"")
    }

    #[track_caller]
    fn fslaunchd(&self, words: &[&str]) -> Ran {
        let ran = self.run("fslaunchd", &[words, &["--service-name", NAME]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran
    }

    fn launchctl(&self, words: &[&str]) -> Ran {
        self.run("launchctl", &[&["--system"], words].concat())
    }

    /// Registers a class of a program that waits once it has done this, and
    /// starts an instance; gives its process when it waits.
    fn start_instance(&self, words: &str) -> u32 {
        let escaped = |name| {
            let path = self.0.path().join(name);
            path.to_str().unwrap().replace('\\', r"\\")
        };
        let (program, waits) = (escaped("bin/stand-in.exe"), self.0.path().join("waits"));
        let words = format!("{words} touch={} wait", escaped("waits"));
        let file = self.0.make_file(
            "class.reg",
            format!(
                "Windows Registry Editor Version 5.00\r\n\r\n\
                 [HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\WinFsp\\Services\\{CLASS}]\r\n\
                 \"Executable\"=\"{program}\"\r\n\"CommandLine\"=\"{words}\"\r\n"
            ),
            0o644,
        );
        let file = file.to_str().unwrap();
        self.launchctl(&["register", "--force", file]).ok();
        self.launchctl(&["start", CLASS, "one"]).ok();
        until("the instance waits", || waits.exists());
        std::fs::remove_file(waits).unwrap();
        let info = self.launchctl(&["--json", "info", CLASS, "one"]).json();
        info["instance"]["pid"]
            .as_u64()
            .unwrap()
            .try_into()
            .unwrap()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.run("fslaunchd", &["uninstall", "--service-name", NAME]);
        let _ = self.launchctl(&["unregister", CLASS]);
    }
}

/// The state of the service, if there is one.
fn state() -> Option<ServiceState> {
    let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT);
    let access = ServiceAccess::QUERY_STATUS;
    let service = manager.unwrap().open_service(NAME, access).ok()?;
    Some(service.query_status().unwrap().current_state)
}

fn stop_and_time() -> Duration {
    let manager = ServiceManager::local_computer(None::<&str>, ServiceManagerAccess::CONNECT);
    let access = ServiceAccess::STOP | ServiceAccess::QUERY_STATUS;
    let service = manager.unwrap().open_service(NAME, access).unwrap();
    let began = Instant::now();
    service.stop().unwrap();
    until("the service has stopped", || {
        service.query_status().unwrap().current_state == ServiceState::Stopped
    });
    began.elapsed()
}

/// One test, as there is one service manager.
#[test]
fn the_service_is_installed_serves_stops_its_instances_in_time_and_is_taken_away() {
    if lacking(&[Need::Root]) {
        return;
    }
    let machine = Machine::new();
    assert_eq!(state(), None);
    machine.fslaunchd(&["install", "--start"]);
    until("the service runs", || {
        state() == Some(ServiceState::Running)
    });
    until("it answers", || machine.launchctl(&["list"]).code == 0);
    let pid = machine.start_instance("");
    assert!(processes::runs(pid));
    let took = stop_and_time();
    assert!(!processes::runs(pid));
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(machine.launchctl(&["list"]).code, 2);

    // Once more, over itself, with an instance that does not end when asked.
    machine.fslaunchd(&["install", "--replace", "--start"]);
    until("it answers", || machine.launchctl(&["list"]).code == 0);
    let pid = machine.start_instance("ignore-end");
    let took = stop_and_time();
    assert!(!processes::runs(pid));
    let grace = Duration::from_secs(4)..Duration::from_secs(8);
    assert!(grace.contains(&took), "{took:?}");

    machine.fslaunchd(&["uninstall"]);
    until("there is no service", || state().is_none());
}
