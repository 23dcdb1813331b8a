//! Installed, replaced, put back, started and stopped.
#![allow(unsafe_code, reason = "the system tells what it was told")]

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::PathBuf,
    process::{self, ExitCode},
    ptr, thread,
    time::{Duration, Instant},
};

use fslaunch_os::service::{self, Install, InstallError, State};
use windows_service::{
    service::{
        Service, ServiceAccess, ServiceControlAccept, ServiceErrorControl, ServiceInfo,
        ServiceStartType, ServiceState, ServiceType,
    },
    service_manager::{ServiceManager, ServiceManagerAccess},
};
use windows_sys::Win32::System::Services::{
    QueryServiceConfig2W, SERVICE_CONFIG_PRESHUTDOWN_INFO, SERVICE_PRESHUTDOWN_INFO,
};

/// How long the service takes to stop: longer than between two signs of life.
const STOPPING: Duration = Duration::from_millis(2_500);
/// How long it is waited for at a shutdown.
const AT_MOST: Duration = Duration::from_secs(180);
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    if arguments.first().is_some_and(|first| first == "--service") {
        return serve(arguments.last().unwrap().to_str().unwrap());
    }
    if arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    watch();
    if let Some(code) = from_a_safe_place(&arguments) {
        return code;
    }
    let tests: [(&str, fn()); 5] = [
        ("a_service_runs_gives_signs_of_life_and_stops", runs),
        ("a_service_that_fails_to_start_is_not_installed", fails),
        ("installing_twice_brings_the_service_up_to_date", twice),
        (
            "a_foreign_service_is_replaced_when_asked_and_comes_back_whole",
            replaces,
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
/// unless this one is such a program, a copy of it goes where those are, and
/// runs the tests.
fn from_a_safe_place(arguments: &[OsString]) -> Option<ExitCode> {
    let own = env::current_exe().unwrap();
    let programs = PathBuf::from(env::var_os("ProgramFiles").unwrap());
    if own.starts_with(&programs) {
        return None;
    }
    let folder = programs.join(format!("fslaunch-service-test-{}", process::id()));
    fs::create_dir(&folder).unwrap();
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
fn serve(name: &str) -> ExitCode {
    let fails = name.contains("fails");
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
        let name = self.0.clone();
        service::install(&Install {
            name,
            replace,
            delayed: false,
            start,
        })
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
            let _ = service.delete();
        }
    }
}

fn manager() -> ServiceManager {
    let access = ServiceManagerAccess::CONNECT | ServiceManagerAccess::CREATE_SERVICE;
    ServiceManager::local_computer(None::<&str>, access).unwrap()
}

/// How long a service is waited for at a shutdown.
fn patience(service: &Service) -> Duration {
    let mut told = SERVICE_PRESHUTDOWN_INFO::default();
    let mut needed = 0;
    // SAFETY: the handle is open, and the room is as long as is said.
    let done = unsafe {
        QueryServiceConfig2W(
            service.raw_handle(),
            SERVICE_CONFIG_PRESHUTDOWN_INFO,
            ptr::from_mut(&mut told).cast(),
            size_of_val(&told) as u32,
            &mut needed,
        )
    };
    assert_ne!(done, 0, "{}", io::Error::last_os_error());
    Duration::from_millis(told.dwPreshutdownTimeout.into())
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
    assert_eq!(patience(&service), AT_MOST);

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

fn replaces() {
    let own = Own::new("replaced");
    let theirs = ServiceInfo {
        name: own.0.clone().into(),
        display_name: "their service".into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::OnDemand,
        error_control: ServiceErrorControl::Ignore,
        executable_path: PathBuf::from(r"C:\Program Files (x86)\their own\service.exe"),
        launch_arguments: vec!["-x".into(), "a b".into()],
        dependencies: vec![],
        account_name: None,
        account_password: None,
    };
    let service = manager()
        .create_service(&theirs, ServiceAccess::all())
        .unwrap();
    service.set_description("their description").unwrap();
    let theirs_takes = Duration::from_secs(7);
    service.set_preshutdown_timeout(theirs_takes).unwrap();
    let all = || {
        let config = service.query_config().unwrap();
        (config, patience(&service))
    };
    let before = format!("{:?}", all());
    let words = |error: InstallError| error.to_string();

    let refused = words(own.install(false, false).unwrap_err());
    assert!(refused.contains("another program's"), "{refused}");
    assert_eq!(format!("{:?}", all()), before);

    own.install(true, false).unwrap();
    assert!(own.command().contains("--service"));
    assert_eq!(all().1, AT_MOST);
    // Once more over ourselves: what was there first is what counts.
    own.install(true, false).unwrap();
    let said = service::uninstall(&own.0).unwrap();
    assert!(said[0].contains("again"), "{said:?}");
    assert_eq!(format!("{:?}", all()), before);

    // And one that fails to start leaves it as it was, too.
    drop(service);
    let failing = Own::new("replaced fails");
    let name = OsString::from(&failing.0);
    let theirs = ServiceInfo {
        display_name: name.clone(),
        name,
        ..theirs
    };
    let service = manager()
        .create_service(&theirs, ServiceAccess::all())
        .unwrap();
    let before = format!("{:?}", service.query_config().unwrap());
    let error = failing.install(true, true).unwrap_err();
    assert!(matches!(error, InstallError::Ended { .. }), "{error}");
    assert_eq!(format!("{:?}", service.query_config().unwrap()), before);
    let error = service::uninstall(&failing.0).unwrap_err();
    assert!(matches!(error, InstallError::NotOurs { .. }), "{error}");
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
