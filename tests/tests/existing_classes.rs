//! Existing service classes, as their installers write them (service classes
//! specification): each loads from a `.reg` file and reaches a program, which
//! says word by word what it got.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;
use std::process::Command;

use fslaunch_tests::{
    Daemon, Need, Ran, Report, lacking, own_name, own_profile, run_with_deadline, until,
};

/// One row: the class, its command line, what else its installer writes, what
/// it is started with, and what the program gets. `<user>` and `<profile>`
/// stand for those of the caller.
struct Row {
    class: &'static str,
    command_line: &'static str,
    more: &'static str,
    given: &'static [&'static str],
    expected: &'static [&'static str],
}

/// The file that one class has for standard error.
const LOG: &str = "a b.log";
/// What the program writes to standard error, whatever its class.
const MURMUR: &str = "a file system\n";
const SECRET: &str = "geheim 秘密 \"'\\";
const PASSWORD: &str = "\"Credentials\"=dword:00000001\r\n";
const NO_PASSWORD: &str = "\"Credentials\"=dword:00000000\r\n";
const AS_CALLER: &str = "\"RunAs\"=\".\"\r\n";
const MEMFS: &str = "-i -F NTFS -n 65536 -s 67108864 -u %1 -m %2";
const MEMFS_GOT: &[&str] = &[
    "-i",
    "-F",
    "NTFS",
    "-n",
    "65536",
    "-s",
    "67108864",
    "-u",
    r"\memfs64\my share",
    "-m",
    "Z:",
];
const SSHFS: &[&str] = &[r"\sshfs\srv\a b", "X:"];
const SSHFS_GOT: &[&str] = &["svc", r"\sshfs\srv\a b", "X:", "<user>"];

const fn row(
    class: &'static str,
    command_line: &'static str,
    more: &'static str,
    given: &'static [&'static str],
    expected: &'static [&'static str],
) -> Row {
    Row {
        class,
        command_line,
        more,
        given,
        expected,
    }
}

const ROWS: &[Row] = &[
    row(
        "memfs32",
        MEMFS,
        "",
        &[r"\memfs64\my share", "Z:"],
        MEMFS_GOT,
    ),
    row(
        "memfs64",
        MEMFS,
        "",
        &[r"\memfs64\my share", "Z:"],
        MEMFS_GOT,
    ),
    row(
        "memfs-dotnet",
        MEMFS,
        "",
        &[r"\memfs64\my share", "Z:"],
        MEMFS_GOT,
    ),
    row("sshfs", "svc %1 %2 %U", PASSWORD, SSHFS, SSHFS_GOT),
    row(
        "sshfs.r",
        "svc %1 %2 %U",
        "\"Credentials\"=dword:00000001\r\n\"sshfs.rootdir\"=dword:00000001\r\n",
        SSHFS,
        SSHFS_GOT,
    ),
    row("sshfs.k", "svc %1 %2 %U", NO_PASSWORD, SSHFS, SSHFS_GOT),
    row(
        "sshfs.kr",
        "svc %1 %2 %U",
        "\"Credentials\"=dword:00000000\r\n\"sshfs.rootdir\"=dword:00000001\r\n",
        SSHFS,
        SSHFS_GOT,
    ),
    row(
        "sshfs-alive",
        "svc %1 %2 %U -o ServerAliveInterval=30",
        "",
        SSHFS,
        &[
            "svc",
            r"\sshfs\srv\a b",
            "X:",
            "<user>",
            "-o",
            "ServerAliveInterval=30",
        ],
    ),
    row(
        "sshfs-fork",
        "svc %1 %2 -user %U -home %P -o reconnect -o max_conns=1",
        "",
        SSHFS,
        &[
            "svc",
            r"\sshfs\srv\a b",
            "X:",
            "-user",
            "<user>",
            "-home",
            "<profile>",
            "-o",
            "reconnect",
            "-o",
            "max_conns=1",
        ],
    ),
    row(
        "nfs",
        "%1 %2",
        "",
        &[r"\nfs\srv", "N:"],
        &[r"\nfs\srv", "N:"],
    ),
    row(
        "hubfs",
        r"-auth optional -o VolumePrefix=%\/_1 -o uid=-1,rellinks,FileInfoTimeout=-1 %\/b/_1 %2",
        AS_CALLER,
        &[r"\hubfs\example.org\own er\repo", "H:"],
        &[
            "-auth",
            "optional",
            "-o",
            "VolumePrefix=/hubfs/example.org/own er/repo",
            "-o",
            "uid=-1,rellinks,FileInfoTimeout=-1",
            "example.org/own er/repo",
            "H:",
        ],
    ),
    row(
        "juicefs-a",
        r#"mount redis://10.0.0.1/1 %2 --alias "%1" --cache-dir "C:\cache""#,
        "\"RunAs\"=\"LocalSystem\"\r\n\"Stderr\"=\"<log>\"\r\n",
        &["a \"b\" c", "J:"],
        &[
            "mount",
            "redis://10.0.0.1/1",
            "J:",
            "--alias",
            "a \"b\" c",
            "--cache-dir",
            r"C:\cache",
        ],
    ),
    row(
        "cloudfuse",
        "mount %1 --config-file=%2 -o uid=%3,gid=%4 --passphrase=%5 --foreground=true",
        "",
        &["X:", r"C:\my files\c.yaml", "1001", "1002", "p \" q"],
        &[
            "mount",
            "X:",
            r"--config-file=C:\my files\c.yaml",
            "-o",
            "uid=1001,gid=1002",
            "--passphrase=p \" q",
            "--foreground=true",
        ],
    ),
    row(
        "virtiofs",
        "-t %1 -m %2",
        "no security",
        &["tag", "V:"],
        &["-t", "tag", "-m", "V:"],
    ),
    row(
        "golddrive",
        "%2 %1",
        AS_CALLER,
        &[r"\g\h", "G:"],
        &["G:", r"\g\h"],
    ),
    row(
        "squashfs",
        "%1 %2",
        "",
        &[r"C:\a b.sqfs", "S:"],
        &[r"C:\a b.sqfs", "S:"],
    ),
    row(
        "xbox-winfsp",
        "-u %1 -m %2",
        "",
        &[r"\x\y", "X:"],
        &["-u", r"\x\y", "-m", "X:"],
    ),
    row(
        "nxmount",
        "--base %1 --mount %2",
        AS_CALLER,
        &[r"C:\Grüße 世界 🗀\", "N:"],
        &["--base", r"C:\Grüße 世界 🗀\", "--mount", "N:"],
    ),
    row(
        "hfsfuse",
        "%1 %2",
        "\"Security\"=\"D:P(A;;RPWPLC;;;AU)\"\r\n",
        &["disk", "H:"],
        &["disk", "H:"],
    ),
    row(
        "applesauce",
        "--disk %1 %2 %3 %4",
        "",
        &["0", "-x", "/y", ""],
        &["--disk", "0", "-x", "/y", ""],
    ),
    row(
        "rclone-1",
        "mount %1 %2 -o username=%U",
        NO_PASSWORD,
        &["box:", "R:"],
        &["mount", "box:", "R:", "-o", "username=<user>"],
    ),
    row(
        "rclone-2",
        r"mount box: %2 --network-mode --config C:\r.conf --fuse-flag --VolumePrefix=%1",
        NO_PASSWORD,
        &[r"\rclone\a b", "R:"],
        &[
            "mount",
            "box:",
            "R:",
            "--network-mode",
            "--config",
            r"C:\r.conf",
            "--fuse-flag",
            r"--VolumePrefix=\rclone\a b",
        ],
    ),
    row(
        "rclone-3",
        r"mount %\/b:1 %2 -o VolumePrefix=%\/_1",
        NO_PASSWORD,
        &[r"\rclone\box", "R:"],
        &["mount", "box:", "R:", "-o", "VolumePrefix=/rclone/box"],
    ),
];

impl Row {
    /// What the installer writes, with a program and a log of our own.
    fn file(&self, program: &str, log: &str) -> String {
        let escaped = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"");
        let security = match self.more {
            "no security" => "",
            more if more.contains("Security") => more,
            more => &format!("\"Security\"=\"D:P(A;;RPWPLC;;;WD)\"\r\n{more}"),
        };
        let security = security.replace("<log>", &escaped(log));
        format!(
            "Windows Registry Editor Version 5.00\r\n\r\n\
             [HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\WinFsp\\Services\\{}]\r\n\
             \"Executable\"=\"{}\"\r\n\"CommandLine\"=\"{}\"\r\n\
             \"JobControl\"=dword:00000001\r\n{security}",
            self.class,
            escaped(program),
            escaped(self.command_line),
        )
    }

    fn wants_a_secret(&self) -> bool {
        self.more.contains("\"Credentials\"=dword:00000001")
    }
}

/// As regedit exports: UTF-16 with a mark.
fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

fn register(daemon: &Daemon, file: &str) -> Ran {
    let mut command = Command::new(daemon.program("launchctl"));
    command.arg("--classes").arg(daemon.classes_key());
    command.args(["register", file]);
    run_with_deadline(&mut command, b"")
}

/// What the program of a class says that it got.
fn start(daemon: &Daemon, row: &Row) -> Report {
    let program = daemon.program(&format!("fs of {}.exe", row.class));
    fs::copy(daemon.program("stand-in"), &program).unwrap();
    let file = daemon.place().path().join("class.reg");
    let text = row.file(program.to_str().unwrap(), &daemon.out(LOG));
    fs::write(&file, utf16(&text)).unwrap();
    register(daemon, file.to_str().unwrap()).ok();
    let mut words = vec![row.class, row.given[0]];
    words.extend(row.given);
    if row.wants_a_secret() {
        words.insert(0, "startWithSecret");
        words.push(SECRET);
    } else {
        words.insert(0, "start");
    }
    daemon.launchctl_of_winfsp(&words).ok();
    let report = daemon.out(&format!("fs of {}.json", row.class));
    Report::read(report.as_ref())
}

#[test]
fn each_class_loads_and_its_program_gets_what_it_expects() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = Daemon::system().start();
    for row in ROWS {
        let report = start(&daemon, row);
        let words = report.words();
        let got: Vec<&str> = words.iter().map(String::as_str).collect();
        assert_eq!(got.len(), row.expected.len(), "{}: {got:?}", row.class);
        for (got, expected) in got.iter().zip(row.expected) {
            let filled = expected.replace("<profile>", &own_profile());
            match filled.split_once("<user>") {
                None => assert_eq!(*got, filled, "{}", row.class),
                Some((before, after)) => {
                    let user = got.strip_prefix(before).unwrap();
                    let user = user.strip_suffix(after).unwrap();
                    let (domain, name) = user.split_once('\\').unwrap();
                    assert!(!domain.is_empty(), "{user}");
                    assert_eq!(name.to_lowercase(), own_name().to_lowercase());
                }
            }
        }
        let secret = if row.wants_a_secret() { SECRET } else { "" };
        assert_eq!(report.secret(), Some(secret), "{}", row.class);
        if row.more.contains("<log>") {
            let log = daemon.out(LOG);
            until("its words are in its log", || {
                fs::read_to_string(&log).is_ok_and(|text| text == MURMUR)
            });
        }
        daemon
            .launchctl_of_winfsp(&["stop", row.class, row.given[0]])
            .ok();
    }
}

#[test]
fn values_of_the_file_system_s_own_are_kept() {
    if lacking(&[Need::Root]) {
        return;
    }
    let daemon = Daemon::system().start();
    let row = ROWS.iter().find(|row| row.class == "sshfs.r").unwrap();
    let file = daemon.place().path().join("class.reg");
    fs::write(&file, utf16(&row.file(r"C:\x\sshfs.exe", ""))).unwrap();
    register(&daemon, file.to_str().unwrap()).ok();
    let mut export = Command::new(daemon.program("launchctl"));
    export.arg("--classes").arg(daemon.classes_key());
    let ran = run_with_deadline(export.args(["export", "sshfs.r"]), b"");
    assert!(
        ran.out.contains("\"sshfs.rootdir\"=dword:00000001"),
        "{ran:?}"
    );
}
