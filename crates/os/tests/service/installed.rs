//! Installed, started, stopped and taken away.

mod provider;
mod replaced;
mod told;

use std::{
    env,
    ffi::OsString,
    fs,
    path::PathBuf,
    process::{self, ExitCode},
    thread,
    time::{Duration, Instant},
};

use fslaunch_os::{
    service::{self, Install, InstallError, State},
    testing,
};
use windows_service::{
    service::{
        Service, ServiceAccess, ServiceControlAccept, ServiceErrorControl, ServiceInfo,
        ServiceStartType, ServiceState, ServiceType,
    },
    service_manager::{ServiceManager, ServiceManagerAccess},
};

/// The first word of the command line of a service that is none of ours.
const THEIRS: &str = "--theirs";

/// How long the service takes to stop: longer than between two signs of life.
const STOPPING: Duration = Duration::from_millis(2_500);
/// How long it is waited for at a shutdown.
const AT_MOST: Duration = Duration::from_secs(180);
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    // Started by the service manager: as ours, or as another program's.
    let ours = arguments.first().is_some_and(|first| first == "--service");
    if ours || arguments.first().is_some_and(|first| first == THEIRS) {
        return serve(arguments.last().unwrap().to_str().unwrap(), ours);
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    watch();
    if let Some(code) = from_a_safe_place(&arguments) {
        return code;
    }
    let tests: [(&str, fn()); 10] = [
        ("a_service_runs_gives_signs_of_life_and_stops", runs),
        ("a_service_that_fails_to_start_is_not_installed", fails),
        ("installing_twice_brings_the_service_up_to_date", twice),
        (
            "a_foreign_service_is_replaced_when_asked_and_comes_back_whole",
            replaced::replaces,
        ),
        (
            "a_foreign_service_that_runs_is_stopped_and_runs_again_afterwards",
            replaced::running,
        ),
        (
            "what_was_interrupted_while_a_service_was_replaced_is_finished",
            replaced::interrupted,
        ),
        (
            "the_service_manager_keeps_how_the_service_is_to_be_started",
            told::is_kept,
        ),
        (
            "the_network_provider_comes_and_goes_with_the_service",
            provider::comes_and_goes,
        ),
        (
            "where_an_installation_fails_the_network_provider_is_as_it_was",
            provider::fails,
        ),
        (
            "what_is_not_there_or_not_ours_is_not_uninstalled",
            leaves_alone,
        ),
    ];
    for (name, test) in tests {
        print!("test {name} ... ");
        test();
        println!("ok");
    }
    ExitCode::SUCCESS
}

/// Only a program that nobody but administrators can change is installed:
/// unless this one is such a program, a copy of it goes into a folder for such,
/// and runs the tests.
fn from_a_safe_place(arguments: &[OsString]) -> Option<ExitCode> {
    let own = env::current_exe().unwrap();
    let programs = testing::safe_parent().unwrap();
    if own.starts_with(&programs) {
        return None;
    }
    let folder = programs.join(format!("fslaunch-test-service-{}", process::id()));
    testing::make_safe_folder(&folder).unwrap();
    let copy = folder.join("service-test.exe");
    fs::copy(&own, &copy).unwrap();
    let status = process::Command::new(&copy).args(arguments).status();
    let start = Instant::now();
    // The manager may take a moment to let go of a service that has ended.
    while fs::remove_dir_all(&folder).is_err() && start.elapsed() < DEADLINE {
        thread::yield_now();
    }
    Some(match status.unwrap().success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

fn watch() {
    thread::spawn(|| {
        thread::sleep(Duration::from_secs(180));
        eprintln!("hung");
        process::exit(1);
    });
}

/// What the service manager starts.
fn serve(name: &str, ours: bool) -> ExitCode {
    let fails = ours && name.contains("fails");
    let body = move || {
        if fails {
            return Err("as this test wants it".to_owned());
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let mut ending = fslaunch_os::signals::Ending::new().unwrap();
            service::notify(State::Ready).unwrap();
            ending.wait().await;
            service::notify(State::Stopping).unwrap();
            tokio::time::sleep(STOPPING).await;
        });
        Ok(())
    };
    match service::run(name, body) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// A service of a name with a blank and a quote, gone in the end.
struct Own(String);

impl Own {
    fn new(what: &str) -> Own {
        Own(format!("fslaunch \"{what}\" {}", process::id()))
    }

    fn install(&self, replace: bool, start: bool) -> Result<Vec<String>, InstallError> {
        service::install(&Install {
            replace,
            start,
            ..self.wanted()
        })
    }

    fn wanted(&self) -> Install {
        Install {
            name: self.0.clone(),
            replace: false,
            delayed: false,
            start: false,
        }
    }

    fn open(&self) -> Option<Service> {
        manager().open_service(&self.0, ServiceAccess::all()).ok()
    }

    fn command(&self) -> String {
        let config = self.open().unwrap().query_config().unwrap();
        config.executable_path.to_str().unwrap().to_owned()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let _ = service::uninstall(&self.0);
        if let Some(service) = self.open() {
            let _ = service.stop();
            let _ = service.delete();
        }
    }
}

/// Waits until a service does that.
fn wait(service: &Service, wanted: ServiceState) {
    let start = Instant::now();
    while service.query_status().unwrap().current_state != wanted {
        assert!(start.elapsed() < DEADLINE, "it is not {wanted:?}");
        thread::yield_now();
    }
}

fn manager() -> ServiceManager {
    let access = ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE;
    ServiceManager::local_computer(None::<&str>, access).unwrap()
}

fn runs() {
    let own = Own::new("runs");
    let words = own.install(false, true).unwrap();
    assert!(
        words.iter().any(|words| words.contains("is running")),
        "{words:?}"
    );
    let service = own.open().unwrap();
    let status = service.query_status().unwrap();
    assert_eq!(status.current_state, ServiceState::Running);
    let ends = ServiceControlAccept::STOP
        | ServiceControlAccept::PRESHUTDOWN
        | ServiceControlAccept::SHUTDOWN;
    assert_eq!(status.controls_accepted, ends);
    let exe = env::current_exe().unwrap();
    let escaped = own.0.replace('"', "\\\"");
    let command = format!(
        "\"{}\" --service --service-name \"{escaped}\"",
        exe.display()
    );
    assert_eq!(own.command(), command);
    assert_eq!(told::patience(&service), AT_MOST);

    service.stop().unwrap();
    let until = Instant::now() + DEADLINE;
    let mut checkpoints = vec![];
    loop {
        let status = service.query_status().unwrap();
        if status.current_state == ServiceState::Stopped {
            break;
        }
        assert_eq!(status.current_state, ServiceState::StopPending);
        assert!(status.wait_hint > Duration::ZERO);
        checkpoints.push(status.checkpoint);
        checkpoints.dedup();
        assert!(Instant::now() < until, "it does not stop");
        thread::sleep(Duration::from_millis(20));
    }
    assert!(checkpoints.len() >= 2, "{checkpoints:?}");
    assert!(checkpoints.is_sorted(), "{checkpoints:?}");
    drop(service);
    service::uninstall(&own.0).unwrap();
    assert!(own.open().is_none());
}

fn fails() {
    let own = Own::new("fails");
    let error = own.install(false, true).unwrap_err();
    let InstallError::Ended { code, specific, .. } = error else {
        panic!("{error}");
    };
    // ERROR_SERVICE_SPECIFIC_ERROR, and ours.
    assert_eq!((code, specific), (1066, 1));
    assert!(own.open().is_none(), "everything is as it was before");
}

fn twice() {
    let own = Own::new("twice");
    own.install(false, false).unwrap();
    let words = own.install(false, false).unwrap();
    assert!(
        words.iter().any(|words| words.contains("is up to date")),
        "{words:?}"
    );
    service::uninstall(&own.0).unwrap();
    assert!(own.open().is_none());
}

fn leaves_alone() {
    let own = Own::new("missing");
    let error = service::uninstall(&own.0).unwrap_err();
    assert!(
        matches!(error, InstallError::NotInstalled { .. }),
        "{error}"
    );
    let error = service::uninstall("a/b").unwrap_err();
    assert!(matches!(error, InstallError::Name { .. }), "{error}");
    assert!(
        fs::metadata(r"C:\ProgramData\fslaunch\log")
            .unwrap()
            .is_dir()
    );
}
