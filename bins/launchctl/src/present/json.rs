//! One JSON document for programs: what the interface's methods return, or
//! the error with its parameters.

use super::{Finding, explained};
use fslaunch_client::Error as Failure;
use fslaunch_protocol::{Reply, escape, varlink};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(super) fn reply(reply: &Reply) -> String {
    match reply {
        Reply::Started(instance) => document(&BTreeMap::from([("instance", instance)])),
        Reply::Stopped => document(&json!({})),
        Reply::Info(info) => document(info),
        Reply::Instances(instances) => document(&BTreeMap::from([("instances", instances)])),
        Reply::Classes(classes) => document(&BTreeMap::from([("classes", classes)])),
    }
}

pub(super) fn failure(failure: &Failure) -> String {
    let name = match failure {
        Failure::Launcher(error) => {
            let message = varlink::encode_error(error);
            let error = message.strip_suffix(&[0]).unwrap_or(&message);
            return document(&serde_json::from_slice::<Value>(error).unwrap_or_default());
        }
        Failure::NotRunning { .. } => "NotRunning",
        Failure::NotAllowed { .. } => "NotAllowed",
        Failure::SecretWithheld { .. } => "SecretWithheld",
        Failure::Busy { .. } => "Busy",
        Failure::Connect { .. } => "Connect",
        Failure::Closed => "Closed",
        Failure::TimedOut => "TimedOut",
        Failure::Io { .. } => "Io",
        Failure::AnswerTooLarge { .. } => "AnswerTooLarge",
        Failure::Unsendable(_) => "Unsendable",
        Failure::Malformed { .. } => "Malformed",
    };
    document(&json!({
        "error": format!("launchctl.{name}"),
        "parameters": { "code": failure.win32(), "message": explained(failure) },
    }))
}

pub(super) fn local_failure(name: &str, cause: &str) -> String {
    document(&json!({
        "error": format!("launchctl.{name}"),
        "parameters": { "message": cause },
    }))
}

pub(super) fn findings(findings: &[Finding]) -> String {
    let shown = |Finding { class, words }: &Finding| json!({ "class": class, "message": words });
    document(&json!({ "findings": findings.iter().map(shown).collect::<Vec<_>>() }))
}

pub(super) fn files(files: &[(String, PathBuf)]) -> String {
    let shown = |(class, file): &(String, PathBuf)| json!({ "class": class, "file": file.to_string_lossy() });
    document(&json!({ "classes": files.iter().map(shown).collect::<Vec<_>>() }))
}

pub(super) fn credentials(all: &[(String, Option<String>)]) -> String {
    let shown =
        |(target, user): &(String, Option<String>)| json!({ "target": target, "user": user });
    document(&json!({ "credentials": all.iter().map(shown).collect::<Vec<_>>() }))
}

fn document(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    escape::json(&text).into_owned() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use fslaunch_protocol::Error;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_reply_is_what_the_interface_returns() {
        assert_eq!(parsed(&reply(&Reply::Stopped)), json!({}));
        assert_eq!(
            parsed(&reply(&Reply::Instances(vec![]))),
            json!({ "instances": [] })
        );
        assert_eq!(
            parsed(&reply(&Reply::Classes(vec![]))),
            json!({ "classes": [] })
        );
    }

    #[test]
    fn a_refusal_has_its_name_its_names_its_code_and_its_text() {
        let error = Error::ClassNotFound {
            class: "foo".into(),
        };
        assert_eq!(
            parsed(&failure(&error.into())),
            json!({
                "error": "org.fslaunch.Launcher.ClassNotFound",
                "parameters": {
                    "class": "foo", "code": 2, "message": "class 'foo' is not registered"
                }
            })
        );
    }

    #[test]
    fn a_failure_of_the_connection_has_a_name_too() {
        let value = parsed(&failure(&Failure::Closed));
        assert_eq!(value["error"], "launchctl.Closed");
        assert_eq!(value["parameters"]["code"], 109);
    }

    #[test]
    fn the_document_moves_no_cursor_and_keeps_every_character() {
        let class = "a\u{1b}\u{9b}2J\u{202e}\u{e0001}ä".to_owned();
        let text = failure(
            &Error::ClassNotFound {
                class: class.clone(),
            }
            .into(),
        );
        assert_eq!(parsed(&text)["parameters"]["class"], class);
        let unfit = |c: char| c != '\n' && escape::line(&c.to_string()) != c.to_string();
        assert!(!text.contains(unfit), "{text}");
    }
}
