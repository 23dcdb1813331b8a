//! In the place of another program's service, and gone from there.

use super::*;

/// A service of somebody else.
fn theirs(name: &str, program: PathBuf, words: &[&str]) -> ServiceInfo {
    ServiceInfo {
        name: name.into(),
        display_name: format!("theirs: {name}").into(),
        service_type: ServiceType::OWN_PROCESS,
        start_type: ServiceStartType::OnDemand,
        error_control: ServiceErrorControl::Ignore,
        executable_path: program,
        launch_arguments: words.iter().map(OsString::from).collect(),
        dependencies: vec![],
        account_name: None,
        account_password: None,
    }
}

/// One of somebody else that runs: this program, and not as we would be.
fn theirs_that_runs(own: &Own) -> (ServiceInfo, Service) {
    let program = env::current_exe().unwrap();
    let info = theirs(&own.0, program, &[THEIRS, &own.0]);
    let service = manager().create_service(&info, ServiceAccess::all());
    let service = service.unwrap();
    service.start::<OsString>(&[]).unwrap();
    wait(&service, ServiceState::Running);
    (info, service)
}

fn is_theirs(own: &Own) -> bool {
    own.command().contains(THEIRS)
}

pub(super) fn replaces() {
    let own = Own::new("replaced");
    let theirs = theirs(
        &own.0,
        PathBuf::from(r"C:\Program Files (x86)\their own\service.exe"),
        &["-x", "a b"],
    );
    let service = manager()
        .create_service(&theirs, ServiceAccess::all())
        .unwrap();
    service.set_description("their description").unwrap();
    let theirs_takes = Duration::from_secs(7);
    service.set_preshutdown_timeout(theirs_takes).unwrap();
    let all = || {
        let config = service.query_config().unwrap();
        (config, told::patience(&service))
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
    let theirs = ServiceInfo {
        display_name: (&failing.0).into(),
        name: (&failing.0).into(),
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

pub(super) fn running() {
    let own = Own::new("running");
    let (_, service) = theirs_that_runs(&own);
    let before = service.query_status().unwrap().process_id;
    let refused = own.install(false, true).unwrap_err();
    assert!(matches!(refused, InstallError::Foreign { .. }), "{refused}");
    assert_eq!(service.query_status().unwrap().process_id, before);

    own.install(true, true).unwrap();
    assert!(!is_theirs(&own));
    wait(&service, ServiceState::Running);
    let said = service::uninstall(&own.0).unwrap();
    assert!(said[0].contains("is started"), "{said:?}");
    assert!(is_theirs(&own));
    wait(&service, ServiceState::Running);

    // And without being started: theirs is stopped all the same.
    own.install(true, false).unwrap();
    wait(&service, ServiceState::Stopped);
    service::uninstall(&own.0).unwrap();
    wait(&service, ServiceState::Running);
    drop(service);
    drop(own);

    // One of ours that fails to start leaves theirs running.
    let failing = Own::new("running fails");
    let (_, service) = theirs_that_runs(&failing);
    let error = failing.install(true, true).unwrap_err();
    assert!(matches!(error, InstallError::Ended { .. }), "{error}");
    assert!(is_theirs(&failing));
    wait(&service, ServiceState::Running);
}

pub(super) fn interrupted() {
    let own = Own::new("interrupted");
    let (info, service) = theirs_that_runs(&own);
    service.set_description("their description").unwrap();
    own.install(true, false).unwrap();
    wait(&service, ServiceState::Stopped);

    // As an installation leaves it that was interrupted once theirs was
    // stopped: done once more, it still knows that theirs ran.
    service.change_config(&info).unwrap();
    service.set_description("half of ours").unwrap();
    own.install(true, false).unwrap();
    assert!(!is_theirs(&own));
    service::uninstall(&own.0).unwrap();
    assert!(is_theirs(&own));
    assert_eq!(told::description(&service), "their description");
    wait(&service, ServiceState::Running);

    // Another installer has taken the service back, in another form: that one
    // comes back.
    own.install(true, false).unwrap();
    let mut newer = info.clone();
    newer.launch_arguments.insert(1, "newer".into());
    service.change_config(&newer).unwrap();
    own.install(true, false).unwrap();
    service::uninstall(&own.0).unwrap();
    assert!(own.command().contains("newer"), "{}", own.command());
}
