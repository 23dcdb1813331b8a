//! Arguments arrive as they were given: each is one word, whatever it holds.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use fslaunch_tests::{
    Account, Class, Daemon, Need, PLATFORM, Report, lacking, no_text, own_name, own_profile,
    run_with_deadline,
};
use serde_json::{Value, json};

/// A launcher, and a class whose instances report the words that `template`
/// makes of the arguments.
struct Words {
    daemon: Daemon,
    next: std::cell::Cell<u32>,
}

impl Words {
    fn new() -> Option<Self> {
        if lacking(&[Need::Root]) {
            return None;
        }
        Some(Self {
            daemon: Daemon::system().start(),
            next: 1.into(),
        })
    }

    /// What the process of a new instance gets.
    fn of(&self, template: &str, arguments: &[&str]) -> Vec<String> {
        self.started(template, json!({ "arguments": arguments }), &[])
            .expect("a start")
    }

    /// The error that a start ends in.
    fn error(&self, template: &str, arguments: Value) -> fslaunch_tests::CallError {
        self.started(template, arguments, &[])
            .expect_err("an error")
    }

    fn started(
        &self,
        template: &str,
        mut call: Value,
        fields: &[(&str, Value)],
    ) -> Result<Vec<String>, fslaunch_tests::CallError> {
        let number = self.next.replace(self.next.get() + 1);
        let report = self.daemon.out(&format!("report-{number}"));
        let template = format!("report={report} wait -- {template}");
        let mut class = Class::stand_in(&self.daemon, "words", &template);
        for (field, value) in fields {
            class = class.set(field, value.clone());
        }
        self.daemon.register(&class);
        call["class"] = "words".into();
        call["instance"] = number.to_string().into();
        self.daemon.call("Start", call)?;
        Ok(Report::read(report.as_ref()).words())
    }
}

#[test]
fn every_character_of_an_argument_arrives() {
    let Some(words) = Words::new() else { return };
    for argument in [
        "",
        " ",
        "two words",
        "a\"b",
        "\"quoted\"",
        "it's",
        r"back\slash\",
        r#"x\" -y "z"#,
        "new\nline",
        "tab\tstop\r",
        "Grüße, 世界 🗀",
        "$HOME `id` $(id) ; | & > < * ?",
        "%1 %% %U",
        "a,b=c:d",
    ] {
        assert_eq!(words.of("%1", &[argument]), [argument]);
    }
}

#[test]
fn an_argument_never_becomes_two_words() {
    let Some(words) = Words::new() else { return };
    assert_eq!(
        words.of("%1 %2", &["x\\", " --evil y"]),
        ["x\\", " --evil y"]
    );
    assert_eq!(
        words.of("-u%1,%2 end", &["a b", "\" c \""]),
        ["-ua b,\" c \"", "end"]
    );
    assert_eq!(words.of("\"%1 and %2\"", &["a\" b", "c"]), ["a\" b and c"]);
}

#[test]
fn an_empty_argument_is_a_word() {
    let Some(words) = Words::new() else { return };
    assert_eq!(words.of("a %1 b", &[""]), ["a", "", "b"]);
}

#[test]
fn the_template_is_cut_into_words_by_the_rules_for_quotes() {
    let Some(words) = Words::new() else { return };
    let template = r#"one "two words" thre"e e" \"four\" "a\\" b\\c"#;
    let expected = ["one", "two words", "three e", "\"four\"", "a\\", r"b\\c"];
    assert_eq!(words.of(template, &[]), expected);
}

#[test]
fn all_nine_arguments_arrive_in_their_places() {
    let Some(words) = Words::new() else { return };
    let given = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let back: Vec<&str> = given.iter().rev().copied().collect();
    assert_eq!(words.of("%9 %8 %7 %6 %5 %4 %3 %2 %1", &given), back);
}

#[test]
fn signs_of_the_template_stand_for_what_the_specification_says() {
    let Some(words) = Words::new() else { return };
    let stand_in = words
        .daemon
        .program("stand-in")
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        words.of("%0 100%% %x", &[]),
        [stand_in.as_str(), "100%", "x"]
    );
    let got = words.of("%U %P %T", &[]);
    assert!(got[0].ends_with(&own_name()), "{got:?}");
    assert_eq!(got[1], own_profile());
    let time = got[2].as_bytes();
    assert_eq!(
        (time.len(), time[8], time[15], time[19]),
        (20, b'T', b'.', b'Z'),
        "{got:?}"
    );
    let separators = [8, 15, 19];
    let digits = time
        .iter()
        .enumerate()
        .filter(|(at, _)| !separators.contains(at));
    assert!(
        digits.map(|(_, digit)| digit).all(u8::is_ascii_digit),
        "{got:?}"
    );
}

#[test]
fn paths_are_transformed_as_the_specification_shows() {
    let Some(words) = Words::new() else { return };
    for (argument, template, expected) in [
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
    ] {
        assert_eq!(
            words.of(template, &[argument]),
            [expected],
            "{argument} {template}"
        );
    }
}

#[test]
fn an_argument_that_the_template_needs_and_that_is_missing_is_named_or_empty() {
    let Some(words) = Words::new() else { return };
    if let Some(word) = PLATFORM.missing_argument {
        assert_eq!(words.of("%1 %2", &["a"]), ["a", word]);
        return;
    }
    let error = words.error("%1 %2", json!({ "arguments": ["a"] }));
    assert_eq!(error.short_name(), "ArgumentMissing");
    assert_eq!(error.parameters["code"], 87);
    assert!(
        error.parameters["argument"].as_str().unwrap().contains('2'),
        "{error:?}"
    );
    assert!(words.daemon.listed().is_empty());
}

#[test]
fn options_of_a_mount_add_none_of_the_programs_own() {
    let Some(words) = Words::new() else { return };
    let fields = [("arguments", json!(["source", "mount-options?"]))];
    let started = |call| words.started("-o %2 %1", call, &fields);
    for refused in ["ssh_command=/tmp/x", "rw,force-user=me", "suid"] {
        for call in [
            json!({ "arguments": ["a", refused] }),
            json!({ "named": { "source": "a", "MOUNT-OPTIONS": refused } }),
        ] {
            let error = started(call).expect_err("an error");
            assert_eq!(error.short_name(), "ArgumentInvalid");
            assert_eq!(error.parameters["argument"], "mount-options");
        }
    }
    let given = started(json!({ "arguments": ["a", "ro,nosuid"] }));
    assert_eq!(given.unwrap(), ["-o", "ro,nosuid", "a"]);
    let left_out = started(json!({ "arguments": ["a"] }));
    assert_eq!(left_out.unwrap(), ["-o", "rw", "a"]);
}

#[test]
fn more_than_nine_arguments_are_refused() {
    let Some(words) = Words::new() else { return };
    let error = words.error("%1", json!({ "arguments": vec!["x"; 10] }));
    assert_eq!(error.short_name(), "TooManyArguments");
    assert_eq!(error.parameters["count"], 10);
    assert_eq!(error.parameters["limit"], 9);
}

#[test]
fn an_argument_with_a_nul_is_refused() {
    let Some(words) = Words::new() else { return };
    let error = words.error("%1", json!({ "arguments": ["a\u{0}b"] }));
    assert_eq!(error.short_name(), "ArgumentInvalid");
    assert_eq!(error.parameters["code"], 87);
}

#[test]
fn an_argument_of_a_hundred_thousand_characters_is_refused() {
    let Some(words) = Words::new() else { return };
    let error = words.error("%1", json!({ "arguments": ["x".repeat(100_000)] }));
    assert_eq!(error.parameters["code"], 87, "{:?}", error.name);
    let message = error.parameters["message"].as_str().unwrap();
    assert!(
        message.len() < 1000,
        "the message repeats the argument: {} bytes",
        message.len()
    );
}

#[test]
fn an_argument_nearly_as_long_as_the_system_takes_arrives_whole() {
    let Some(words) = Words::new() else { return };
    let long = "y".repeat(PLATFORM.long_argument);
    assert_eq!(words.of("%1", &[&long]), [long.as_str()]);
}

#[test]
fn an_argument_that_is_no_utf_8_is_refused_by_launchctl_in_words() {
    let Some(words) = Words::new() else { return };
    let daemon = &words.daemon;
    daemon.register(&Class::stand_in(daemon, "words", "wait -- %1"));
    let mut command = std::process::Command::new(daemon.program("launchctl"));
    command
        .arg("--socket")
        .arg(daemon.socket())
        .args(["start", "words", "one"]);
    let ran = run_with_deadline(command.arg(no_text()), b"");
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(
        ran.err.contains("UTF-8") || ran.out.contains("UTF-8"),
        "{ran:?}"
    );
    assert!(daemon.listed().is_empty());
}

#[test]
fn an_argument_that_would_be_an_option_is_refused_or_passed_on_as_the_system_has_it() {
    let Some(words) = Words::new() else { return };
    for argument in ["-o", "--allow-root", "-"] {
        if !PLATFORM.refuses_options {
            assert_eq!(words.of("%1", &[argument]), [argument]);
            continue;
        }
        let error = words.error("%1", json!({ "arguments": [argument] }));
        assert_eq!(error.short_name(), "ArgumentInvalid", "{argument}");
        assert!(words.daemon.listed().is_empty());
    }
    if !PLATFORM.refuses_options {
        return;
    }
    let error = words.error("%1%2", json!({ "arguments": ["", "-o"] }));
    assert_eq!(error.short_name(), "ArgumentInvalid");
    let error = words.error(r"%\/b1", json!({ "arguments": [r"\srv\-o"] }));
    assert_eq!(error.short_name(), "ArgumentInvalid");
}

#[test]
fn within_a_word_an_argument_may_begin_with_a_dash() {
    let Some(words) = Words::new() else { return };
    assert_eq!(words.of("user=%1", &["-x"]), ["user=-x"]);
}

#[test]
fn a_class_may_allow_option_arguments() {
    let Some(words) = Words::new() else { return };
    let call = json!({ "arguments": ["--read-only"] });
    let allowed = [("allow-option-arguments", true.into())];
    assert_eq!(
        words.started("%1", call, &allowed),
        Ok(vec!["--read-only".to_owned()])
    );
}

#[test]
fn named_arguments_fill_the_places_that_the_class_names() {
    let Some(words) = Words::new() else { return };
    let names = [("arguments", json!(["unc", "mount", "user?"]))];
    let call = json!({ "named": { "mount": "/mnt", "unc": "u" } });
    assert_eq!(
        words.started("%1 %2 x%3", call, &names).unwrap(),
        ["u", "/mnt", "x"]
    );
    let call = json!({ "arguments": ["u"], "named": { "mount": "/mnt", "user": "me" } });
    assert_eq!(
        words.started("%1 %2 x%3", call, &names).unwrap(),
        ["u", "/mnt", "xme"]
    );
}

#[test]
fn a_name_that_the_class_does_not_give_is_refused() {
    let Some(words) = Words::new() else { return };
    let names = [("arguments", json!(["unc"]))];
    let call = json!({ "named": { "unc": "u", "colour": "red" } });
    let error = words.started("%1", call, &names).unwrap_err();
    assert_eq!(error.short_name(), "ArgumentUnknown");
    assert_eq!(error.parameters["argument"], "colour");
    let none = words.started("%1", json!({ "named": {} }), &names);
    if let Some(word) = PLATFORM.missing_argument {
        assert_eq!(none, Ok(vec![word.to_owned()]));
        return;
    }
    let error = none.unwrap_err();
    assert_eq!(error.short_name(), "ArgumentMissing");
    assert_eq!(error.parameters["argument"], "unc");
}

#[test]
fn the_caller_named_in_the_command_line_is_who_called() {
    if lacking(&[Need::Root, Need::TwoUsers]) {
        return;
    }
    let daemon = Daemon::system().telling_callers_apart().start();
    let daemon = &daemon;
    let report = daemon.out("caller");
    let template = format!("report={report} wait -- %U %P");
    daemon.register(&Class::stand_in(daemon, "who", &template).for_everyone());
    let alice = Account::alice();
    daemon.launchctl_as(&alice, &["start", "who", "one"]).ok();
    let got = Report::read(report.as_ref()).words();
    assert!(got[0].ends_with(&alice.name), "{got:?}");
    assert!(!got[0].contains("root"), "{got:?}");
}

#[test]
fn info_shows_the_command_line_quoted_for_a_shell() {
    if lacking(&[Need::Linux("elsewhere it is what the process gets")]) {
        return;
    }
    let Some(words) = Words::new() else { return };
    let daemon = &words.daemon;
    let argument = "it's \"a b\" $x";
    daemon.register(&Class::stand_in(daemon, "quoted", "wait -- %1"));
    daemon.launchctl(&["start", "quoted", "one", argument]).ok();
    let info = daemon.info("quoted", "one");
    assert_eq!(info["arguments"], json!(["wait", "--", argument]));
    let line = info["command_line"].as_str().unwrap();
    let mut shell = std::process::Command::new("sh");
    let script = format!("set -- {line}; printf '%s\\n' \"$#\" \"$4\"");
    let ran = run_with_deadline(shell.arg("-c").arg(script), b"");
    assert_eq!(ran.out, format!("4\n{argument}\n"));
}
