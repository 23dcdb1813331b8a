//! What the launcher is asked, encoded once and not while time is taken.

use serde_json::{Value, json};

use crate::failure::Failure;

/// Asks for the instances.
pub(crate) fn list() -> Vec<u8> {
    encode("List", json!({}))
}

/// Starts an instance of a class without credentials.
pub(crate) fn start(class: &str, instance: &str) -> Vec<u8> {
    encode("Start", json!({ "class": class, "instance": instance }))
}

/// Starts an instance of a class with credentials.
pub(crate) fn start_with_secret(class: &str, instance: &str) -> Vec<u8> {
    let parameters = json!({ "class": class, "instance": instance, "secret": "open sesame" });
    encode("Start", parameters)
}

/// Stops an instance.
pub(crate) fn stop(class: &str, instance: &str) -> Vec<u8> {
    encode("Stop", json!({ "class": class, "instance": instance }))
}

/// The process ID of what was started.
pub(crate) fn started(reply: &[u8]) -> Result<u32, Failure> {
    let instance = &accepted(reply)?["instance"];
    let pid = instance["pid"].as_u64().and_then(|pid| pid.try_into().ok());
    pid.ok_or_else(|| Failure::Refused(instance.to_string()))
}

/// How many instances are listed.
pub(crate) fn listed(reply: &[u8]) -> Result<usize, Failure> {
    let parameters = accepted(reply)?;
    let instances = parameters["instances"].as_array().map(Vec::len);
    instances.ok_or_else(|| Failure::Refused(parameters.to_string()))
}

/// What a reply holds, if it is not an error.
pub(crate) fn accepted(reply: &[u8]) -> Result<Value, Failure> {
    let text = reply.strip_suffix(&[0]).unwrap_or(reply);
    match serde_json::from_slice::<Value>(text) {
        Ok(mut reply) if reply.get("error").is_none() => Ok(reply["parameters"].take()),
        Ok(_) | Err(_) => Err(Failure::Refused(String::from_utf8_lossy(text).into_owned())),
    }
}

fn encode(method: &str, parameters: Value) -> Vec<u8> {
    let method = format!("org.fslaunch.Launcher.{method}");
    let call = json!({ "method": method, "parameters": parameters });
    let mut bytes = call.to_string().into_bytes();
    bytes.push(0);
    bytes
}
