use std::time::Duration;

use fslaunch_access::well_known;

use super::*;
use crate::{
    command_line::Template,
    name::ClassName,
    record::{DEFAULT_SECURITY, Kind, MissingArgument, RunAs},
};

fn resolve(trustee: &Trustee) -> Option<Sid> {
    match trustee {
        Trustee::User(name) if name == "alice" => Some(well_known::unix_user(1000)),
        Trustee::Group(name) if name == "users" => Some(well_known::unix_group(100)),
        Trustee::User(_) | Trustee::Group(_) | Trustee::Everyone | Trustee::Administrators => None,
    }
}

fn read_on(platform: &Platform, text: &str) -> Result<ClassRecord, RecordError> {
    let registration = Registration::from_toml(ClassName::parse("a").unwrap(), text).unwrap();
    registration.record(platform, &resolve)
}

/// The record of a class with an executable and these lines.
fn read(text: &str) -> Result<ClassRecord, RecordError> {
    read_on(&Platform::UNIX, &format!("executable = '/x'\n{text}"))
}

fn problem(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn a_record_that_says_nothing_more_has_the_defaults() {
    let record = read("").unwrap();
    let expected = ClassRecord {
        executable: "/x".into(),
        command_line: Template::parse(""),
        work_directory: None,
        run_as: RunAs::Caller,
        security: DEFAULT_SECURITY.parse().unwrap(),
        stderr: None,
        job_control: true,
        credentials: Credentials::None,
        auth_package: None,
        auth_package_id: None,
        recovery: false,
        agents: vec![],
        ready: Ready::Process,
        start_timeout: Duration::from_secs(15),
        secret_timeout: Duration::from_secs(15),
        stop_grace: Duration::from_secs(5),
        secret_reply: SecretReply::Ok,
        arguments: vec![],
        mount_point: MountPoint::Unstated,
        mount_under: vec![],
        missing_argument: MissingArgument::Refused,
        rules: Rules {
            refuse_options: true,
        },
        unknown: vec![],
    };
    assert_eq!(record, expected);
    let on_windows = read_on(&Platform::WINDOWS, r"executable = 'C:\x.exe'").unwrap();
    let expected = ClassRecord {
        executable: r"C:\x.exe".into(),
        run_as: RunAs::LocalSystem,
        missing_argument: MissingArgument::Empty,
        rules: Rules {
            refuse_options: false,
        },
        ..expected
    };
    assert_eq!(on_windows, expected);
}

#[test]
fn every_field_is_read() {
    let record = read(
        r#"
        command-line = '-u %1 -m %2'
        work-directory = "."
        run-as = "localservice"
        security = "D:P(A;;RP;;;WD)"
        stderr = "/var/log/%1"
        job-control = 0
        credentials = 3
        auth-package = "NTLM"
        auth-package-id = 7
        recovery = true
        agent = "WinFsp.Np, Other ,"
        start-timeout = 1
        secret-timeout = 2
        stop-grace = 3
        secret-reply = "none"
        arguments = ["unc", "mount-point", "user?"]
        mount-point = "%2"
        mount-under = ["/mnt", "/media"]
        allow-option-arguments = true
        own = 1
        "#,
    )
    .unwrap();
    let name = |name: &str, optional| ArgumentName {
        name: name.into(),
        optional,
    };
    let expected = ClassRecord {
        executable: "/x".into(),
        command_line: Template::parse("-u %1 -m %2"),
        work_directory: Some(".".into()),
        run_as: RunAs::LocalService,
        security: "O:SYG:SYD:P(A;;RP;;;WD)".parse().unwrap(),
        stderr: Some(FileTemplate::parse("/var/log/%1")),
        job_control: false,
        credentials: Credentials::UserNameAndPassword,
        auth_package: Some("NTLM".into()),
        auth_package_id: Some(7),
        recovery: true,
        agents: vec!["WinFsp.Np".into(), "Other".into()],
        ready: Ready::Mount,
        start_timeout: Duration::from_secs(1),
        secret_timeout: Duration::from_secs(2),
        stop_grace: Duration::from_secs(3),
        secret_reply: SecretReply::None,
        arguments: vec![
            name("unc", false),
            name("mount-point", false),
            name("user", true),
        ],
        mount_point: MountPoint::Argument(2),
        mount_under: vec!["/mnt".into(), "/media".into()],
        missing_argument: MissingArgument::Refused,
        rules: Rules {
            refuse_options: false,
        },
        unknown: vec![("own".into(), Value::Number(1))],
    };
    assert_eq!(record, expected);
    assert_eq!(record.argument_label(2), "mount-point");
    assert_eq!(record.argument_label(4), "4");
}

#[test]
fn what_is_wrong_is_told_with_what_was_expected() {
    for (text, told) in [
        (
            "command-line = 1",
            "command-line must be text, not the number 1",
        ),
        (
            "job-control = 'yes'",
            "job-control must be true or false (1 or 0), not the text \"yes\"",
        ),
        (
            "credentials = 2",
            "credentials must be 0, 1 or 3, not the number 2",
        ),
        (
            "credentials = 'x'",
            "credentials must be a number of 32 bits, not the text \"x\"",
        ),
        (
            "ready = 'now'",
            "ready must be 'process', 'ok', 'mount' or 'notify', not the text \"now\"",
        ),
        (
            "ready = 'mount'",
            "ready must be anything else unless mount-point names an argument, not the text \"mount\"",
        ),
        (
            "start-timeout = 0",
            "start-timeout must be 1 to 86400 seconds, not the number 0",
        ),
        (
            "stop-grace = 86401",
            "stop-grace must be 1 to 86400 seconds, not the number 86401",
        ),
        (
            "secret-reply = 1",
            "secret-reply must be text, not the number 1",
        ),
        (
            "secret-reply = 'maybe'",
            "secret-reply must be 'ok' or 'none', not the text \"maybe\"",
        ),
        (
            "mount-point = '2'",
            "mount-point must be '%1' to '%9' or 'none', not the text \"2\"",
        ),
        (
            "mount-point = '%0'",
            "mount-point must be '%1' to '%9' or 'none', not the text \"%0\"",
        ),
        (
            "mount-under = '/mnt'",
            "mount-under must be a list of texts, not the text \"/mnt\"",
        ),
        (
            "mount-under = ['/mnt', 'x']",
            "mount-under must be a list of full paths, not the text \"x\"",
        ),
        (
            "arguments = 'a'",
            "arguments must be a list of texts, not the text \"a\"",
        ),
        (
            "arguments = ['a', 'A?']",
            "arguments must be a list of at most 9 different names without '=', not the text \"A?\"",
        ),
        (
            "arguments = ['a=b']",
            "arguments must be a list of at most 9 different names without '=', not the text \"a=b\"",
        ),
        (
            "arguments = ['?']",
            "arguments must be a list of at most 9 different names without '=', not the text \"?\"",
        ),
        ("run-as = ['a']", "run-as must be text, not a list"),
        (
            "stderr = { type = 'binary', data = '00' }",
            "stderr must be text, not bytes",
        ),
        (
            "work-directory = 'x'",
            "work-directory must be '.' or a full path, not the text \"x\"",
        ),
        (
            "stderr = 'x.log'",
            "stderr must be a full path, or one that begins with %P/ or %0, not the text \"x.log\"",
        ),
        (
            "allow-start = 'everyone'",
            "allow-start must be a list of texts, not the text \"everyone\"",
        ),
        (
            "allow-stop = ['users']",
            "allow-stop must be made of 'user:NAME', 'group:NAME', 'everyone' and 'administrators', not the text \"users\"",
        ),
        (
            "allow-query = ['user:bob']",
            "allow-query names user \"bob\", which there is not",
        ),
        (
            "security = 'D:P'\nallow-stop = []",
            "security and allow-stop are both there: say who may do what in one way",
        ),
    ] {
        assert_eq!(problem(text), told);
    }
    let ten: Vec<String> = (0..10).map(|number| format!("'a{number}'")).collect();
    assert!(problem(&format!("arguments = [{}]", ten.join(", "))).ends_with("not the text \"a9\""));
}

#[test]
fn the_executable_is_there_and_a_full_path() {
    let problem = |platform, text| read_on(platform, text).unwrap_err().to_string();
    assert_eq!(problem(&Platform::UNIX, ""), "executable is missing");
    let told = problem(&Platform::UNIX, "executable = 'bin/x'");
    assert_eq!(
        told,
        "executable must be a full path, beginning with '/', not the text \"bin/x\""
    );
    let told = problem(&Platform::UNIX, "executable = 1");
    assert_eq!(told, "executable must be text, not the number 1");
    assert!(problem(&Platform::WINDOWS, r"executable = '\x.exe'").contains("a full path"));
    assert!(problem(&Platform::WINDOWS, r#"executable = 'C:\x" -y.exe'"#).contains("a full path"));
}

#[test]
fn a_descriptor_that_does_not_parse_is_an_error_of_its_own() {
    let class = ClassName::parse("a").unwrap();
    let error = read("security = 'nonsense'").unwrap_err().for_class(&class);
    assert_eq!((error.name(), error.win32()), ("SecurityInvalid", 1338));
    let error = read("security = 1").unwrap_err().for_class(&class);
    assert_eq!((error.name(), error.win32()), ("ClassUnusable", 2));
}

#[test]
fn plain_words_become_a_descriptor() {
    let record = read(
        "allow-start = ['group:users', 'user:alice']\nallow-stop = ['Administrators']\nallow-query = ['everyone', 'group:users']",
    )
    .unwrap();
    assert_eq!(
        record.security.to_string(),
        "O:SYG:SYD:P(A;;LCRPWP;;;SY)(A;;LCRPWP;;;BA)(A;;LCRP;;;S-1-22-2-100)(A;;RP;;;S-1-22-1-1000)(A;;LC;;;WD)"
    );
    let nobody = read("allow-start = []").unwrap();
    assert_eq!(
        nobody.security.to_string(),
        read("").unwrap().security.to_string()
    );
}

#[test]
fn an_account_that_is_not_known_is_kept_for_the_start_to_refuse() {
    assert_eq!(read("run-as = '.'").unwrap().run_as, RunAs::Caller);
    assert_eq!(
        read("run-as = 'NETWORKSERVICE'").unwrap().run_as,
        RunAs::NetworkService
    );
    let unknown = read("run-as = 'Alice'").unwrap().run_as;
    assert_eq!(unknown, RunAs::Unknown("Alice".into()));
    assert_eq!(unknown.as_str(), "Alice");
}

#[test]
fn values_of_the_registrys_other_text_type_are_texts() {
    let registration = |value| {
        let mut registration = Registration::new(ClassName::parse("a").unwrap());
        registration.add("Executable", value).unwrap();
        registration.record(&Platform::UNIX, &resolve)
    };
    let text = "/x".to_owned();
    assert_eq!(
        registration(Value::ExpandText(text)).unwrap().executable,
        "/x"
    );
    assert!(registration(Value::Text("/x\0y".into())).is_err());
    assert!(registration(Value::Bytes(Kind::TEXT, vec![0])).is_err());
}

#[test]
fn a_file_for_standard_error_has_a_full_path() {
    for text in ["/log/%1", "%P/log", "%0.log"] {
        let record = read(&format!("stderr = '{text}'")).unwrap();
        assert_eq!(record.stderr.unwrap().as_str(), text);
    }
    assert_eq!(read("stderr = ''").unwrap().stderr, None);
    let on_windows = r"executable = 'C:\x.exe'
        stderr = 'x.log'";
    assert!(
        read_on(&Platform::WINDOWS, on_windows)
            .unwrap()
            .stderr
            .is_some()
    );
}

#[test]
fn a_mount_point_that_is_an_argument_is_what_ready_waits_for() {
    assert_eq!(read("mount-point = '%9'").unwrap().ready, Ready::Mount);
    assert_eq!(
        read("mount-point = '%9'\nready = 'ok'").unwrap().ready,
        Ready::Ok
    );
    let none = read("mount-point = 'none'").unwrap();
    assert_eq!(
        (none.ready, none.mount_point),
        (Ready::Process, MountPoint::None)
    );
}
