use super::*;

fn mount<const N: usize>(words: [&str; N]) -> Options {
    match parse(words).unwrap() {
        Invocation::Mount(options) => options,
        other @ (Invocation::Help | Invocation::Version) => panic!("{other:?}"),
    }
}

#[test]
fn the_command_line_of_the_service_class_is_understood() {
    let words = [
        "-i",
        "-F",
        "NTFS",
        "-n",
        "65536",
        "-s",
        "67108864",
        "-u",
        r"\memfs64\share",
        "-m",
        "/mnt/z",
    ];
    assert_eq!(
        mount(words),
        Options {
            mount_point: "/mnt/z".into(),
            case_insensitive: true,
            gather_writes: false,
            reported_type: Some("NTFS".to_owned()),
            files: 65536,
            file_size: 67_108_864,
            bytes: None,
            prefix: Some(r"\memfs64\share".into()),
            restrictions: vec![],
        }
    );
}

#[test]
fn only_the_mount_point_must_be_given() {
    let options = mount(["-m", "/mnt/z", "-u", ""]);
    assert!(!options.case_insensitive && !options.gather_writes);
    assert!(mount(["-iwm", "/mnt/z"]).gather_writes);
    assert_eq!(
        (options.files, options.file_size),
        (DEFAULT_FILES, DEFAULT_FILE_SIZE)
    );
    assert_eq!((options.reported_type, options.prefix), (None, None));
    assert_eq!(mount(["-m", "/b", "-q", "4096"]).bytes, Some(4096));
    assert_eq!(mount(["-im/a", "-m", "/b"]).mount_point, "/b");
}

#[test]
fn mount_options_may_come_in_several_lists_and_in_none() {
    let options = mount(["-o", "rw,noexec", "-m", "/z", "-onoatime,ro", "-o", ""]);
    let expected = [
        Restriction::NoExec,
        Restriction::NoAtime,
        Restriction::ReadOnly,
    ];
    assert_eq!(options.restrictions, expected);
}

#[test]
fn a_value_may_look_like_an_option() {
    assert_eq!(mount(["-m", "-i", "-u", "--help"]).mount_point, "-i");
}

#[test]
fn help_and_version_come_before_all_else() {
    assert_eq!(parse(["-i", "-h"]), Ok(Invocation::Help));
    assert_eq!(parse(["--help"]), Ok(Invocation::Help));
    assert_eq!(parse(["-V"]), Ok(Invocation::Version));
    assert_eq!(parse(["--version"]), Ok(Invocation::Version));
}

#[test]
fn each_wrong_usage_names_the_option_and_how_to_do_it_right() {
    let cases: [(&[&str], &str); 17] = [
        (
            &[],
            "option -m is missing or empty: say where to mount, e.g. -m /mnt/z",
        ),
        (
            &["-m", ""],
            "option -m is missing or empty: say where to mount, e.g. -m /mnt/z",
        ),
        (&["-m"], "option -m wants a value, e.g. -m /mnt/z"),
        (&["-u"], r"option -u wants a value, e.g. -u \memfs64\share"),
        (&["-x"], "unknown option -x; memfs -h shows those there are"),
        (
            &["--mount", "/z"],
            "unknown option --mount; memfs -h shows those there are",
        ),
        (&["-i=yes"], "option -i takes no value"),
        (
            &["/z"],
            r#"unexpected argument "/z"; the mount point is given as -m /z"#,
        ),
        (
            &["-n", "0"],
            r#"option -n: "0" is not a whole number from 1 to 18446744073709551615, e.g. -n 65536"#,
        ),
        (
            &["-n", "-1"],
            r#"option -n: "-1" is not a whole number from 1 to 18446744073709551615, e.g. -n 65536"#,
        ),
        (
            &["-s", "64M"],
            r#"option -s: "64M" is not a whole number from 1 to 9223372036854775807, e.g. -s 67108864"#,
        ),
        (
            &["-s", "9223372036854775808"],
            r#"option -s: "9223372036854775808" is not a whole number from 1 to 9223372036854775807, e.g. -s 67108864"#,
        ),
        (
            &["-q", "all"],
            r#"option -q: "all" is not a whole number from 1 to 9223372036854775807, e.g. -q 1073741824"#,
        ),
        (&["-o"], "option -o wants a value, e.g. -o ro,noexec"),
        (
            &["-o", "ro,suid"],
            "option -o: \"suid\" is none of rw, ro, exec, noexec, symfollow, nosymfollow, atime, noatime, diratime, \
             nodiratime, nosuid, nodev, defaults",
        ),
        (
            &["-F", "a,b"],
            r#"option -F: "a,b" is not a type: 1 to 32 letters, digits, -, _ or ., e.g. -F NTFS"#,
        ),
        (
            &["-F", ""],
            r#"option -F: "" is not a type: 1 to 32 letters, digits, -, _ or ., e.g. -F NTFS"#,
        ),
    ];
    for (words, message) in cases {
        assert_eq!(
            parse(words.iter().copied()).unwrap_err().to_string(),
            message,
            "{words:?}"
        );
    }
}
