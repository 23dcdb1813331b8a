//! `.reg` text into classes.

use super::{Import, RegError, hex_bytes};
use crate::{
    name::{ClassName, fold},
    record::{Kind, Registration, Value},
};

pub(super) fn import(text: &str) -> Result<Import, RegError> {
    let mut lines = text.lines().enumerate().map(|(index, line)| Line {
        number: index + 1,
        text: line,
    });
    let format = header(&mut lines)?;
    let mut reader = Reader {
        format,
        current: None,
        classes: vec![],
        deleted: vec![],
        ignored: vec![],
    };
    while let Some(line) = lines.next() {
        let trimmed = line.text.trim();
        if trimmed.is_empty() || trimmed.starts_with(';') {
            continue;
        }
        match trimmed.strip_prefix('[') {
            Some(key) => reader.key(line.number, key)?,
            None => reader.value(join_continued(line, &mut lines))?,
        }
    }
    reader.finish()
}

struct Line<'a> {
    number: usize,
    text: &'a str,
}

/// How texts are written as bytes.
#[derive(Clone, Copy)]
enum Format {
    /// In one byte a character.
    Version4,
    /// In UTF-16.
    Version5,
}

fn header<'a>(lines: &mut impl Iterator<Item = Line<'a>>) -> Result<Format, RegError> {
    let line = lines.find(|line| !line.text.trim().is_empty());
    let (number, text) = line.map_or((1, ""), |line| (line.number, line.text.trim()));
    match text {
        "Windows Registry Editor Version 5.00" => Ok(Format::Version5),
        "REGEDIT4" => Ok(Format::Version4),
        _ => Err(RegError::Header { line: number }),
    }
}

/// A line and those that go on with it: each ends with a backslash, but for
/// the last.
fn join_continued<'a>(
    first: Line<'a>,
    lines: &mut impl Iterator<Item = Line<'a>>,
) -> (usize, String) {
    let mut joined = first.text.trim().to_owned();
    let data = name_and_rest(&joined).and_then(|(_, rest)| rest.strip_prefix('='));
    let is_hex = data.is_some_and(|data| data.trim_start().starts_with("hex"));
    while is_hex && joined.ends_with('\\') {
        joined.pop();
        let Some(next) = lines.next() else { break };
        joined.push_str(next.text.trim());
    }
    (first.number, joined)
}

struct Reader {
    format: Format,
    /// The class whose values follow, by its place among the classes.
    current: Option<usize>,
    classes: Vec<Registration>,
    /// Classes that the file deletes, and in which line.
    deleted: Vec<(ClassName, usize)>,
    ignored: Vec<String>,
}

impl Reader {
    fn key(&mut self, number: usize, text: &str) -> Result<(), RegError> {
        let Some((key, _comment)) = text.rsplit_once(']') else {
            return Err(wrong(number, "the key has no ']' at its end"));
        };
        self.current = None;
        let (deletes, key) = match key.strip_prefix('-') {
            Some(key) => (true, key),
            None => (false, key),
        };
        let Some(class) = class_of(key) else {
            self.ignored.push(format!(
                "line {number}: the key {key:?}, which is not a class"
            ));
            return Ok(());
        };
        let class = ClassName::parse(class).map_err(|error| wrong(number, &error.to_string()))?;
        let place = self
            .classes
            .iter()
            .position(|known| *known.class() == class);
        if deletes {
            // What is there of it so far is gone; what follows makes it anew.
            if let Some(place) = place {
                self.classes.remove(place);
            }
            self.deleted.push((class, number));
            return Ok(());
        }
        self.deleted.retain(|(deleted, _)| *deleted != class);
        self.current = Some(place.unwrap_or(self.classes.len()));
        if place.is_none() {
            self.classes.push(Registration::new(class));
        }
        Ok(())
    }

    fn value(&mut self, (number, text): (usize, String)) -> Result<(), RegError> {
        let Some(place) = self.current else {
            return Ok(());
        };
        let wrong = |reason: &str| wrong(number, reason);
        let named = name_and_rest(&text).ok_or_else(|| wrong("not a key, a value or a comment"))?;
        let (name, rest) = named;
        let data = rest
            .strip_prefix('=')
            .ok_or_else(|| wrong("'=' is missing after the name"))?;
        match value(data.trim(), self.format).map_err(wrong)? {
            Some(value) => {
                let added = self.classes[place].add(&name, value);
                added.map_err(|error| wrong(&error.to_string()))
            }
            None => {
                self.ignored.push(format!(
                    "line {number}: the value {name:?}, which the file deletes"
                ));
                Ok(())
            }
        }
    }

    fn finish(self) -> Result<Import, RegError> {
        if let Some((class, number)) = self.deleted.first() {
            let reason = format!(
                "the file deletes class {:?}: unregister it by name",
                class.as_str()
            );
            return Err(wrong(*number, &reason));
        }
        Ok(Import {
            classes: self.classes,
            ignored: self.ignored,
        })
    }
}

fn wrong(line: usize, reason: &str) -> RegError {
    RegError::Line {
        line,
        reason: reason.to_owned(),
    }
}

/// The class that a key is of, in either view of the registry. A key below
/// that of a class is not one.
fn class_of(key: &str) -> Option<&str> {
    let mut rest = key;
    let mut next = || {
        let (component, after) = rest.split_once('\\').unwrap_or((rest, ""));
        rest = after;
        component
    };
    let is = |component: &str, name: &str| fold(component) == name;
    let root = next();
    if !is(root, "HKEY_LOCAL_MACHINE") && !is(root, "HKLM") || !is(next(), "SOFTWARE") {
        return None;
    }
    let mut vendor = next();
    if is(vendor, "WOW6432NODE") {
        vendor = next();
    }
    (is(vendor, "WINFSP") && is(next(), "SERVICES")).then_some(())?;
    let class = rest.strip_suffix('\\').unwrap_or(rest);
    (!class.is_empty() && !class.contains('\\')).then_some(class)
}

/// The name of a value, and what follows it. The nameless value is `@`.
fn name_and_rest(text: &str) -> Option<(String, &str)> {
    let (name, rest) = match text.strip_prefix('@') {
        Some(rest) => (String::new(), rest),
        None => quoted(text)?,
    };
    Some((name, rest.trim_start()))
}

/// A text between quotes at the beginning, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut rest = text.strip_prefix('"')?.chars();
    let mut read = String::new();
    loop {
        match rest.next()? {
            '"' => return Some((read, rest.as_str())),
            '\\' => match rest.next()? {
                escaped @ ('"' | '\\') => read.push(escaped),
                other => read.extend(['\\', other]),
            },
            c => read.push(c),
        }
    }
}

/// Reads what follows `=`; `None` if the value is deleted.
fn value(data: &str, format: Format) -> Result<Option<Value>, &'static str> {
    if let Some((text, rest)) = quoted(data) {
        return if is_comment(rest) {
            Ok(Some(Value::Text(text)))
        } else {
            Err("there is more after the text")
        };
    }
    let data = data.split(';').next().unwrap_or_default().trim_end();
    if data == "-" {
        return Ok(None);
    }
    let (kind, digits) = data.split_once(':').ok_or(NOT_A_VALUE)?;
    let digits = digits.trim();
    if kind == "dword" {
        let is_number =
            (1..=8).contains(&digits.len()) && digits.bytes().all(|c| c.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| is_number);
        return number
            .map(Value::Number)
            .map(Some)
            .ok_or("not a number of up to eight hexadecimal digits");
    }
    let kind = kind.strip_prefix("hex").ok_or(NOT_A_VALUE)?;
    let kind = match kind.strip_prefix('(') {
        Some(number) => number
            .strip_suffix(')')
            .and_then(|number| u32::from_str_radix(number, 16).ok()),
        None => kind.is_empty().then_some(Kind::BINARY.0),
    };
    let kind = Kind(kind.ok_or(NOT_A_VALUE)?);
    let bytes = byte_list(digits)
        .ok_or("not bytes of two hexadecimal digits each, with commas between them")?;
    Ok(Some(Value::from_bytes(
        kind,
        &widened(kind, bytes, format)?,
    )))
}

const NOT_A_VALUE: &str = "not a text, dword, hex or deleted value";

fn is_comment(rest: &str) -> bool {
    let rest = rest.trim_start();
    rest.is_empty() || rest.starts_with(';')
}

fn byte_list(text: &str) -> Option<Vec<u8>> {
    // The registry editor itself writes a comma before a line that goes on.
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Some(vec![]);
    }
    let byte = |part: &str| {
        let [byte] = hex_bytes(part.trim())?[..] else {
            return None;
        };
        Some(byte)
    };
    text.split(',').map(byte).collect()
}

/// The bytes of a text as the registry stores them.
fn widened(kind: Kind, bytes: Vec<u8>, format: Format) -> Result<Vec<u8>, &'static str> {
    match (format, kind) {
        (Format::Version4, Kind::TEXT | Kind::EXPAND_TEXT | Kind::LIST) if bytes.is_ascii() => {
            Ok(bytes.into_iter().flat_map(|byte| [byte, 0]).collect())
        }
        (Format::Version4, Kind::TEXT | Kind::EXPAND_TEXT | Kind::LIST) => {
            Err("text that is not ASCII: export the file in version 5")
        }
        (Format::Version4 | Format::Version5, _) => Ok(bytes),
    }
}

#[cfg(test)]
mod tests;
