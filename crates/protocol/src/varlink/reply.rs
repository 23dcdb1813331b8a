//! Reading the answer to a call: the client's side.

use super::{INTERFACE, Method, ServiceError};
use crate::{Class, Error, Info, Instance, Reply};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A reply that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The reply.
    pub reply: Reply,
    /// Whether another follows.
    pub continues: bool,
}

/// Why there is no reply.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The launcher answered with an error.
    #[error(transparent)]
    Launcher(#[from] Error),
    /// What came is no answer to the call.
    #[error("the answer to {} can't be read: {reason}", method.name())]
    Malformed {
        /// The method that was called.
        method: Method,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Deserialize)]
struct Message {
    error: Option<String>,
    parameters: Option<Value>,
    continues: Option<bool>,
}

#[derive(Deserialize)]
struct Started {
    instance: Instance,
}

#[derive(Deserialize)]
struct Instances {
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Classes {
    classes: Vec<Class>,
}

/// Reads the message, without its NUL, that answers a call of `method`.
/// Members that this program does not know are ignored.
///
/// # Errors
/// The launcher's error, or that the message can't be read.
pub fn decode_reply(method: Method, message: &[u8]) -> Result<Answer, ReplyError> {
    let malformed = |error: serde_json::Error| ReplyError::Malformed {
        method,
        reason: error.to_string(),
    };
    let message: Message = serde_json::from_slice(message).map_err(malformed)?;
    let parameters = message.parameters.unwrap_or_else(|| json!({}));
    if let Some(name) = message.error {
        return Err(error(name, parameters).into());
    }
    let reply = match method {
        Method::Start => read(parameters).map(|Started { instance }| Reply::Started(instance)),
        Method::Stop => Ok(Reply::Stopped),
        Method::Info => read::<Info>(parameters).map(|info| Reply::Info(Box::new(info))),
        Method::List => read(parameters).map(|Instances { instances }| Reply::Instances(instances)),
        Method::Classes => read(parameters).map(|Classes { classes }| Reply::Classes(classes)),
    };
    Ok(Answer {
        reply: reply.map_err(malformed)?,
        continues: message.continues.unwrap_or(false),
    })
}

fn read<T: DeserializeOwned>(parameters: Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(parameters)
}

fn error(name: String, parameters: Value) -> Error {
    let own = name
        .strip_prefix(INTERFACE)
        .and_then(|rest| rest.strip_prefix('.'));
    if let Some(own) = own
        && let Ok(error) = read(json!({ "error": own, "parameters": parameters }))
    {
        return error;
    }
    let standard = read::<ServiceError>(json!({ "error": name, "parameters": parameters }));
    let text = parameters["message"].as_str().map(str::to_owned);
    let code = parameters["code"]
        .as_u64()
        .and_then(|code| code.try_into().ok());
    Error::Unknown {
        message: standard.map_or_else(|_| text.unwrap_or_default(), |error| error.to_string()),
        code: code.unwrap_or(0),
        name,
    }
}
