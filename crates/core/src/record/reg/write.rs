//! Classes as `.reg` text.

use super::hex_text;
use crate::record::{Kind, Registration, Value};

/// Where classes are registered on a 64-bit system: the 32-bit view (launcher
/// specification, section 4).
const SERVICES: &str = r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\WinFsp\Services";

pub(super) fn export<'a>(registrations: impl IntoIterator<Item = &'a Registration>) -> String {
    let mut text = String::from("Windows Registry Editor Version 5.00\r\n");
    for registration in registrations {
        text.push_str(&format!("\r\n[{SERVICES}\\{}]\r\n", registration.class()));
        for (name, value) in registration.values() {
            let name = if name.is_empty() {
                "@".to_owned()
            } else {
                quoted(name)
            };
            let data = data(value, name.len() + 1);
            text.push_str(&format!("{name}={data}\r\n"));
        }
    }
    text
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// What follows `=`, which stands at `offset`.
fn data(value: &Value, offset: usize) -> String {
    match value {
        Value::Text(text) if !text.contains(char::is_control) => quoted(text),
        Value::Number(number) => format!("dword:{number:08x}"),
        Value::Text(_)
        | Value::ExpandText(_)
        | Value::Number64(_)
        | Value::List(_)
        | Value::Bytes(..) => {
            let (kind, bytes) = value.to_bytes();
            hex(kind, &bytes, offset)
        }
    }
}

/// Lines of at most 80 characters, as the registry editor writes them.
fn hex(kind: Kind, bytes: &[u8], offset: usize) -> String {
    let mut data = match kind {
        Kind::BINARY => "hex:".to_owned(),
        Kind(kind) => format!("hex({kind:x}):"),
    };
    let mut column = offset + data.len();
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            data.push(',');
            if column > 76 {
                data.push_str("\\\r\n  ");
                column = 2;
            }
        }
        data.push_str(&hex_text(&[*byte]));
        column += 3;
    }
    data
}
