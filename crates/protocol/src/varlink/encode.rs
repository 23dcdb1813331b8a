//! Calls, replies and errors as messages, each with its NUL.

use super::buffer::Buffer;
use super::{INTERFACE, Method};
use crate::{Class, Error, Info, Instance, Reply, Request, Start, Target};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use zeroize::Zeroizing;

/// How a call wants to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// Not at all.
    pub oneway: bool,
    /// With more than one reply, if there is more to say.
    pub more: bool,
}

#[derive(Serialize)]
struct Call<'a> {
    method: String,
    parameters: Parameters<'a>,
    #[serde(skip_serializing_if = "is_false")]
    oneway: bool,
    #[serde(skip_serializing_if = "is_false")]
    more: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Parameters<'a> {
    Start(StartParameters<'a>),
    Stop(StopParameters<'a>),
    Target { class: &'a str, instance: &'a str },
    None {},
}

#[derive(Serialize)]
struct StartParameters<'a> {
    class: &'a str,
    instance: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    arguments: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    named: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    while_connected: bool,
}

#[derive(Serialize)]
struct StopParameters<'a> {
    class: &'a str,
    instance: &'a str,
    #[serde(skip_serializing_if = "is_false")]
    if_idle: bool,
}

#[derive(Serialize)]
struct Message<'a> {
    parameters: Results<'a>,
    #[serde(skip_serializing_if = "is_false")]
    continues: bool,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Results<'a> {
    Started { instance: &'a Instance },
    Stopped {},
    Info(&'a Info),
    Instances { instances: &'a [Instance] },
    Classes { classes: &'a [Class] },
}

/// The call that carries a request. It may hold a secret, so its memory is
/// wiped when it is dropped.
pub fn encode_call(request: &Request, flags: Flags) -> Zeroizing<Vec<u8>> {
    let parameters = match request {
        Request::Start(start) => Parameters::Start(start.into()),
        Request::Stop(target) => Parameters::Stop(stop(target, false)),
        Request::StopIdle(target) => Parameters::Stop(stop(target, true)),
        Request::Info(Target { class, instance }) => Parameters::Target { class, instance },
        Request::List | Request::Classes => Parameters::None {},
    };
    let Flags { oneway, more } = flags;
    let call = Call {
        method: Method::of(request).qualified(),
        parameters,
        oneway,
        more,
    };
    let mut buffer = Buffer::default();
    write(&mut buffer, &call);
    buffer.into_bytes()
}

fn stop(Target { class, instance }: &Target, if_idle: bool) -> StopParameters<'_> {
    StopParameters {
        class,
        instance,
        if_idle,
    }
}

impl<'a> From<&'a Start> for StartParameters<'a> {
    fn from(start: &'a Start) -> Self {
        let Start {
            class,
            instance,
            arguments,
            named,
            secret,
            while_connected,
        } = start;
        Self {
            class,
            instance,
            arguments,
            named,
            secret: secret.as_ref().map(crate::Secret::expose),
            while_connected: *while_connected,
        }
    }
}

/// The reply to a call. `continues` says that another will follow, which only
/// a call with `more` may get.
pub fn encode_reply(reply: &Reply, continues: bool) -> Vec<u8> {
    let parameters = match reply {
        Reply::Started(instance) => Results::Started { instance },
        Reply::Stopped => Results::Stopped {},
        Reply::Info(info) => Results::Info(info),
        Reply::Instances(instances) => Results::Instances { instances },
        Reply::Classes(classes) => Results::Classes { classes },
    };
    ended(&Message {
        parameters,
        continues,
    })
}

/// The error as the answer to a call, with its code and its text.
pub fn encode_error(error: &Error) -> Vec<u8> {
    let (name, mut parameters) = if let Error::Unknown { name, .. } = error {
        (name.clone(), json!({}))
    } else {
        let mut value = serde_json::to_value(error).unwrap_or_default();
        let name = format!("{INTERFACE}.{}", error.name());
        (name, value["parameters"].take())
    };
    parameters["code"] = Value::from(error.win32());
    parameters["message"] = Value::from(error.to_string());
    ended(&json!({ "error": name, "parameters": parameters }))
}

/// A message with its NUL.
pub(super) fn ended(message: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256);
    write(&mut bytes, message);
    bytes
}

fn write(mut out: impl Write, message: &impl Serialize) {
    let written = serde_json::to_writer(&mut out, message);
    // Only a failing writer, or a map with keys that are no texts, could
    // make this fail; there is neither.
    debug_assert!(written.is_ok(), "{written:?}");
    let nul = out.write_all(&[0]);
    debug_assert!(nul.is_ok(), "{nul:?}");
}

fn is_false(flag: &bool) -> bool {
    !flag
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;

    fn text(message: &[u8]) -> &str {
        std::str::from_utf8(message).unwrap()
    }

    #[test]
    fn a_start_has_only_the_parameters_that_were_given() {
        let mut start = Start {
            class: "memfs64".into(),
            instance: "share".into(),
            ..Start::default()
        };
        let message = encode_call(&Request::Start(start.clone()), Flags::default());
        assert_eq!(
            text(&message),
            "{\"method\":\"org.fslaunch.Launcher.Start\",\
             \"parameters\":{\"class\":\"memfs64\",\"instance\":\"share\"}}\0"
        );
        start.arguments = vec!["Z:".into()];
        start.named = BTreeMap::from([("unc".into(), "x".into())]);
        start.secret = Some(Secret::new("\"".into()));
        let message = encode_call(&Request::Start(start), Flags::default());
        assert_eq!(
            text(&message).split_once("share\",").map(|(_, rest)| rest),
            Some("\"arguments\":[\"Z:\"],\"named\":{\"unc\":\"x\"},\"secret\":\"\\\"\"}}\0")
        );
    }

    #[test]
    fn flags_are_sent_when_they_are_set() {
        let flags = Flags {
            oneway: true,
            more: false,
        };
        assert_eq!(
            text(&encode_call(&Request::List, flags)),
            "{\"method\":\"org.fslaunch.Launcher.List\",\"parameters\":{},\"oneway\":true}\0"
        );
        assert_eq!(
            text(&encode_reply(&Reply::Stopped, true)),
            "{\"parameters\":{},\"continues\":true}\0"
        );
    }

    #[test]
    fn an_error_carries_its_code_and_its_text() {
        let error = Error::ShuttingDown {};
        assert_eq!(
            text(&encode_error(&error)),
            "{\"error\":\"org.fslaunch.Launcher.ShuttingDown\",\"parameters\":\
             {\"code\":1115,\"message\":\"the launcher is shutting down\"}}\0"
        );
    }
}
