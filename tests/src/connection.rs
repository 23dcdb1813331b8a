//! A Varlink connection that sends whatever a test wants.

use std::path::Path;

use serde_json::{Value, json};

use crate::PATIENCE;
use crate::system::Stream;

const INTERFACE: &str = "org.fslaunch.Launcher";

/// A connection to the launcher's socket.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    pending: Vec<u8>,
}

/// An error reply.
#[derive(Debug, Clone, PartialEq)]
pub struct CallError {
    /// Name with its interface.
    pub name: String,
    /// What it names.
    pub parameters: Value,
}

impl CallError {
    /// The name without the launcher's interface.
    pub fn short_name(&self) -> &str {
        let own = self
            .name
            .strip_prefix(INTERFACE)
            .and_then(|name| name.strip_prefix('.'));
        own.unwrap_or(&self.name)
    }
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn open(socket: &Path) -> std::io::Result<Self> {
        Ok(Self {
            stream: Stream::connect(socket, PATIENCE)?,
            pending: Vec::new(),
        })
    }

    /// How long sending may wait for the launcher to read.
    ///
    /// # Panics
    /// When the system refuses it.
    pub fn write_timeout(&mut self, limit: std::time::Duration) {
        self.stream
            .set_write_timeout(limit)
            .expect("a time-out can be set");
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the launcher has closed the connection or does not read.
    pub fn send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends one message with its end.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_message(&mut self, message: &Value) -> std::io::Result<()> {
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.send(&bytes)
    }

    /// Ends this side of the connection.
    ///
    /// # Panics
    /// When that is not possible.
    pub fn finish(&mut self) {
        self.stream.finish().expect("one side can be shut");
    }

    /// The next message; nothing when the launcher has closed the connection.
    ///
    /// # Panics
    /// When it does neither in time, or what it sends is not JSON.
    pub fn receive(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.pending.iter().position(|byte| *byte == 0) {
                let rest = self.pending.split_off(end + 1);
                let message = std::mem::replace(&mut self.pending, rest);
                let message = &message[..end];
                return Some(serde_json::from_slice(message).expect("a message is JSON"));
            }
            let mut buffer = [0; 65536];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.pending.extend_from_slice(&buffer[..count]),
                Err(error) => panic!("no reply within {} s: {error}", PATIENCE.as_secs()),
            }
        }
    }

    /// Calls a method of the launcher's interface.
    ///
    /// # Errors
    /// The launcher's error reply.
    ///
    /// # Panics
    /// When there is no reply in time.
    pub fn call(&mut self, method: &str, parameters: Value) -> Result<Value, CallError> {
        self.call_full(&format!("{INTERFACE}.{method}"), parameters)
    }

    /// Calls a method by its full name.
    ///
    /// # Errors
    /// The launcher's error reply.
    ///
    /// # Panics
    /// When there is no reply in time.
    pub fn call_full(&mut self, method: &str, parameters: Value) -> Result<Value, CallError> {
        let message = json!({ "method": method, "parameters": parameters });
        self.send_message(&message).expect("a call can be sent");
        self.reply().expect("a reply before the end")
    }

    /// The next reply; nothing when the launcher has closed the connection.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn reply(&mut self) -> Option<Result<Value, CallError>> {
        let mut reply = self.receive()?;
        let parameters = reply["parameters"].take();
        Some(match reply["error"].as_str() {
            None => Ok(parameters),
            Some(name) => Err(CallError {
                name: name.to_owned(),
                parameters,
            }),
        })
    }
}
