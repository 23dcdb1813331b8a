//! The launcher as a service: installed, started, stopped, replaced and taken
//! away again by the service control manager.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::process::Command;
use std::time::{Duration, Instant};

use fslaunch_tests::{Need, Place, Ran, lacking, processes, program, run_with_deadline, until};
use windows_registry::LOCAL_MACHINE;
use windows_service::service::{ServiceAccess, ServiceState};
use windows_service::service_manager::{ServiceManager, ServiceManagerAccess};

const NAME: &str = "fslaunch-test-service";
const CLASS: &str = "fslaunch-test-class";

const LIBRARY: &str = "fslaunch_np.dll";
/// Where network providers are registered (network provider specification).
const PROVIDER: &str = r"SYSTEM\CurrentControlSet\Services\WinFsp.Np";
const ORDER: &str = r"SYSTEM\CurrentControlSet\Control\NetworkProvider\Order";

/// Values of a registration by their names.
type Registration = [(&'static str, Option<String>); 4];

fn registered() -> Registration {
    let text = |path: &str, name| {
        let key = LOCAL_MACHINE.open(path);
        (name, key.and_then(|key| key.get_string(name)).ok())
    };
    let below = format!(r"{PROVIDER}\NetworkProvider");
    [
        text(PROVIDER, "Group"),
        text(&below, "Name"),
        text(&below, "DeviceName"),
        text(&below, "ProviderPath"),
    ]
}

/// The network providers in the order in which they are asked; Wine has none.
fn order() -> Vec<String> {
    let key = LOCAL_MACHINE.open(ORDER);
    let order = key.and_then(|key| key.get_string("ProviderOrder"));
    let order = order.unwrap_or_default();
    let names = order.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

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
        let library = program("fslaunchd").with_file_name(LIBRARY);
        std::fs::copy(library, folder.join(LIBRARY)).expect("the network provider is built");
        Self(place)
    }

    /// The network provider beside the launcher, as it is registered.
    fn provider(&self) -> Registration {
        let library = self.0.path().join("bin").join(LIBRARY);
        [
            ("Group", Some("NetworkProvider".to_owned())),
            ("Name", Some("fslaunch file systems".to_owned())),
            ("DeviceName", Some(r"\Device\WinFsp.Mup".to_owned())),
            ("ProviderPath", library.to_str().map(str::to_owned)),
        ]
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
    let (before, others) = (registered(), order());
    machine.fslaunchd(&["install", "--start"]);
    assert_eq!(registered(), machine.provider());
    let mut expected = others.clone();
    expected.retain(|name| name != "WinFsp.Np");
    expected.insert(0, "WinFsp.Np".to_owned());
    assert_eq!(order(), expected);
    until("the service runs", || {
        state() == Some(ServiceState::Running)
    });
    until("it answers", || machine.launchctl(&["list"]).code == 0);
    // It gets an event in the console that the service has for its instances.
    let note = machine.0.path().join("note");
    let word = format!("note-end={}", note.display()).replace('\\', r"\\");
    let pid = machine.start_instance(&word);
    assert!(processes::runs(pid));
    let took = stop_and_time();
    assert_eq!(std::fs::read_to_string(&note).unwrap(), "CTRL-BREAK");
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
    assert_eq!(registered(), before);
    // Another program's of that name stays the first.
    if !others.iter().any(|name| name == "WinFsp.Np") {
        assert_eq!(order(), others);
    }
}
