//! Command lines and what they mean.

use super::*;
use crate::classes::Which;
use crate::options::Scope;
use fslaunch_protocol::Secret;
use std::collections::BTreeMap;

fn parsed(line: &[&str]) -> Result<Invocation, Usage> {
    parse(line.iter().map(OsString::from))
}

fn command(line: &[&str]) -> Command {
    parsed(line).unwrap().command
}

fn wrong(line: &[&str]) -> String {
    parsed(line).unwrap_err().to_string()
}

fn start(class: &str, instance: &str, arguments: &[&str]) -> Start {
    Start {
        class: class.into(),
        instance: instance.into(),
        arguments: arguments.iter().map(ToString::to_string).collect(),
        ..Start::default()
    }
}

fn started(start: Start, from: SecretFrom) -> Command {
    Command::Start {
        start,
        from,
        remember: false,
    }
}

#[test]
fn the_originals_verbs_are_understood() {
    let expected = start("memfs64", "share", &[r"\memfs64\share", "Z:"]);
    let line = ["start", "memfs64", "share", r"\memfs64\share", "Z:"];
    let nowhere = SecretFrom::Nowhere;
    assert_eq!(command(&line), started(expected.clone(), nowhere));
    let line = [
        "startWithSecret",
        "memfs64",
        "share",
        r"\memfs64\share",
        "Z:",
        "pw",
    ];
    let secret = Some(Secret::new("pw".into()));
    let expected = Start { secret, ..expected };
    assert_eq!(command(&line), started(expected, nowhere));
    let target = || Target::new("memfs64", "share");
    assert_eq!(
        command(&["stop", "memfs64", "share"]),
        Command::Stop(target())
    );
    assert_eq!(
        command(&["info", "memfs64", "share"]),
        Command::Info(target())
    );
    assert_eq!(command(&["list"]), Command::List { all: false });
}

#[test]
fn what_follows_the_class_is_taken_as_it_is() {
    let words = ["--json", "--ask-secret", "-o", "a=b", "--", "--help"];
    let line = [&["start", "c"][..], &words].concat();
    let expected = started(start("c", words[0], &words[1..]), SecretFrom::Nowhere);
    assert_eq!(parsed(&line).unwrap().options, Options::default());
    assert_eq!(command(&line), expected);
    let line = ["startWithSecret", "c", "--json", "--ask-secret"];
    let secret = Some(Secret::new("--ask-secret".into()));
    let start = Start {
        secret,
        ..start("c", "--json", &[])
    };
    assert_eq!(command(&line), started(start, SecretFrom::Nowhere));
}

#[test]
fn options_of_a_start_come_before_the_class() {
    let line = [
        "start",
        "-o",
        "unc=\\a=b",
        "-omount-point=",
        "--secret-stdin",
        "c",
        "i",
    ];
    let unc = ("unc".to_owned(), "\\a=b".to_owned());
    let named = BTreeMap::from([unc, ("mount-point".to_owned(), String::new())]);
    let expected = Start {
        named,
        ..start("c", "i", &[])
    };
    assert_eq!(command(&line), started(expected, SecretFrom::StandardInput));
    let line = ["start", "--ask-secret", "--", "-c", "i"];
    let expected = started(start("-c", "i", &[]), SecretFrom::Person);
    assert_eq!(command(&line), expected);
}

#[test]
fn options_of_every_verb_may_come_before_or_after_it() {
    let expected = Options {
        json: true,
        socket: Some("/s".into()),
        pipe: Some("/p".into()),
        classes: Some("/k".into()),
        config_dir: Some("/c".into()),
        scope: Some(Scope::User),
    };
    let options = [
        "--json",
        "--socket",
        "/s",
        "--pipe",
        "/p",
        "--classes=/k",
        "--config-dir=/c",
        "--user",
    ];
    for line in [
        [&options[..], &["start", "c", "i"]].concat(),
        [&["start"], &options[..], &["c", "i"]].concat(),
        [&["list"], &options[..]].concat(),
        [&["stop", "c", "i"], &options[..]].concat(),
    ] {
        assert_eq!(parsed(&line).unwrap().options, expected, "{line:?}");
    }
}

#[test]
fn verbs_of_the_new_kind_are_understood() {
    assert_eq!(command(&["list", "--all"]), Command::List { all: true });
    assert_eq!(command(&["classes"]), Command::Classes);
    for line in [
        ["register", "--force", "a.reg"],
        ["register", "a.reg", "--force"],
    ] {
        let file = "a.reg".into();
        assert_eq!(command(&line), Command::Register { file, force: true });
    }
    let class = "-c".to_owned();
    assert_eq!(
        command(&["unregister", "--", "-c"]),
        Command::Unregister { class }
    );
    for help in ["help", "--help", "-h"] {
        assert_eq!(command(&[help]), Command::Help);
    }
    assert_eq!(command(&["--version"]), Command::Version);
}

#[test]
fn classes_are_exported_by_name_or_all_of_them() {
    let exported = |line: &[&str]| command(&[&["export"], line].concat());
    let named = |names: &[&str]| {
        let names = names.iter().map(ToString::to_string).collect();
        Command::Export(Export::Registry(Which::Named(names)))
    };
    assert_eq!(exported(&["a"]), named(&["a"]));
    assert_eq!(exported(&["a", "--", "--all"]), named(&["a", "--all"]));
    let all = Command::Export(Export::Registry(Which::All));
    assert_eq!(exported(&["--all"]), all);
    let toml = Command::Export(Export::Toml("a".into()));
    assert_eq!(exported(&["a", "--toml"]), toml);
}

#[test]
fn an_export_that_no_file_could_hold_is_wrong_usage() {
    let told = |line: &[&str]| wrong(&[&["export"], line].concat());
    for line in [&["--toml", "a", "b"][..], &["--toml", "--all"]] {
        assert!(told(line).contains("--toml takes one class"), "{line:?}");
    }
    assert!(told(&["--all", "a"]).contains("--all"));
    assert!(told(&["--json", "a"]).contains("never JSON"));
    assert!(told(&["--toml"]).contains("export [--toml] CLASS"));
    assert!(told(&["--force", "a"]).contains("--force"));
}

#[test]
fn wrong_usage_is_told_in_words() {
    assert!(wrong(&[]).contains("say what to do"));
    assert!(wrong(&["strat", "c", "i"]).contains("'strat'"));
    assert!(wrong(&["--jsno", "list"]).contains("--jsno"));
    assert!(wrong(&["start", "--socket"]).contains("--socket"));
    assert!(wrong(&["list", "--json=x"]).contains("--json"));
    assert!(wrong(&["--user", "list", "--system"]).contains("--system"));
    assert!(wrong(&["start", "--ask-secret", "--secret-stdin", "c", "i"]).contains("either"));
    assert!(wrong(&["start", "-o", "=x", "c", "i"]).contains("'=x'"));
    assert!(wrong(&["start", "-o", "x", "c", "i"]).contains("'x'"));
    assert!(wrong(&["start", "-o", "a=1", "-o", "a=2", "c", "i"]).contains("'a'"));
}

#[test]
fn a_wrong_count_shows_the_synopsis() {
    for line in [
        &["start"][..],
        &["start", "c"],
        &["startWithSecret"],
        &["startWithSecret", "c"],
        &["startWithSecret", "c", "i"],
        &["stop", "c"],
        &["stop", "c", "i", "x"],
        &["info"],
        &["list", "c"],
        &["classes", "c"],
        &["register"],
        &["unregister", "c", "d"],
        &["export"],
    ] {
        let synopsis = format!("usage: launchctl {} ", line[0]);
        let told = wrong(line) + " ";
        assert!(told.starts_with(&synopsis), "{line:?}: {told}");
    }
}

#[test]
fn nine_arguments_are_taken_and_ten_are_too_many() {
    let words = ["x"; 10];
    let line = [&["start", "c", "i"][..], &words].concat();
    assert!(parsed(&line[..12]).is_ok());
    assert_eq!(parsed(&line), Err(Usage::TooManyArguments(10)));
    let line = [&["startWithSecret", "c", "i"][..], &words].concat();
    assert!(parsed(&line).is_ok(), "nine and the secret");
}

#[test]
fn what_is_remembered_is_asked_for_named_and_removed() {
    let line = [
        "start",
        "--remember",
        "--ask-secret",
        "c",
        "i",
        "--remember",
    ];
    let expected = Command::Start {
        start: start("c", "i", &["--remember"]),
        from: SecretFrom::Person,
        remember: true,
    };
    assert_eq!(command(&line), expected);
    let list = Command::Credentials(Credentials::List);
    assert_eq!(command(&["credentials", "list"]), list);
    let removed = || Command::Credentials(Credentials::Remove(r"\\vault\one".into()));
    assert_eq!(
        command(&["credentials", "remove", "vault", "one"]),
        removed()
    );
    assert_eq!(
        command(&["credentials", "remove", r"\\vault\one"]),
        removed()
    );
    for line in [
        &["credentials"][..],
        &["credentials", "show"],
        &["credentials", "remove"],
        &["credentials", "remove", "vault"],
        &["credentials", "remove", "a", "b", "c"],
        &["credentials", "list", "x"],
        &["credentials", "list", "--all"],
    ] {
        assert!(parsed(line).is_err(), "{line:?}");
    }
}
