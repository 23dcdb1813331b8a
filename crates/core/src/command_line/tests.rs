use std::time::{Duration, UNIX_EPOCH};

use super::*;
use fslaunch_protocol::Error;

mod properties;

use properties::parse_windows;

const EXECUTABLE: &str = "/usr/bin/echo";
const LENIENT: Rules = Rules {
    refuse_options: false,
};

fn expanded(template: &str, arguments: &[&str], rules: &Rules) -> Result<CommandLine, ExpandError> {
    let arguments: Vec<Option<String>> =
        arguments.iter().map(|text| Some((*text).into())).collect();
    let values = Values {
        executable: EXECUTABLE,
        arguments: &arguments,
        start_time: UNIX_EPOCH + Duration::from_millis(1_767_323_045_678),
        user: r"VM\root",
        profile: "/home/root",
    };
    expand(&Template::parse(template), &values, rules)
}

fn argv(template: &str, arguments: &[&str]) -> Vec<String> {
    expanded(template, arguments, &LENIENT)
        .unwrap()
        .argv()
        .collect()
}

#[test]
fn directives_become_what_the_specification_says() {
    for (template, result) in [
        ("%0", vec![EXECUTABLE]),
        ("%1 %2", vec!["a b", r#"c"d"#]),
        ("%9", vec![""]),
        ("%T", vec!["20260102T030405.678Z"]),
        ("%U", vec![r"VM\root"]),
        ("%P", vec!["/home/root"]),
        ("%A %Z", vec!["", ""]),
        ("%% %x %-", vec!["%", "x", "-"]),
        ("100%", vec!["100"]),
        ("%", vec![]),
        ("", vec![]),
        (r"a %\/b", vec!["a"]),
    ] {
        assert_eq!(argv(template, &["a b", r#"c"d"#]), result, "{template}");
    }
}

#[test]
fn path_transformations_are_one_word() {
    for (argument, template, result) in [
        (r"\srv\alice\docs\2026", r"%\/b:_1", "alice:docs/2026"),
        (r"\srv\alice\docs\2026", r"%\/b:/_1", "alice:/docs/2026"),
        (r"\srv\alice\docs", r"%\/_1", "/srv/alice/docs"),
        (r"\srv\alice\docs", r"%\+_1", "+srv+alice+docs"),
        (r"\srv\alice\docs", r"%\\_1", r"\\srv\\alice\\docs"),
        (r"\srv\alice\docs\2026", r"%\/ab_1", "srvalicedocs/2026"),
        (r"\srv\alice\docs", r"%\/c@a1", "docs@srv"),
        (r"\srv\alice", r"%\/e=b1", "=alice"),
        (r"\\srv\\alice", r"%\/b1", "alice"),
        (r"\\srv\\alice", r"%\/_1", "//srv//alice"),
        (r"\srv\alice", r"%\_1", ""),
        (r"\srv\my docs", r#"%\/a "_1"#, r#"srv "my docs"#),
    ] {
        assert_eq!(argv(template, &[argument]), [result], "{template}");
    }
}

#[test]
fn a_directive_in_a_word_or_in_quotes_is_part_of_that_word() {
    for (template, result) in [
        ("--passphrase=%1", vec!["--passphrase=a b"]),
        (r#""%1""#, vec!["a b"]),
        (r#"--x="%1 y"z"#, vec!["--x=a b yz"]),
        (r"-o VolumePrefix=%\/_2", vec!["-o", "VolumePrefix=/s/d e"]),
        ("%1%2", vec![r"a b\s\d e"]),
        (r"C:\%1", vec![r"C:\a b"]),
        (r#"a\\"%1""#, vec![r"a\a b"]),
        (r#"\"%1\""#, vec![r#""a b""#]),
    ] {
        assert_eq!(argv(template, &["a b", r"\s\d e"]), result, "{template}");
    }
}

#[test]
fn words_are_cut_as_windows_cuts_them() {
    for (template, result) in [
        ("  a\t b  ", vec!["a", "b"]),
        (r#""a b" c"#, vec!["a b", "c"]),
        (r#"a"b c"d"#, vec!["ab cd"]),
        (r#""a"" b"#, vec![r#"a""#, "b"]),
        (r#""a""" b c"#, vec![r#"a" b c"#]),
        (r#""" """" "#, vec!["", r#"" "#]),
        (r#"a\b c\\d"#, vec![r"a\b", r"c\\d"]),
        (r#"a\"b a\\"b c""#, vec![r#"a"b"#, r"a\b c"]),
        (r#"a\\\"b"#, vec![r#"a\"b"#]),
        (r#""a b"#, vec!["a b"]),
        (r#"a%"b c%""#, vec!["ab c"]),
        ("a% b", vec!["a", "b"]),
    ] {
        assert_eq!(argv(template, &[]), result, "{template}");
        assert_eq!(
            parse_windows(template.replace('%', "").as_str()),
            result,
            "{template}"
        );
    }
}

#[test]
fn the_measured_command_line_of_the_original_comes_out() {
    let line = expanded(r"%1 %\/b:_1 %\\_U", &[r"\foo\bar\baz"], &LENIENT).unwrap();
    assert_eq!(
        line.windows_text(r"C:\my echo.exe"),
        r#""C:\my echo.exe" "\foo\bar\baz" "bar:baz" "VM\\root""#
    );
}

#[test]
fn an_argument_can_not_give_the_process_an_option_of_its_own() {
    let line = expanded("-u %1 -m %2", &[r"x\", " --evil y"], &LENIENT).unwrap();
    let text = line.windows_text("m.exe");
    assert_eq!(text, r#""m.exe" -u "x\\" -m " --evil y""#);
    assert_eq!(
        parse_windows(&text),
        ["m.exe", "-u", r"x\", "-m", " --evil y"]
    );
}

#[test]
fn words_without_replacements_stay_as_they_are_on_windows() {
    let line = expanded(
        r#"--cache-dir "C:\cache" a\"b --alias "%1""#,
        &["x y"],
        &LENIENT,
    )
    .unwrap();
    assert_eq!(
        line.windows_text("j.exe"),
        r#""j.exe" --cache-dir "C:\cache" a\"b --alias "x y""#
    );
    let changed: Vec<bool> = line
        .words
        .iter()
        .map(|word| word.verbatim.is_none())
        .collect();
    assert_eq!(changed, [false, false, false, false, true]);
}

#[test]
fn a_replacement_that_would_be_an_option_is_refused() {
    let strict = Rules::default();
    let refused = |template: &str, arguments: &[&str], argument: &'static str| {
        let error = Err(ExpandError::Option {
            argument: argument.into(),
        });
        assert_eq!(
            expanded(template, arguments, &strict),
            error,
            "{template} {arguments:?}"
        );
        assert!(
            expanded(template, arguments, &LENIENT).is_ok(),
            "{template} {arguments:?}"
        );
    };
    refused("%1", &["-x"], "1");
    refused("%1", &["-"], "1");
    refused("-o %2", &["a", "--help"], "2");
    refused(r#""%1""#, &["-x"], "1");
    refused("%1%2", &["", "-x"], "2");
    refused("%Z%1", &["-x"], "1");
    refused(r#"""%1"#, &["-x"], "1");
    refused(r"%\/a1", &[r"\-x"], "1");
    refused(r"%\-_1", &[r"\x"], "1");
    refused(r"%\/ba1", &[r"\-x"], "1");
    refused(r"%\/a9%1", &["-x"], "1");
    refused("%1-x", &[""], "1");
    refused(r"%\/a-x1", &[""], "1");
    refused("%1%2-x", &["", ""], "2");

    for (template, argument) in [
        ("a%1", "-x"),
        ("--name=%1", "-x"),
        ("-%1", "-x"),
        ("%1", "a -x"),
        ("%1", " -x"),
        ("%1", "/x"),
        (r"%\/-a1", r"\x"),
        (r"%\/_1", r"\-x"),
    ] {
        assert!(
            expanded(template, &[argument], &strict).is_ok(),
            "{template} {argument}"
        );
    }
}

#[test]
fn the_arguments_that_may_begin_a_word_are_known() {
    for (template, leading) in [
        ("mount %1 -m %2 --name=%3 -%4 a%5", &[1, 2][..]),
        (r#"%1%2 "%3" x%4%5"#, &[1, 2, 3]),
        (r"%\/a1 %\-_2", &[1, 2]),
        (r"%\/-a1 %U %P -f", &[]),
    ] {
        let found: Vec<u8> = Template::parse(template)
            .leading_arguments()
            .into_iter()
            .collect();
        assert_eq!(found, leading, "{template}");
    }
}

#[test]
fn a_caller_whose_name_looks_like_an_option_is_refused() {
    let values = Values {
        executable: EXECUTABLE,
        arguments: &[],
        start_time: UNIX_EPOCH,
        user: "-rf",
        profile: "-x",
    };
    for (template, argument) in [
        ("%U", "%U (the caller's name)"),
        ("%P", "%P (the caller's folder)"),
    ] {
        let error = expand(&Template::parse(template), &values, &Rules::default()).unwrap_err();
        assert_eq!(
            error,
            ExpandError::Option {
                argument: argument.into()
            }
        );
    }
}

#[test]
fn an_argument_with_a_nul_is_refused() {
    let error = expanded("%1 %2", &["a", "b\0c"], &LENIENT).unwrap_err();
    assert_eq!(
        error,
        ExpandError::Nul {
            argument: "2".into()
        }
    );
    assert_eq!(
        Error::from(error),
        Error::ArgumentInvalid {
            argument: "2".into(),
            reason: "it has a NUL character in it".into()
        }
    );
    assert!(expanded("a", &["b\0c"], &LENIENT).is_ok());
}

#[test]
fn a_command_line_that_grows_without_measure_is_refused() {
    let argument = "x".repeat(64 << 10);
    let words = expanded(&"%1 ".repeat(32), &[&argument], &LENIENT)
        .unwrap()
        .words;
    assert_eq!(words.len(), 32);
    let error = expanded(&"%1 ".repeat(33), &[&argument], &LENIENT).unwrap_err();
    assert_eq!(
        error,
        ExpandError::TooLong {
            argument: "1".into()
        }
    );
}

#[test]
fn a_template_tells_which_arguments_it_names() {
    let template = Template::parse(r#"%1 x%3 "%\/_7" %% %T %0 %Z %\/a"#);
    assert_eq!(
        template.arguments().into_iter().collect::<Vec<u8>>(),
        [1, 3, 7]
    );
}
