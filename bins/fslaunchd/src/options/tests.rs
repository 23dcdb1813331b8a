use super::*;

fn options(arguments: &[&str]) -> Result<Command, String> {
    parse(arguments.iter().map(OsString::from), false).map_err(|error| error.to_string())
}

fn registered(arguments: &[&str]) -> Result<Command, String> {
    parse(arguments.iter().map(OsString::from), true).map_err(|error| error.to_string())
}

#[test]
fn every_option_is_read() {
    let all = [
        "--user",
        "--socket",
        "/s",
        "--config-dir=/c",
        "--state-dir",
        "/t",
    ];
    let expected = Options {
        mode: Some(Mode::User),
        chosen: Chosen {
            socket: Some("/s".into()),
            config_dir: Some("/c".into()),
            state_dir: Some("/t".into()),
            ..Chosen::default()
        },
    };
    assert_eq!(options(&all), Ok(Command::Serve(expected)));
}

#[test]
fn what_is_unknown_is_named() {
    assert!(
        options(&["--sokcet", "/s"])
            .unwrap_err()
            .contains("--sokcet")
    );
    assert!(options(&["start"]).unwrap_err().contains("start"));
    assert!(options(&["--socket"]).unwrap_err().contains("--socket"));
    assert!(registered(&["remove"]).unwrap_err().contains("remove"));
    let late = registered(&["--console", "install"]).unwrap_err();
    assert!(late.contains("install"), "{late}");
}

#[test]
fn the_two_modes_exclude_each_other() {
    assert!(
        options(&["--user", "--system"])
            .unwrap_err()
            .contains("exclude")
    );
}

#[test]
fn a_system_without_a_register_has_none_of_its_options() {
    for option in [
        "--console",
        "--service",
        "--pipe=p",
        "--classes=k",
        "--log=f",
        "install",
    ] {
        let words = options(&[option]).unwrap_err();
        let name = option.split('=').next().unwrap();
        assert!(words.contains(name), "{words}");
    }
}

#[test]
fn where_there_is_a_register_one_must_say_how_to_run() {
    let words = registered(&[]).unwrap_err();
    assert!(words.contains("fslaunchd install"), "{words}");
    assert!(words.contains("fslaunchd --console"), "{words}");
    let words = registered(&["--system"]).unwrap_err();
    assert!(words.contains("fslaunchd --console"), "{words}");
}

#[test]
fn the_console_takes_all_places() {
    let all = [
        "--console",
        "--system",
        "--socket",
        "s",
        "--pipe",
        "p",
        "--classes",
        "k",
        "--config-dir",
        "c",
        "--state-dir",
        "t",
        "--log",
        "l",
    ];
    let expected = Options {
        mode: Some(Mode::System),
        chosen: Chosen {
            socket: Some("s".into()),
            messages: Some("p".into()),
            classes: Some("k".into()),
            config_dir: Some("c".into()),
            state_dir: Some("t".into()),
            log_file: Some("l".into()),
        },
    };
    assert_eq!(registered(&all), Ok(Command::Serve(expected)));
}

#[test]
fn the_service_manager_may_name_the_service() {
    let name = |arguments: &[&str]| match registered(arguments) {
        Ok(Command::Service { name, .. }) => name,
        other => panic!("{other:?}"),
    };
    assert_eq!(name(&["--service"]), service::NAME);
    assert_eq!(name(&["--service", "--service-name", "x"]), "x");
}

#[test]
fn install_and_uninstall_take_their_own_options_and_no_others() {
    let install = registered(&["install", "--replace", "--service-name=x"]).unwrap();
    let expected = service::Install {
        name: "x".into(),
        replace: true,
        delayed: false,
        start: false,
    };
    assert_eq!(install, Command::Install(expected));
    let name = "x".to_owned();
    let uninstall = registered(&["uninstall", "--service-name", "x"]);
    assert_eq!(uninstall, Ok(Command::Uninstall { name }));
    for wrong in [
        &["uninstall", "--replace"] as &[&str],
        &["install", "--console"],
        &["install", "--log=f"],
        &["--console", "--delayed"],
        &["--console", "--service"],
        &["--console", "--service-name=x"],
    ] {
        registered(wrong).unwrap_err();
    }
}
