//! Words for people, beginning as the original's.

use super::{Finding, explained};
use crate::exit;
use crate::outcome::Outcome;
use fslaunch_client::Error as Failure;
use fslaunch_protocol::escape::{line, lines};
use fslaunch_protocol::{Class, Error, Info, Instance, Reply};
use std::fmt::Write;
use std::path::PathBuf;

pub(super) fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Started(_) | Reply::Stopped => "OK\n".to_owned(),
        Reply::Info(info) => format!("OK\n{}", described(info)),
        Reply::Instances(instances) => listed(instances, name),
        Reply::Classes(classes) => {
            let classes = classes
                .iter()
                .map(|class| format!("{}\n", summed_up(class)));
            format!("OK\n{}", classes.collect::<String>())
        }
    }
}

pub(super) fn list_with_states(instances: &[Instance]) -> String {
    listed(instances, |instance| match &instance.failure {
        Some(failure) => format!("{} {}: {}", name(instance), instance.state, line(failure)),
        None => format!("{} {}", name(instance), instance.state),
    })
}

pub(super) fn credentials(all: &[(String, Option<String>)]) -> String {
    let lines = all.iter().map(|(target, user)| match user {
        Some(user) => format!("{} {}\n", line(target), line(user)),
        None => format!("{}\n", line(target)),
    });
    format!("OK\n{}", lines.collect::<String>())
}

/// The original ends a list that is not empty with an empty line.
fn listed(instances: &[Instance], shown: impl Fn(&Instance) -> String) -> String {
    if instances.is_empty() {
        return "OK\n".to_owned();
    }
    let lines = instances.iter().map(|instance| shown(instance) + "\n");
    format!("OK\n{}\n", lines.collect::<String>())
}

fn name(instance: &Instance) -> String {
    format!("{} {}", line(&instance.class), line(&instance.instance))
}

fn described(info: &Info) -> String {
    let instance = &info.instance;
    let mut text = format!("{}\n{}\n", name(instance), line(&info.command_line));
    let pid = instance.pid.map(|pid| pid.to_string());
    let facts = [
        ("state", Some(instance.state.name())),
        ("pid", pid.as_deref()),
        ("started by", Some(instance.starter.as_str())),
        ("runs as", Some(instance.run_as.as_str())),
        ("since", Some(instance.since.as_str())),
        ("mount point", instance.mount_point.as_deref()),
        ("failure", instance.failure.as_deref()),
    ];
    for (what, value) in facts {
        // What WinFsp's launcher does not tell is empty.
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            // Writing to a text can't fail.
            let _ = writeln!(text, "{what}: {}", line(value));
        }
    }
    if let Some(output) = info.output.as_deref().filter(|output| !output.is_empty()) {
        text.push_str("output:\n");
        text.push_str(&indented(output));
    }
    text
}

/// Each line stands apart from ours, so none can pass for one of them.
fn indented(output: &str) -> String {
    let output = lines(output);
    output.lines().map(|line| format!("  {line}\n")).collect()
}

/// No class name has a `:`.
fn summed_up(class: &Class) -> String {
    let name = line(&class.class);
    if let Some(problem) = &class.problem {
        return format!("{name}: can't be used: {}", line(problem));
    }
    let mut text = match class.instances {
        1 => format!("{name}: 1 instance"),
        count => format!("{name}: {count} instances"),
    };
    if !class.arguments.is_empty() {
        let _ = write!(text, "; arguments {}", line(&class.arguments.join(", ")));
    }
    text.push_str(match class.credentials {
        0 => "",
        3 => "; needs user name and password",
        _ => "; needs a password",
    });
    text
}

pub(super) fn failure(failure: &Failure) -> Outcome {
    if let Failure::Launcher(error) = failure {
        return refused(error);
    }
    let cause = explained(failure);
    Outcome {
        err: format!(
            "KO CallNamedPipe = {} ({})\n",
            failure.win32(),
            line(&cause)
        ),
        ..Outcome::default()
    }
}

fn refused(error: &Error) -> Outcome {
    let cause = error.to_string();
    let mut outcome = Outcome {
        out: format!("KO launcher: error {} ({})\n", number(error), line(&cause)),
        ..Outcome::default()
    };
    if let Error::ProcessEnded {
        output: Some(output),
        ..
    } = error
        && !output.is_empty()
    {
        outcome.err = format!("It wrote:\n{}", indented(output));
    }
    outcome
}

/// The original's number: of a name that can't be one, that of wrong usage.
fn number(error: &Error) -> u32 {
    if matches!(error, Error::InvalidName { .. }) {
        return exit::WRONG.into();
    }
    error.win32()
}

pub(super) fn local_failure(cause: &str) -> String {
    format!("KO launchctl ({})\n", line(cause))
}

pub(super) fn findings(findings: &[Finding]) -> String {
    let shown = |finding: &Finding| format!("{}\n", line(&finding.words));
    match findings.len() {
        0 => "OK\n".to_owned(),
        count => {
            let things = if count == 1 { "thing" } else { "things" };
            let found: String = findings.iter().map(shown).collect();
            format!("KO launchctl ({count} {things} to look at)\n{found}")
        }
    }
}

pub(super) fn files(files: &[(String, PathBuf)]) -> String {
    let shown = |(class, file): &(String, PathBuf)| {
        let text = format!("{class} {}", file.display());
        format!("{}\n", line(&text))
    };
    format!("OK\n{}", files.iter().map(shown).collect::<String>())
}

pub(super) fn remarks(remarks: &[String]) -> String {
    remarks
        .iter()
        .map(|remark| format!("{}\n", line(remark)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fslaunch_protocol::State;

    fn instance(instance: &str) -> Instance {
        Instance {
            class: "memfs64".into(),
            instance: instance.into(),
            state: State::Running,
            pid: Some(42),
            starter: "alice".into(),
            run_as: "bob".into(),
            since: "2026-01-02T03:04:05Z".into(),
            mount_point: Some("/mnt/z".into()),
            failure: None,
        }
    }

    #[test]
    fn start_stop_and_an_empty_list_say_ok() {
        assert_eq!(reply(&Reply::Started(instance("share"))), "OK\n");
        assert_eq!(reply(&Reply::Stopped), "OK\n");
        assert_eq!(reply(&Reply::Instances(vec![])), "OK\n");
    }

    #[test]
    fn a_list_has_the_words_of_the_original() {
        let instances = vec![instance("one"), instance("two")];
        let expected = "OK\nmemfs64 one\nmemfs64 two\n\n";
        assert_eq!(reply(&Reply::Instances(instances)), expected);
    }

    #[test]
    fn a_list_of_all_tells_the_states_and_why_one_failed() {
        let failed = Instance {
            state: State::Failed,
            failure: Some("exit code 3".into()),
            ..instance("two")
        };
        assert_eq!(
            list_with_states(&[instance("one"), failed]),
            "OK\nmemfs64 one running\nmemfs64 two failed: exit code 3\n\n"
        );
    }

    #[test]
    fn info_begins_with_the_words_of_the_original() {
        let info = Info {
            instance: instance("share"),
            command_line: "/bin/memfs -u '\\memfs64\\share'".into(),
            arguments: vec![],
            output: Some("one\ntwo".into()),
        };
        assert_eq!(
            reply(&Reply::Info(Box::new(info))),
            "OK\nmemfs64 share\n/bin/memfs -u '\\memfs64\\share'\nstate: running\npid: 42\n\
             started by: alice\nruns as: bob\nsince: 2026-01-02T03:04:05Z\n\
             mount point: /mnt/z\noutput:\n  one\n  two\n"
        );
    }

    #[test]
    fn what_is_not_known_of_an_instance_is_left_out() {
        let info = Info {
            instance: Instance {
                pid: None,
                starter: String::new(),
                run_as: String::new(),
                since: String::new(),
                mount_point: None,
                ..instance("share")
            },
            command_line: "memfs".into(),
            arguments: vec![],
            output: None,
        };
        assert_eq!(
            reply(&Reply::Info(Box::new(info))),
            "OK\nmemfs64 share\nmemfs\nstate: running\n"
        );
    }

    #[test]
    fn neither_names_nor_output_reach_the_terminal_as_they_are() {
        let evil = "a\u{1b}[2Jb\nOK";
        let info = Info {
            instance: instance(evil),
            command_line: evil.into(),
            arguments: vec![],
            output: Some(evil.into()),
        };
        for text in [
            reply(&Reply::Instances(vec![instance(evil)])),
            list_with_states(&[instance(evil)]),
            reply(&Reply::Info(Box::new(info))),
            local_failure(evil),
            files(&[(evil.into(), evil.into())]),
            remarks(&["remark".into(), evil.into()]),
        ] {
            assert!(!text.contains('\u{1b}'), "{text}");
            assert!(text.lines().skip(1).all(|line| line != "OK"), "{text}");
        }
    }

    #[test]
    fn a_class_tells_its_arguments_or_its_problem() {
        let class = Class {
            class: "memfs64".into(),
            problem: None,
            instances: 1,
            arguments: vec!["unc".into(), "mount-point".into()],
            credentials: 1,
            start_timeout: None,
        };
        let plain = Class {
            instances: 0,
            arguments: vec![],
            credentials: 0,
            ..class.clone()
        };
        let broken = Class {
            problem: Some("line 3: no value".into()),
            ..plain.clone()
        };
        assert_eq!(
            reply(&Reply::Classes(vec![class, plain, broken])),
            "OK\nmemfs64: 1 instance; arguments unc, mount-point; needs a password\n\
             memfs64: 0 instances\nmemfs64: can't be used: line 3: no value\n"
        );
    }

    #[test]
    fn a_refusal_is_the_originals_number_and_a_cause() {
        let error = Error::ClassNotFound {
            class: "foo".into(),
        };
        let outcome = failure(&error.into());
        assert_eq!(
            outcome.out,
            "KO launcher: error 2 (class 'foo' is not registered)\n"
        );
        assert_eq!(outcome.err, "");
    }

    #[test]
    fn a_name_that_can_not_be_one_has_the_number_of_wrong_usage() {
        let error = Error::InvalidName {
            what: "class name".into(),
            name: "x".repeat(300),
            reason: "it is too long".into(),
        };
        let out = failure(&error.into()).out;
        assert!(out.starts_with("KO launcher: error 87 ("), "{out}");
    }

    #[test]
    fn what_the_process_wrote_follows_on_standard_error() {
        let error = Error::ProcessEnded {
            class: "memfs64".into(),
            instance: "share".into(),
            exit_code: Some(3),
            signal: None,
            reason: "exit code 3".into(),
            output: Some("bad option\n".into()),
        };
        let outcome = failure(&error.into());
        let cause = r"the process of \\memfs64\share ended before it was ready: exit code 3";
        assert_eq!(outcome.out, format!("KO launcher: error 1067 ({cause})\n"));
        assert_eq!(outcome.err, "It wrote:\n  bad option\n");
    }

    #[test]
    fn without_a_launcher_the_words_are_on_standard_error() {
        let source = std::io::Error::from(std::io::ErrorKind::NotFound);
        let address = "/run/x".into();
        let outcome = failure(&Failure::NotRunning { address, source });
        assert_eq!(outcome.out, "");
        assert_eq!(
            outcome.err,
            "KO CallNamedPipe = 2 (no launcher listens on /run/x \
             (is fslaunchd running?): entity not found)\n"
        );
    }
}
