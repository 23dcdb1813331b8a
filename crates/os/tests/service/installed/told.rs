//! What the service manager was told.
#![allow(unsafe_code, reason = "the system tells what it was told")]

use fslaunch_os::testing::is_wine;
use windows_registry::LOCAL_MACHINE;
use windows_service::service::{
    ServiceAction, ServiceActionType, ServiceFailureActions, ServiceFailureResetPeriod,
    ServiceSidType,
};
use windows_sys::Win32::System::Services::{
    QueryServiceConfig2W, SERVICE_CONFIG, SERVICE_CONFIG_DELAYED_AUTO_START_INFO,
    SERVICE_CONFIG_DESCRIPTION, SERVICE_CONFIG_PRESHUTDOWN_INFO, SERVICE_DESCRIPTIONW,
};

use super::*;

/// A part of the configuration, as numbers of 64 bits; `None` where the
/// service manager has none such.
fn more(service: &Service, level: SERVICE_CONFIG) -> Option<Vec<u64>> {
    let mut room = vec![0_u64; 1024];
    let mut needed = 0;
    // SAFETY: the handle is open, and the room is as long as is said.
    let done = unsafe {
        QueryServiceConfig2W(
            service.raw_handle(),
            level,
            room.as_mut_ptr().cast(),
            size_of_val(room.as_slice()) as u32,
            &mut needed,
        )
    };
    (done != 0).then_some(room)
}

/// How long a service is waited for at a shutdown.
pub(super) fn patience(service: &Service) -> Duration {
    let told = more(service, SERVICE_CONFIG_PRESHUTDOWN_INFO);
    let milliseconds = told.expect("a time is kept")[0] as u32;
    Duration::from_millis(milliseconds.into())
}

/// What users see of a service.
pub(super) fn description(service: &Service) -> String {
    let told = more(service, SERVICE_CONFIG_DESCRIPTION).expect("a description is kept");
    // SAFETY: it begins with this structure, whose text is in it and ends with
    // a NUL.
    unsafe {
        let about = &*told.as_ptr().cast::<SERVICE_DESCRIPTIONW>();
        let units = (0..).map(|at| *about.lpDescription.add(at));
        let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
        String::from_utf16(&units).unwrap()
    }
}

fn is_delayed(service: &Service) -> Option<bool> {
    let told = more(service, SERVICE_CONFIG_DELAYED_AUTO_START_INFO)?;
    Some(told[0] as u32 != 0)
}

/// Starts it again, later each time; a day without a failure counts anew.
fn recovery() -> ServiceFailureActions {
    let restart = |seconds| ServiceAction {
        action_type: ServiceActionType::Restart,
        delay: Duration::from_secs(seconds),
    };
    ServiceFailureActions {
        reset_period: ServiceFailureResetPeriod::After(Duration::from_secs(24 * 60 * 60)),
        reboot_msg: None,
        command: None,
        actions: Some([1, 5, 30].map(restart).into()),
    }
}

/// Each setting is kept, or `install` says that it is not. Wine drops some and
/// says nothing.
pub(super) fn is_kept() {
    let own = Own::new("told");
    for delayed in [false, true] {
        let said = service::install(&Install {
            delayed,
            ..own.wanted()
        });
        let said = said.unwrap().join("\n");
        let service = own.open().unwrap();
        let config = service.query_config().unwrap();
        assert_eq!(config.start_type, ServiceStartType::AutoStart);
        assert_eq!(config.service_type, ServiceType::OWN_PROCESS);
        assert_eq!(config.error_control, ServiceErrorControl::Normal);
        assert_eq!(config.account_name.unwrap(), "LocalSystem");
        let shown = config.display_name.into_string().unwrap();
        assert_eq!(shown, format!("fslaunch ({})", own.0));
        assert!(description(&service).contains("(fslaunch)"));
        assert_eq!(patience(&service), AT_MOST);

        let check = |what: &str, is_right: Option<bool>| match is_right {
            // It is told of some settings, not of all.
            None if said.contains(&format!("does not keep {what}")) => {}
            None if is_wine() => print!("(SKIPPED: Wine keeps not {what}) "),
            told => assert_eq!(told, Some(true), "{what}: {said}"),
        };
        match is_delayed(&service) {
            // So is one that nobody was asked to delay.
            None if !delayed => {}
            told => check("a delayed start", told.map(|it| it == delayed)),
        }
        let failure = service.get_failure_actions().ok();
        check(
            "what is done when a service fails",
            failure.map(|it| it == recovery()),
        );
        let also = service.get_failure_actions_on_non_crash_failures().ok();
        check("restarts after errors", also);
        let sid = service.get_config_service_sid_info().ok();
        // None of its own is how a service is made.
        assert!(sid.is_none_or(|it| it == ServiceSidType::None), "{sid:?}");
    }
    let source = format!(
        r"SYSTEM\CurrentControlSet\Services\EventLog\Application\fslaunchd-{}",
        own.0
    );
    let key = LOCAL_MACHINE.open(&source).unwrap();
    let templates = key.get_string("EventMessageFile").unwrap();
    assert!(
        templates.ends_with(r"\System32\EventCreate.exe"),
        "{templates}"
    );
    // Errors, warnings and information.
    assert_eq!(key.get_u32("TypesSupported").unwrap(), 7);
    service::uninstall(&own.0).unwrap();
    assert!(LOCAL_MACHINE.open(&source).is_err());
}
