//! What the launcher is asked, encoded once and not while time is taken.

use crate::failure::Failure;

/// Asks for the instances.
pub(crate) fn list() -> Vec<u8> {
    encode("L")
}

/// Starts an instance of a class without credentials.
pub(crate) fn start(class: &str, instance: &str) -> Vec<u8> {
    encode(&format!("S{class}|{instance}|"))
}

/// Starts an instance of a class with credentials.
pub(crate) fn start_with_secret(class: &str, instance: &str) -> Vec<u8> {
    encode(&format!("X{class}|{instance}|open sesame|"))
}

/// Stops an instance.
pub(crate) fn stop(class: &str, instance: &str) -> Vec<u8> {
    encode(&format!("T{class}|{instance}|"))
}

/// Whether something was started.
pub(crate) fn started(reply: &[u8]) -> Result<(), Failure> {
    accepted(reply).map(drop)
}

/// How many instances are listed.
pub(crate) fn listed(reply: &[u8]) -> Result<usize, Failure> {
    // The name of its class and its own, each with an end.
    Ok(accepted(reply)?.matches('\0').count() / 2)
}

/// What a reply holds, if it is not an error.
pub(crate) fn accepted(reply: &[u8]) -> Result<String, Failure> {
    if reply.is_empty() {
        return Err(Failure::Closed);
    }
    let (pairs, _) = reply.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    let text = String::from_utf16_lossy(&units);
    match text.strip_prefix('$') {
        Some(data) => Ok(data.to_owned()),
        None => Err(Failure::Refused(text)),
    }
}

/// UTF-16, with NUL for `|`.
fn encode(message: &str) -> Vec<u8> {
    let message = message.replace('|', "\0");
    message.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_counted_and_errors_told() {
        assert_eq!(listed(&encode("$")).unwrap(), 0);
        assert_eq!(listed(&encode("$a|b|a|c|")).unwrap(), 2);
        assert!(listed(&encode("!5|")).is_err());
    }
}
