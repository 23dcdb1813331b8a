//! What a call is answered that has something wrong with it.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test may panic"
)]

use fslaunch_protocol::varlink::{
    self, Called, Decoded, Refusal, Rejected, ServiceError, ServiceRequest,
};
use fslaunch_protocol::{Error, Request, Start, Target, limits};
use serde_json::{Value, json};

fn decode(call: &Value) -> Result<Decoded, Rejected> {
    varlink::decode(call.to_string().as_bytes())
}

fn refused(message: impl AsRef<[u8]>) -> Refusal {
    varlink::decode(message.as_ref()).unwrap_err().error
}

fn start(parameters: &str) -> String {
    format!(r#"{{"method": "org.fslaunch.Launcher.Start", "parameters": {parameters}}}"#)
}

fn started(parameters: &str) -> Start {
    match varlink::decode(start(parameters).as_bytes()).map(|call| call.request) {
        Ok(Called::Launcher(Request::Start(start))) => start,
        other => panic!("{other:?}"),
    }
}

fn invalid(parameter: &str) -> Refusal {
    ServiceError::InvalidParameter {
        parameter: parameter.into(),
    }
    .into()
}

fn assert_malformed(message: impl AsRef<[u8]>, cause: &str) {
    match refused(message.as_ref()) {
        Refusal::Launcher(Error::MalformedRequest { reason }) => {
            assert!(reason.contains(cause), "'{reason}' has no '{cause}'");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_no_call_is_malformed_and_says_why() {
    assert_malformed("", "not JSON");
    assert_malformed("GET / HTTP/1.1", "not JSON");
    assert_malformed(b"{\"method\":\"\xff\"}", "not UTF-8 at byte 11");
    assert_malformed("[1]", "not an object");
    assert_malformed("{}", "no method");
    assert_malformed(r#"{"method": null}"#, "no method");
    assert_malformed(r#"{"method": 7}"#, "not a text");
    assert_malformed(r#"{"method": "\ud800"}"#, "not a text");
    assert_malformed(r#"{"method": "a.b", "method": "a.c"}"#, "'method' twice");
    assert_malformed(r#"{"method": "a.b", "oneway": 1}"#, "'oneway' is neither");
    assert_malformed("[".repeat(1 << 20), "not an object");
}

#[test]
fn what_is_not_there_is_named() {
    let called = |method: &str| decode(&json!({ "method": method })).unwrap_err().error;
    let method = "org.fslaunch.Launcher.Reboot".to_owned();
    assert_eq!(
        called(&method),
        ServiceError::MethodNotFound {
            method: method.clone()
        }
        .into()
    );
    let method = "org.varlink.service.Reboot".to_owned();
    assert_eq!(
        called(&method),
        ServiceError::MethodNotFound {
            method: method.clone()
        }
        .into()
    );
    let interface = "org.example.Other".to_owned();
    let error = ServiceError::InterfaceNotFound { interface };
    assert_eq!(called("org.example.Other.Start"), error.into());
    let interface = String::new();
    assert_eq!(
        called("Start"),
        ServiceError::InterfaceNotFound { interface }.into()
    );
}

#[test]
fn an_upgrade_is_not_implemented() {
    let method = "org.fslaunch.Launcher.List".to_owned();
    let call = json!({ "method": method, "upgrade": true });
    let error = ServiceError::MethodNotImplemented { method };
    assert_eq!(decode(&call).unwrap_err().error, error.into());
}

#[test]
fn oneway_is_known_also_of_a_call_that_is_rejected() {
    let call = json!({ "method": "org.fslaunch.Launcher.Stop", "oneway": true });
    let rejected = decode(&call).unwrap_err();
    assert!(rejected.oneway);
    assert_eq!(rejected.error, invalid("class"));
}

#[test]
fn every_method_may_be_called_with_more() {
    let call = json!({ "method": "org.fslaunch.Launcher.List", "parameters": null, "more": true });
    let expected = Decoded {
        request: Called::Launcher(Request::List),
        oneway: false,
        more: true,
    };
    assert_eq!(decode(&call), Ok(expected));
}

#[test]
fn members_of_the_call_that_varlink_may_add_are_ignored() {
    let call = json!({ "method": "org.fslaunch.Launcher.List", "id": { "a": [1] } });
    assert!(decode(&call).is_ok());
}

#[test]
fn the_service_interface_is_told_from_the_launchers() {
    let call = json!({ "method": "org.varlink.service.GetInfo" });
    assert_eq!(
        decode(&call).unwrap().request,
        Called::Service(ServiceRequest::GetInfo)
    );
    let method = "org.varlink.service.GetInterfaceDescription";
    let call = json!({ "method": method, "parameters": { "interface": "a.b" } });
    let request = ServiceRequest::GetInterfaceDescription {
        interface: "a.b".into(),
    };
    assert_eq!(decode(&call).unwrap().request, Called::Service(request));
    assert_eq!(
        refused(json!({ "method": method }).to_string()),
        invalid("interface")
    );
}

#[test]
fn an_unknown_or_repeated_parameter_is_never_ignored() {
    let call = |more: &str| start(&format!(r#"{{"class": "c", "instance": "i", {more}}}"#));
    assert_eq!(refused(call(r#""secert": "x""#)), invalid("secert"));
    assert_eq!(refused(call(r#""class": "d""#)), invalid("class"));
    assert_eq!(
        refused(call(r#""named": {"a": "1", "a": "2"}"#)),
        invalid("named")
    );
    assert_eq!(
        refused(call(&format!(
            r#""x": {}1{}"#,
            "[".repeat(9999),
            "]".repeat(9999)
        ))),
        invalid("x")
    );
    let list = r#"{"method": "org.fslaunch.Launcher.List", "parameters": {"class": "c"}}"#;
    assert_eq!(refused(list), invalid("class"));
}

#[test]
fn parameters_that_are_no_object_are_invalid() {
    for parameters in ["[]", "7", "\"x\""] {
        assert_eq!(refused(start(parameters)), invalid("parameters"));
    }
}

#[test]
fn a_text_with_half_a_surrogate_pair_is_invalid() {
    for field in ["class", "instance", "secret"] {
        let call = json!({ "class": "c", "instance": "i", "secret": "s" });
        let parameters = call.to_string().replace(
            &format!("\"{field}\":"),
            &format!("\"{field}\":\"\\ud800\",\"_\":"),
        );
        assert_eq!(refused(start(&parameters)), invalid(field));
    }
    let parameters = r#"{"class": "c", "instance": "i", "arguments": ["\udc00"]}"#;
    assert_eq!(refused(start(parameters)), invalid("arguments"));
}

#[test]
fn a_nul_in_an_argument_is_refused_by_its_number_or_name() {
    for (parameters, argument) in [
        (
            r#"{"class": "c", "instance": "i", "arguments": ["a", "b\u0000--evil"]}"#,
            "2",
        ),
        (
            r#"{"class": "c", "instance": "i", "named": {"unc": "\u0000"}}"#,
            "unc",
        ),
    ] {
        match refused(start(parameters)) {
            Refusal::Launcher(Error::ArgumentInvalid {
                argument: named, ..
            }) => {
                assert_eq!(named, argument);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn arguments_arrive_with_exactly_their_characters() {
    let strange = ["", " ", "a \"b\" \\", "line\nline", "--evil", "ä€😀", "%1"];
    let parameters = json!({ "class": "c", "instance": "i", "arguments": strange });
    assert_eq!(started(&parameters.to_string()).arguments, strange);
}

#[test]
fn a_secret_arrives_unescaped() {
    let parameters = r#"{"class": "c", "instance": "i", "secret": "p\u00e4ss\"w\\\ud83d\ude00"}"#;
    let secret = started(parameters).secret.unwrap();
    assert_eq!(secret.expose(), "päss\"w\\😀");
}

#[test]
fn the_limits_of_arguments_and_secrets_hold() {
    let ten = json!({ "class": "c", "instance": "i", "arguments": vec!["x"; 10] });
    let error = Error::TooManyArguments {
        count: 10,
        limit: 9,
    };
    assert_eq!(refused(start(&ten.to_string())), error.into());
    let long = "x".repeat(limits::ARGUMENT_BYTES + 1);
    for (name, value) in [("arguments", json!([long])), ("secret", json!(long))] {
        let parameters = json!({ "class": "c", "instance": "i", name: value }).to_string();
        let refusal = refused(start(&parameters));
        assert!(
            matches!(refusal, Refusal::Launcher(Error::ArgumentInvalid { .. })),
            "{refusal:?}"
        );
    }
}

#[test]
fn an_instance_may_have_an_empty_name() {
    let call = json!({
        "method": "org.fslaunch.Launcher.Stop",
        "parameters": { "class": "c", "instance": "" }
    });
    let request = Called::Launcher(Request::Stop(Target::new("c", "")));
    assert_eq!(decode(&call).unwrap().request, request);
}
