//! Reading a call: bytes that anybody may have sent become a request, or the
//! error that says what is wrong with them.

use super::object::{Object, Unreadable};
use super::service::SERVICE;
use super::text::unescape;
use super::{INTERFACE, Method, ServiceError, ServiceRequest, encode_error};
use crate::{Error, Request, Secret, Start, Target};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// A call that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// What is asked.
    pub request: Called,
    /// No reply is wanted, and none may be sent.
    pub oneway: bool,
    /// More than one reply is understood.
    pub more: bool,
}

/// Whom a call is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// The launcher.
    Launcher(Request),
    /// The service itself, which can answer right away.
    Service(ServiceRequest),
}

/// A call that is answered with an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The error.
    pub error: Refusal,
    /// No reply is wanted, so not even the error may be sent.
    pub oneway: bool,
}

/// An error of one of the two interfaces.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub enum Refusal {
    /// Of the launcher.
    Launcher(#[from] Error),
    /// Of `org.varlink.service`.
    Service(#[from] ServiceError),
}

impl Refusal {
    /// The error as a message, with its NUL.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Launcher(error) => encode_error(error),
            Self::Service(error) => error.encode(),
        }
    }
}

/// Reads a message without its NUL, and checks the limits that hold for any
/// request. Members beside `method`, `parameters`, `oneway`, `more` and
/// `upgrade` are ignored, as Varlink may grow; unknown parameters are not.
///
/// # Errors
/// [`Error::MalformedRequest`] for what is no call; the errors of
/// `org.varlink.service` for a call of something that is not there, or with
/// parameters that do not fit; those of [`Start::check`].
pub fn decode(message: &[u8]) -> Result<Decoded, Rejected> {
    let mut oneway = false;
    let decoded = envelope(message).and_then(|mut call| {
        oneway = flag(&mut call, "oneway")?;
        let more = flag(&mut call, "more")?;
        let request = called(&mut call)?;
        if let Called::Launcher(Request::Start(start)) = &request {
            start.check()?;
        }
        Ok(Decoded {
            request,
            oneway,
            more,
        })
    });
    decoded.map_err(|error| Rejected { error, oneway })
}

fn envelope(message: &[u8]) -> Result<Object<'_>, Refusal> {
    let text = std::str::from_utf8(message)
        .map_err(|error| malformed(format!("it is not UTF-8 at byte {}", error.valid_up_to())))?;
    let call = Object::parse(text).map_err(|fault| match fault {
        Unreadable::NotJson(why) => malformed(format!("it is not JSON: {why}")),
        Unreadable::NotAnObject => malformed("it is not an object"),
    })?;
    match call.repeated() {
        Some(member) => Err(malformed(format!("it has '{member}' twice"))),
        None => Ok(call),
    }
}

fn flag(call: &mut Object<'_>, name: &str) -> Result<bool, Refusal> {
    match call.take(name).map(RawValue::get) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(malformed(format!("'{name}' is neither true nor false"))),
    }
}

fn called(call: &mut Object<'_>) -> Result<Called, Refusal> {
    let method = call
        .take("method")
        .ok_or_else(|| malformed("it names no method"))?;
    let method: String = serde_json::from_str(method.get())
        .map_err(|_| malformed("the name of its method is not a text"))?;
    let upgrade = flag(call, "upgrade")?;
    let parameters = call.take("parameters").map_or("{}", RawValue::get);
    match method.rsplit_once('.') {
        Some((INTERFACE, name)) => {
            let known = Method::named(name).ok_or_else(|| not_found(&method))?;
            not_upgraded(upgrade, &method)?;
            Parameters::read(parameters, |p| launcher_request(known, p)).map(Called::Launcher)
        }
        Some((SERVICE, name @ ("GetInfo" | "GetInterfaceDescription"))) => {
            not_upgraded(upgrade, &method)?;
            Parameters::read(parameters, |p| service_request(name, p)).map(Called::Service)
        }
        Some((SERVICE, _)) => Err(not_found(&method)),
        other => {
            let interface = other.map_or("", |(interface, _)| interface).to_owned();
            Err(ServiceError::InterfaceNotFound { interface }.into())
        }
    }
}

fn launcher_request(method: Method, p: &mut Parameters<'_>) -> Result<Request, Refusal> {
    Ok(match method {
        Method::Start => Request::Start(start(p)?),
        Method::Stop => {
            let target = target(p)?;
            match p.optional("if_idle")?.unwrap_or_default() {
                true => Request::StopIdle(target),
                false => Request::Stop(target),
            }
        }
        Method::Info => Request::Info(target(p)?),
        Method::List => Request::List,
        Method::Classes => Request::Classes,
    })
}

fn service_request(name: &str, p: &mut Parameters<'_>) -> Result<ServiceRequest, Refusal> {
    if name == "GetInfo" {
        return Ok(ServiceRequest::GetInfo);
    }
    let interface = p.required("interface")?;
    Ok(ServiceRequest::GetInterfaceDescription { interface })
}

fn target(p: &mut Parameters<'_>) -> Result<Target, Refusal> {
    Ok(Target {
        class: p.required("class")?,
        instance: p.required("instance")?,
    })
}

fn start(p: &mut Parameters<'_>) -> Result<Start, Refusal> {
    let Target { class, instance } = target(p)?;
    Ok(Start {
        class,
        instance,
        arguments: p.optional("arguments")?.unwrap_or_default(),
        named: p
            .with("named", |value| {
                let named = Object::parse(value).ok()?;
                named.repeated().is_none().then(|| named.into_texts())?
            })?
            .unwrap_or_default(),
        secret: p.with("secret", unescape)?.map(Secret::from),
        while_connected: p.optional("while_connected")?.unwrap_or_default(),
    })
}

/// The parameters of a call, each to be taken once.
struct Parameters<'a>(Object<'a>);

impl<'a> Parameters<'a> {
    /// Reads what `take` takes, and makes sure that nothing is left over: a
    /// mistyped `secret` must not start something without its secret.
    fn read<T>(
        text: &'a str,
        take: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut parameters = Self(Object::parse(text).map_err(|_| invalid("parameters"))?);
        if let Some(name) = parameters.0.repeated() {
            return Err(invalid(name));
        }
        let taken = take(&mut parameters)?;
        match parameters.0.left_over() {
            Some(name) => Err(invalid(name)),
            None => Ok(taken),
        }
    }

    fn required<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Refusal> {
        self.optional(name)?.ok_or_else(|| invalid(name))
    }

    fn optional<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, Refusal> {
        self.with(name, |value| serde_json::from_str(value).ok())
    }

    fn with<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let value = self.0.take(name);
        value
            .map(|value| read(value.get()).ok_or_else(|| invalid(name)))
            .transpose()
    }
}

fn not_upgraded(upgrade: bool, method: &str) -> Result<(), Refusal> {
    match upgrade {
        false => Ok(()),
        true => Err(ServiceError::MethodNotImplemented {
            method: method.to_owned(),
        }
        .into()),
    }
}

fn malformed(reason: impl Into<String>) -> Refusal {
    Error::MalformedRequest {
        reason: reason.into(),
    }
    .into()
}

fn not_found(method: &str) -> Refusal {
    ServiceError::MethodNotFound {
        method: method.to_owned(),
    }
    .into()
}

fn invalid(parameter: &str) -> Refusal {
    ServiceError::InvalidParameter {
        parameter: parameter.to_owned(),
    }
    .into()
}
