//! The interface file against the Rust types: every type, method, error and
//! field, what may be null, and the code in each error's comment.
#![allow(
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test may panic"
)]

mod parser;

use fslaunch_protocol::varlink::{self, Called, Flags, Method, Refusal, ServiceError};
use fslaunch_protocol::{
    Class, Error, Info, Instance, Reply, Request, Secret, Start, State, Target,
};
use parser::{Field, Fields, Interface};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

fn interface() -> Interface {
    parser::parse(varlink::DESCRIPTION)
}

fn instance() -> Instance {
    Instance {
        class: "memfs64".into(),
        instance: "share".into(),
        state: State::Running,
        pid: Some(42),
        starter: "alice".into(),
        run_as: "alice".into(),
        since: "2026-01-02T03:04:05Z".into(),
        mount_point: Some("/mnt/z".into()),
        failure: Some("exit code 3".into()),
    }
}

fn class() -> Class {
    Class {
        class: "memfs64".into(),
        problem: Some("no such file".into()),
        instances: 1,
        arguments: vec!["unc".into()],
        credentials: 1,
        start_timeout: Some(15),
    }
}

fn info() -> Info {
    Info {
        instance: instance(),
        command_line: "memfs -i".into(),
        arguments: vec!["x".into()],
        output: Some("text".into()),
    }
}

/// Asserts that the object has exactly these fields with values of their types.
fn assert_fits(interface: &Interface, what: &str, object: &Value, fields: &Fields) {
    let object = object
        .as_object()
        .unwrap_or_else(|| panic!("{what} is no object"));
    let names: Vec<_> = fields.iter().map(|field| &field.name).collect();
    let mut keys: Vec<_> = object.keys().collect();
    let mut sorted = names.clone();
    keys.sort();
    sorted.sort();
    assert_eq!(keys, sorted, "fields of {what}");
    for Field { name, kind } in fields {
        let what = format!("{what}.{name}");
        assert_kind(interface, &what, &object[name], kind);
    }
}

fn assert_kind(interface: &Interface, what: &str, value: &Value, kind: &str) {
    if let Some(kind) = kind.strip_prefix('?') {
        assert!(
            !value.is_null(),
            "{what}: give an example of all that is nullable"
        );
        return assert_kind(interface, what, value, kind);
    }
    if let Some(kind) = kind.strip_prefix("[]") {
        let values = value
            .as_array()
            .unwrap_or_else(|| panic!("{what} is no array"));
        assert!(!values.is_empty(), "{what}: give an example");
        return values
            .iter()
            .for_each(|value| assert_kind(interface, what, value, kind));
    }
    if let Some(kind) = kind.strip_prefix("[string]") {
        let values = value
            .as_object()
            .unwrap_or_else(|| panic!("{what} is no map"));
        return values
            .values()
            .for_each(|value| assert_kind(interface, what, value, kind));
    }
    match kind {
        "string" => assert!(value.is_string(), "{what}: {value}"),
        "int" => assert!(value.is_i64(), "{what}: {value}"),
        "bool" => assert!(value.is_boolean(), "{what}: {value}"),
        name => {
            if let Some((_, names)) = interface.enums.iter().find(|(known, _)| known == name) {
                let value = value.as_str().expect("an enum value is a text");
                assert!(names.iter().any(|name| name == value), "{what}: {value}");
            } else {
                let (_, fields) = interface
                    .structs
                    .iter()
                    .find(|(known, _)| known == name)
                    .unwrap_or_else(|| panic!("{what}: no type {name}"));
                assert_fits(interface, what, value, fields);
            }
        }
    }
}

#[test]
fn the_types_have_the_fields_of_the_interface_file() {
    let interface = interface();
    assert_eq!(interface.name, varlink::INTERFACE);
    let types: BTreeMap<_, _> = interface.structs.iter().cloned().collect();
    assert_eq!(types.keys().collect::<Vec<_>>(), ["Class", "Instance"]);
    assert_fits(
        &interface,
        "Instance",
        &json!(instance()),
        &types["Instance"],
    );
    assert_fits(&interface, "Class", &json!(class()), &types["Class"]);
    assert_nullability::<Instance>(&json!(instance()), &types["Instance"]);
    assert_nullability::<Class>(&json!(class()), &types["Class"]);
    let states = [
        State::Starting,
        State::Running,
        State::Stopping,
        State::Failed,
    ];
    let names = states.map(|state| state.name().to_owned()).to_vec();
    assert_eq!(interface.enums, [("State".to_owned(), names)]);
    for state in states {
        assert_eq!(json!(state), state.name());
    }
}

/// Without a nullable field, or with null in it, the type still reads; and
/// without any other it does not.
fn assert_nullability<T: serde::de::DeserializeOwned>(example: &Value, fields: &Fields) {
    for field in fields {
        let mut without = example.as_object().unwrap().clone();
        without.remove(&field.name);
        let reads = serde_json::from_value::<T>(json!(without)).is_ok();
        assert_eq!(reads, field.nullable(), "without {}", field.name);
        without.insert(field.name.clone(), Value::Null);
        let reads = serde_json::from_value::<T>(json!(without)).is_ok();
        assert_eq!(reads, field.nullable(), "null for {}", field.name);
    }
}

#[test]
fn the_methods_take_the_parameters_of_the_interface_file() {
    let interface = interface();
    let names: Vec<_> = interface
        .methods
        .iter()
        .map(|(name, ..)| name.as_str())
        .collect();
    assert_eq!(names, Method::ALL.map(Method::name));
    for (request, (name, parameters, _)) in requests().iter().zip(&interface.methods) {
        assert_eq!(Method::of(request).name(), name);
        let message = varlink::encode_call(request, Flags::default());
        let call: Value = serde_json::from_slice(message.strip_suffix(&[0]).unwrap()).unwrap();
        assert_eq!(call["method"], format!("{}.{name}", interface.name));
        assert_fits(&interface, name, &call["parameters"], parameters);
        assert_parameters_are_checked(&call, parameters);
    }
}

/// With all the parameters that there are.
fn requests() -> [Request; 5] {
    let start = Start {
        class: "memfs64".into(),
        instance: "share".into(),
        arguments: vec!["x".into()],
        named: BTreeMap::from([("unc".into(), "x".into())]),
        secret: Some(Secret::new("x".into())),
        while_connected: true,
    };
    [
        Request::Start(start),
        Request::StopIdle(Target::new("memfs64", "share")),
        Request::Info(Target::new("memfs64", "share")),
        Request::List,
        Request::Classes,
    ]
}

fn assert_parameters_are_checked(call: &Value, parameters: &Fields) {
    let decoded = |parameters: &Map<String, Value>| {
        let call = json!({ "method": call["method"], "parameters": parameters });
        varlink::decode(call.to_string().as_bytes())
    };
    let refused = |parameters: &Map<String, Value>, name: &str| {
        let parameter = name.to_owned();
        let error = Refusal::Service(ServiceError::InvalidParameter { parameter });
        assert_eq!(decoded(parameters).unwrap_err().error, error);
    };
    let whole = call["parameters"].as_object().unwrap();
    assert!(matches!(
        decoded(whole).unwrap().request,
        Called::Launcher(_)
    ));
    for field in parameters {
        for absent in [None, Some(Value::Null)] {
            let mut without = whole.clone();
            without.remove(&field.name);
            without.extend(absent.map(|null| (field.name.clone(), null)));
            match field.nullable() {
                true => assert!(decoded(&without).is_ok(), "without {}", field.name),
                false => refused(&without, &field.name),
            }
        }
        let wrong = [json!(7), json!([7]), json!({ "a": 7 }), json!(true)];
        let right = |value: &&Value| value.is_boolean() && whole[&field.name].is_boolean();
        for wrong in wrong.iter().filter(|value| !right(value)).cloned() {
            let mut with = whole.clone();
            with.insert(field.name.clone(), wrong);
            refused(&with, &field.name);
        }
    }
    let mut mistyped = whole.clone();
    mistyped.insert("zecret".into(), json!("x"));
    refused(&mistyped, "zecret");
}

#[test]
fn the_replies_have_the_results_of_the_interface_file() {
    let interface = interface();
    let replies = [
        Reply::Started(instance()),
        Reply::Stopped,
        Reply::Info(Box::new(info())),
        Reply::Instances(vec![instance()]),
        Reply::Classes(vec![class()]),
    ];
    let methods = Method::ALL.into_iter().zip(&interface.methods);
    for (reply, (method, (name, _, results))) in replies.iter().zip(methods) {
        let message = varlink::encode_reply(reply, false);
        let json = message.strip_suffix(&[0]).unwrap();
        let value: Value = serde_json::from_slice(json).unwrap();
        assert_fits(&interface, name, &value["parameters"], results);
        let answer = varlink::decode_reply(method, json).unwrap();
        assert_eq!((&answer.reply, answer.continues), (reply, false));
    }
    let (_, _, results) = &interface.methods[2];
    assert_nullability::<Info>(&json!(info()), results);
}

#[test]
fn the_errors_are_those_of_the_interface_file_with_the_same_codes() {
    let interface = interface();
    let examples = Error::examples();
    let known: Vec<_> = examples.iter().map(Error::name).collect();
    let named: Vec<_> = interface
        .errors
        .iter()
        .map(|(name, ..)| name.as_str())
        .collect();
    assert_eq!(known, named);
    for (error, (name, parameters, code)) in examples.iter().zip(&interface.errors) {
        assert_eq!(Some(error.win32()), *code, "code of {name}");
        let message = varlink::encode_error(error);
        let json = message.strip_suffix(&[0]).unwrap();
        let mut value: Value = serde_json::from_slice(json).unwrap();
        assert_eq!(value["error"], format!("{}.{name}", interface.name));
        assert_eq!(value["parameters"]["code"], error.win32());
        assert_eq!(value["parameters"]["message"], error.to_string());
        assert_eq!(error_of(json), *error);
        let object = value["parameters"].as_object_mut().unwrap();
        for field in parameters.iter().filter(|field| field.nullable()) {
            object
                .entry(&field.name)
                .and_modify(|value| fill(value, &field.kind));
        }
        assert_fits(&interface, name, &value["parameters"], parameters);
        assert_errors_nullability(&value, parameters, error);
    }
}

/// An exit code or a signal: an example never has both.
fn fill(value: &mut Value, kind: &str) {
    if value.is_null() && kind == "?int" {
        *value = json!(9);
    }
}

fn assert_errors_nullability(value: &Value, parameters: &Fields, error: &Error) {
    let derived = ["code", "message"];
    for field in parameters
        .iter()
        .filter(|field| !derived.contains(&field.name.as_str()))
    {
        let mut without = value.clone();
        without["parameters"]
            .as_object_mut()
            .unwrap()
            .remove(&field.name);
        let read = error_of(without.to_string().as_bytes());
        assert_eq!(
            read.name() == error.name(),
            field.nullable(),
            "{} of {}",
            field.name,
            error.name()
        );
    }
}

fn error_of(json: &[u8]) -> Error {
    match varlink::decode_reply(Method::Start, json) {
        Err(varlink::ReplyError::Launcher(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_service_interface_describes_the_service_errors() {
    let request = varlink::ServiceRequest::GetInterfaceDescription {
        interface: "org.varlink.service".into(),
    };
    let answer = request.answer();
    let answer: Value = serde_json::from_slice(answer.strip_suffix(&[0]).unwrap()).unwrap();
    let service = parser::parse(answer["parameters"]["description"].as_str().unwrap());
    let errors = [
        ServiceError::InterfaceNotFound {
            interface: "x".into(),
        },
        ServiceError::MethodNotFound { method: "x".into() },
        ServiceError::MethodNotImplemented { method: "x".into() },
        ServiceError::InvalidParameter {
            parameter: "x".into(),
        },
        ServiceError::PermissionDenied {},
        ServiceError::ExpectedMore {},
    ];
    assert_eq!(errors.len(), service.errors.len());
    for (error, (name, parameters, _)) in errors.iter().zip(&service.errors) {
        let value = json!(error);
        assert_eq!(value["error"], format!("org.varlink.service.{name}"));
        assert_fits(&service, name, &value["parameters"], parameters);
    }
    let methods: Vec<_> = service
        .methods
        .iter()
        .map(|(name, ..)| name.as_str())
        .collect();
    assert_eq!(methods, ["GetInfo", "GetInterfaceDescription"]);
}
