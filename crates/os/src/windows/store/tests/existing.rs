//! The classes that exist, as their installers register them.

use fslaunch_core::record::Import;

use super::*;

/// Class, `CommandLine`, and whatever else its installer writes.
const CLASSES: &[(&str, &str, &str)] = &[
    ("memfs32", "-i -F NTFS -n 65536 -s 67108864 -u %1 -m %2", WD),
    ("memfs64", "-i -F NTFS -n 65536 -s 67108864 -u %1 -m %2", WD),
    (
        "memfs-dotnet",
        "-i -F NTFS -n 65536 -s 67108864 -u %1 -m %2",
        WD,
    ),
    ("sshfs", "svc %1 %2 %U", r#""Credentials"=dword:1"#),
    (
        "sshfs.r",
        "svc %1 %2 %U",
        "\"Credentials\"=dword:1\r\n\"sshfs.rootdir\"=dword:1",
    ),
    ("sshfs.k", "svc %1 %2 %U", r#""Credentials"=dword:0"#),
    (
        "sshfs.kr",
        "svc %1 %2 %U",
        "\"Credentials\"=dword:0\r\n\"sshfs.rootdir\"=dword:1",
    ),
    ("sshfs-alive", "svc %1 %2 %U -o ServerAliveInterval=30", WD),
    (
        "sshfs-fork",
        "svc %1 %2 -user %U -home %P -o reconnect -o max_conns=1",
        WD,
    ),
    ("nfs", "%1 %2", WD),
    (
        "hubfs",
        r"-auth optional -o VolumePrefix=%\/_1 -o uid=-1,rellinks,FileInfoTimeout=-1 %\/b/_1 %2",
        r#""RunAs"=".""#,
    ),
    (
        "juicefs-a",
        r#"mount redis://h:6379/1 %2 --alias "%1" --cache-dir "C:\cache""#,
        r#""Stderr"="C:\\logs\\juicefs.log"
"RunAs"="LocalSystem""#,
    ),
    (
        "cloudfuse",
        "mount %1 --config-file=%2 -o uid=%3,gid=%4 --passphrase=%5 --foreground=true",
        WD,
    ),
    ("virtiofs", "-t %1 -m %2", ""),
    ("golddrive", "%2 %1", r#""RunAs"=".""#),
    ("squashfs", "%1 %2", WD),
    ("xbox-winfsp", "-u %1 -m %2", WD),
    ("nxmount", "--base %1 --mount %2", r#""RunAs"=".""#),
    ("hfsfuse", "%1 %2", r#""Security"="D:P(A;;RPWPLC;;;AU)""#),
    ("applesauce", "--disk %1 %2 %3 %4", WD),
    (
        "rclone",
        "mount %1 %2 -o username=%U",
        r#""Credentials"=dword:0"#,
    ),
    (
        "rclone-box",
        r"mount box: %2 --network-mode --config C:\r.conf --fuse-flag --VolumePrefix=%1",
        r#""Credentials"=dword:0"#,
    ),
    (
        "rclone-path",
        r"mount %\/b:1 %2 -o VolumePrefix=%\/_1",
        r#""Credentials"=dword:0"#,
    ),
];

const WD: &str = r#""Security"="D:P(A;;RPWPLC;;;WD)""#;

/// The `.reg` file of all of them.
fn file() -> String {
    let mut text = "Windows Registry Editor Version 5.00\r\n".to_owned();
    for (class, line, more) in CLASSES {
        let line = line.replace('\\', r"\\").replace('"', "\\\"");
        text.push_str(&format!(
            "\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\WOW6432Node\\WinFsp\\Services\\{class}]\r\n\
             \"Executable\"=\"C:\\\\Program Files (x86)\\\\fs\\\\bin\\\\fs.exe\"\r\n\
             \"CommandLine\"=\"{line}\"\r\n\"JobControl\"=dword:00000001\r\n{more}\r\n"
        ));
    }
    text
}

#[test]
fn every_existing_class_is_registered_read_and_listed_as_it_was_imported() {
    let own = Own::new();
    let import = Import::parse(file().as_bytes()).unwrap();
    assert_eq!(
        (import.classes.len(), import.ignored.len()),
        (CLASSES.len(), 0)
    );
    for imported in &import.classes {
        own.store.register(imported, false).unwrap();
        let stored = own.store.registration(imported.class()).unwrap();
        assert_eq!(stored, *imported);
        let (stored, imported) = (super::record(&stored), super::record(imported));
        assert_eq!(stored, imported);
        assert!(stored.is_ok(), "{stored:?}");
    }
    let listed = own.store.list();
    assert_eq!(listed.len(), CLASSES.len());
    assert!(listed.iter().all(|(_, record)| record.is_ok()));
    let all = own.store.registrations().unwrap();
    let again = Import::parse(Registration::to_reg(&all).as_bytes()).unwrap();
    assert_eq!(again.classes, all, "and exported as it is");
}
