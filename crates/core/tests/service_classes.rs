//! Existing service classes load from the text that their installers put into
//! the registry, and expand to exactly the arguments that they expect.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    time::{Duration, UNIX_EPOCH},
};

use fslaunch_core::{
    arguments,
    command_line::{CommandLine, Values, expand},
    record::{ClassRecord, Credentials, Import, Platform, Registration, RunAs, Value},
};

/// What an installer of the class writes.
fn installed(class: &str, command_line: &str, more: &str) -> String {
    let command_line = command_line.replace('\\', r"\\").replace('"', "\\\"");
    let security = if more.contains("Security") {
        ""
    } else {
        "\"Security\"=\"D:P(A;;RPWPLC;;;WD)\"\r\n"
    };
    format!(
        "Windows Registry Editor Version 5.00\r\n\r\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\WinFsp\\Services\\{class}]\r\n\
         \"Executable\"=\"C:\\\\Program Files\\\\fs\\\\bin\\\\fs.exe\"\r\n\
         \"CommandLine\"=\"{command_line}\"\r\n\
         \"JobControl\"=dword:00000001\r\n{security}{more}"
    )
}

/// Loads a class from the text of a `.reg` file, through a class file.
fn load(text: &str) -> (Registration, ClassRecord) {
    let import = Import::parse(text.as_bytes()).unwrap();
    assert!(import.ignored.is_empty(), "{:?}", import.ignored);
    let [imported] = &import.classes[..] else {
        panic!("one class")
    };
    let file = imported.to_toml();
    let registration = Registration::from_toml(imported.class().clone(), &file).unwrap();
    assert_eq!(registration, *imported, "{file}");
    let record = registration.record(&Platform::WINDOWS, &|_| None).unwrap();
    (registration, record)
}

fn start(registration: &Registration, record: &ClassRecord, given: &[&str]) -> CommandLine {
    let given = given.iter().map(|text| (*text).to_owned()).collect();
    let filled = arguments::fill(registration.class(), record, given, BTreeMap::new()).unwrap();
    let values = Values {
        executable: &record.executable,
        arguments: &filled,
        start_time: UNIX_EPOCH + Duration::from_secs(1),
        user: r"VM\alice",
        profile: r"C:\Users\alice",
    };
    expand(&record.command_line, &values, &record.rules).unwrap()
}

/// Loads and starts a class, and returns the record for a closer look.
fn check(
    class: &str,
    command_line: &str,
    more: &str,
    given: &[&str],
    expected: &[&str],
) -> ClassRecord {
    let (registration, record) = load(&installed(class, command_line, more));
    let argv: Vec<String> = start(&registration, &record, given).argv().collect();
    assert_eq!(argv, expected, "{class}: {command_line}");
    assert!(record.job_control);
    record
}

const MEMFS: &str = "-i -F NTFS -n 65536 -s 67108864 -u %1 -m %2";

#[test]
fn memfs_starts() {
    for class in ["memfs32", "memfs64", "memfs-dotnet"] {
        let given = [r"\memfs64\my share", "Z:"];
        let expected = "-i|-F|NTFS|-n|65536|-s|67108864|-u|\\memfs64\\my share|-m|Z:";
        let expected: Vec<&str> = expected.split('|').collect();
        let record = check(class, MEMFS, "", &given, &expected);
        assert_eq!(
            (record.run_as, record.credentials),
            (RunAs::LocalSystem, Credentials::None)
        );
    }
}

#[test]
fn the_sample_as_it_registers_itself_loads() {
    let (registration, record) = load(
        "Windows Registry Editor Version 5.00\n\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\WinFsp\\Services\\memfs64]\n\
         \"Executable\"=\"C:\\\\Program Files (x86)\\\\WinFsp\\\\bin\\\\memfs-x64.exe\"\n\
         \"CommandLine\"=\"-i -F NTFS -n 65536 -s 67108864 -u %1 -m %2\"\n\
         \"Security\"=\"D:P(A;;RPWPLC;;;WD)\"\n\
         \"JobControl\"=dword:00000001\n",
    );
    let line = start(&registration, &record, &[r"\memfs64\test", "X:"]);
    assert_eq!(
        line.windows_text(&record.executable),
        r#""C:\Program Files (x86)\WinFsp\bin\memfs-x64.exe" -i -F NTFS -n 65536 -s 67108864 -u "\memfs64\test" -m "X:""#
    );
    assert_eq!(record.security.to_string(), "O:SYG:SYD:P(A;;LCRPWP;;;WD)");
}

#[test]
fn sshfs_and_its_variants_start() {
    let given = [r"\sshfs\srv\a b", "X:"];
    for (class, credentials, more) in [
        (
            "sshfs",
            Credentials::Password,
            "\"Credentials\"=dword:00000001\r\n",
        ),
        (
            "sshfs.r",
            Credentials::Password,
            "\"Credentials\"=dword:00000001\r\n\"sshfs.rootdir\"=dword:00000001\r\n",
        ),
        (
            "sshfs.k",
            Credentials::None,
            "\"Credentials\"=dword:00000000\r\n",
        ),
        (
            "sshfs.kr",
            Credentials::None,
            "\"Credentials\"=dword:00000000\r\n\"sshfs.rootdir\"=dword:00000001\r\n",
        ),
    ] {
        let record = check(
            class,
            "svc %1 %2 %U",
            more,
            &given,
            &["svc", r"\sshfs\srv\a b", "X:", r"VM\alice"],
        );
        assert_eq!(record.credentials, credentials);
        let rootdir = more
            .contains("rootdir")
            .then(|| ("sshfs.rootdir".to_owned(), Value::Number(1)));
        assert_eq!(record.unknown, rootdir.into_iter().collect::<Vec<_>>());
    }
    check(
        "sshfs",
        "svc %1 %2 %U -o ServerAliveInterval=30",
        "",
        &given,
        &[
            "svc",
            r"\sshfs\srv\a b",
            "X:",
            r"VM\alice",
            "-o",
            "ServerAliveInterval=30",
        ],
    );
    let expected =
        r"svc|\sshfs\srv\a b|X:|-user|VM\alice|-home|C:\Users\alice|-o|reconnect|-o|max_conns=1";
    let expected: Vec<&str> = expected.split('|').collect();
    check(
        "sshfs",
        "svc %1 %2 -user %U -home %P -o reconnect -o max_conns=1",
        "",
        &given,
        &expected,
    );
}

#[test]
fn hubfs_starts_as_its_caller() {
    let record = check(
        "hubfs",
        r"-auth optional -o VolumePrefix=%\/_1 -o uid=-1,rellinks,FileInfoTimeout=-1 %\/b/_1 %2",
        "\"RunAs\"=\".\"\r\n",
        &[r"\hubfs\github.com\a b", "H:"],
        &[
            "-auth",
            "optional",
            "-o",
            "VolumePrefix=/hubfs/github.com/a b",
            "-o",
            "uid=-1,rellinks,FileInfoTimeout=-1",
            "github.com/a b",
            "H:",
        ],
    );
    assert_eq!(record.run_as, RunAs::Caller);
}

#[test]
fn juicefs_starts_with_its_quotes() {
    let (registration, record) = load(&installed(
        "juicefs-a",
        r#"mount redis://localhost %2 --alias "%1" --cache-dir "C:\cache""#,
        "\"Stderr\"=\"C:\\\\log\\\\juicefs.log\"\r\n\"RunAs\"=\"LocalSystem\"\r\n",
    ));
    let line = start(&registration, &record, &["my alias", "X:"]);
    let argv: Vec<String> = line.argv().collect();
    let expected = [
        "mount",
        "redis://localhost",
        "X:",
        "--alias",
        "my alias",
        "--cache-dir",
        r"C:\cache",
    ];
    assert_eq!(argv, expected);
    assert_eq!(
        line.windows_text("j.exe"),
        r#""j.exe" mount redis://localhost "X:" --alias "my alias" --cache-dir "C:\cache""#
    );
    assert_eq!(record.run_as, RunAs::LocalSystem);
    assert_eq!(record.stderr.unwrap().as_str(), r"C:\log\juicefs.log");
}

#[test]
fn replacements_inside_words_stay_there() {
    check(
        "cloudfuse",
        "mount %1 --config-file=%2 -o uid=%3,gid=%4 --passphrase=%5 --foreground=true",
        "",
        &["X:", r"C:\my conf.yaml", "1", "2", r#"p"a ss\"#],
        &[
            "mount",
            "X:",
            r"--config-file=C:\my conf.yaml",
            "-o",
            "uid=1,gid=2",
            r#"--passphrase=p"a ss\"#,
            "--foreground=true",
        ],
    );
    let given = [r"\rclone\box", "X:"];
    check(
        "rclone",
        "mount %1 %2 -o username=%U",
        "\"Credentials\"=dword:00000000\r\n",
        &given,
        &["mount", r"\rclone\box", "X:", "-o", r"username=VM\alice"],
    );
    check(
        "rclone",
        r"mount box: %2 --network-mode --config C:\r.conf --fuse-flag --VolumePrefix=%1",
        "",
        &given,
        &[
            "mount",
            "box:",
            "X:",
            "--network-mode",
            "--config",
            r"C:\r.conf",
            "--fuse-flag",
            r"--VolumePrefix=\rclone\box",
        ],
    );
    check(
        "rclone",
        r"mount %\/b:1 %2 -o VolumePrefix=%\/_1",
        "",
        &given,
        &["mount", "box:", "X:", "-o", "VolumePrefix=/rclone/box"],
    );
}

#[test]
fn simple_classes_start() {
    let given = ["a b", "X:"];
    check("nfs", "%1 %2", "", &given, &["a b", "X:"]);
    check(
        "virtiofs",
        "-t %1 -m %2",
        "",
        &given,
        &["-t", "a b", "-m", "X:"],
    );
    let caller = check(
        "golddrive",
        "%2 %1",
        "\"RunAs\"=\".\"\r\n",
        &given,
        &["X:", "a b"],
    );
    assert_eq!(caller.run_as, RunAs::Caller);
    check("squashfs", "%1 %2", "", &given, &["a b", "X:"]);
    check(
        "xbox-winfsp",
        "-u %1 -m %2",
        "",
        &given,
        &["-u", "a b", "-m", "X:"],
    );
    let base = ["--base", "a b", "--mount", "X:"];
    check(
        "nxmount",
        "--base %1 --mount %2",
        "\"RunAs\"=\".\"\r\n",
        &given,
        &base,
    );
    let hfsfuse = check(
        "hfsfuse",
        "%1 %2",
        "\"Security\"=\"D:P(A;;RPWPLC;;;AU)\"\r\n",
        &given,
        &["a b", "X:"],
    );
    assert_eq!(hfsfuse.security.to_string(), "O:SYG:SYD:P(A;;LCRPWP;;;AU)");
}

#[test]
fn a_class_without_a_descriptor_is_for_administrators() {
    let text = installed("virtiofs", "-t %1 -m %2", "")
        .replace("\"Security\"=\"D:P(A;;RPWPLC;;;WD)\"\r\n", "");
    let (_, record) = load(&text);
    assert_eq!(
        record.security.to_string(),
        "O:SYG:SYD:P(A;;LCRPWP;;;SY)(A;;LCRPWP;;;BA)"
    );
}

#[test]
fn arguments_that_are_not_given_are_empty_and_surplus_ones_ignored() {
    check(
        "applesauce",
        "--disk %1 %2 %3 %4",
        "",
        &["a", "b"],
        &["--disk", "a", "b", "", ""],
    );
    // A known client sends five, the last one empty.
    check(
        "squashfs",
        "%1 %2",
        "",
        &["a", "X:", "c", "d", ""],
        &["a", "X:"],
    );
    // Options pass, as existing classes expect.
    check("squashfs", "%1 %2", "", &["-x", "/y"], &["-x", "/y"]);
}
