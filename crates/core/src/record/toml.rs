//! Class files: a registration as TOML.
//!
//! A TOML value is a registry value: a string is text, an integer a number of
//! 32 bits, `true` is 1, an array of strings a list. Any other is written as
//! `{ type = "...", data = "..." }`. The type is `expand-sz`, `qword`,
//! `binary`, or `hex(N)` for the registry type with the number N, in
//! hexadecimal digits as in a `.reg` file.

use std::ops::Range;

use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, Table};

use super::{
    Kind, RecordError, Registration, Value,
    field::{self, Field},
    reg::{hex_bytes, hex_text},
};
use crate::name::ClassName;

pub(super) fn read(class: ClassName, text: &str) -> Result<Registration, RecordError> {
    if text.len() > Registration::MAX_BYTES {
        return Err(RecordError::TooLong {
            limit: Registration::MAX_BYTES,
        });
    }
    let document = Document::parse(text).map_err(|error| {
        // The message may go over several lines, for a terminal.
        let reason = error.message().lines().collect::<Vec<_>>().join(", ");
        syntax(text, error.span(), reason)
    })?;
    let mut reader = Reader {
        text,
        registration: Registration::new(class),
    };
    reader.table("", document.as_table())?;
    Ok(reader.registration)
}

fn syntax(text: &str, span: Option<Range<usize>>, reason: String) -> RecordError {
    let start = span.map_or(0, |span| span.start);
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
    RecordError::Syntax {
        line,
        column,
        reason,
    }
}

struct Reader<'a> {
    text: &'a str,
    registration: Registration,
}

impl Reader<'_> {
    /// Reads a table. A table in it, as `sshfs.rootdir = 1` makes one, is part
    /// of the names of its values.
    fn table(&mut self, prefix: &str, table: &Table) -> Result<(), RecordError> {
        for (key, item) in table {
            let name = if prefix.is_empty() {
                key.to_owned()
            } else {
                [prefix, key].join(".")
            };
            match item {
                Item::Table(table) => self.table(&name, table)?,
                Item::Value(value) => {
                    let read = self.value(&name, value)?;
                    let added = self.registration.add(&name, read);
                    added.map_err(|error| syntax(self.text, value.span(), error.to_string()))?;
                }
                Item::ArrayOfTables(tables) => {
                    return Err(self.wrong(&name, tables.span(), "an array of tables"));
                }
                Item::None => {}
            }
        }
        Ok(())
    }

    fn value(&self, name: &str, value: &toml_edit::Value) -> Result<Value, RecordError> {
        let wrong = |what| self.wrong(name, value.span(), what);
        match value {
            toml_edit::Value::String(text) => plain(text.value()).map(Value::Text).map_err(wrong),
            toml_edit::Value::Integer(number) => match u32::try_from(*number.value()) {
                Ok(number) => Ok(Value::Number(number)),
                Err(_) => Err(wrong(
                    "an integer that is negative or has more than 32 bits",
                )),
            },
            toml_edit::Value::Boolean(boolean) => Ok(Value::Number(u32::from(*boolean.value()))),
            toml_edit::Value::Array(array) => list(array).map(Value::List).map_err(wrong),
            toml_edit::Value::InlineTable(table) => typed(table).map_err(wrong),
            toml_edit::Value::Float(_) => Err(wrong("a number with a fraction")),
            toml_edit::Value::Datetime(_) => Err(wrong("a date or time without quotes")),
        }
    }

    fn wrong(&self, name: &str, span: Option<Range<usize>>, what: &str) -> RecordError {
        syntax(self.text, span, format!("{name} can't be {what}"))
    }
}

/// A text without NUL: the registry ends texts with one.
fn plain(text: &str) -> Result<String, &'static str> {
    if text.contains('\0') {
        return Err("a string with a NUL character in it");
    }
    Ok(text.to_owned())
}

fn list(array: &Array) -> Result<Vec<String>, &'static str> {
    let texts = array.iter().map(|value| match value.as_str() {
        Some("") => Err("an array with an empty string in it"),
        Some(text) => plain(text),
        None => Err("an array of anything but strings"),
    });
    texts.collect()
}

const TYPES: &str = "an inline table but { type = \"expand-sz\", \"qword\", \"binary\" or \"hex(N)\", data = \"...\" }";

fn typed(table: &InlineTable) -> Result<Value, &'static str> {
    let text = |key| table.get(key).and_then(toml_edit::Value::as_str);
    let (Some(kind), Some(data), 2) = (text("type"), text("data"), table.len()) else {
        return Err(TYPES);
    };
    let bytes = || hex_bytes(data).ok_or("bytes that are not written in hexadecimal digits");
    match kind {
        "expand-sz" => plain(data).map(Value::ExpandText),
        "qword" => match data.parse() {
            Ok(number) => Ok(Value::Number64(number)),
            Err(_) => Err("a qword that is not a decimal number of 64 bits"),
        },
        "binary" => Ok(Value::Bytes(Kind::BINARY, bytes()?)),
        _ => {
            let digits = kind
                .strip_prefix("hex(")
                .and_then(|rest| rest.strip_suffix(')'));
            let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let kind = Kind(number.ok_or(TYPES)?);
            Ok(Value::from_bytes(kind, &bytes()?))
        }
    }
}

pub(super) fn write(registration: &Registration) -> String {
    let mut document = DocumentMut::new();
    for (name, value) in registration.values() {
        let (key, boolean) = match field::find(name) {
            Some(Field { key, boolean, .. }) => (key, boolean),
            None => (name, false),
        };
        document.insert(key, toml_edit::value(written(value, boolean)));
    }
    document.to_string()
}

fn written(value: &Value, boolean: bool) -> toml_edit::Value {
    let table =
        |kind: &str, data: &str| InlineTable::from_iter([("type", kind), ("data", data)]).into();
    match value {
        Value::Text(text) => text.into(),
        Value::ExpandText(text) => table("expand-sz", text),
        Value::Number(number @ 0..=1) if boolean => (*number == 1).into(),
        Value::Number(number) => i64::from(*number).into(),
        Value::Number64(number) => table("qword", &number.to_string()),
        Value::List(texts) => Array::from_iter(texts).into(),
        Value::Bytes(Kind::BINARY, bytes) => table("binary", &hex_text(bytes)),
        Value::Bytes(Kind(kind), bytes) => table(&format!("hex({kind:x})"), &hex_text(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn class() -> ClassName {
        ClassName::parse("a").unwrap()
    }

    fn problem(text: &str) -> String {
        read(class(), text).unwrap_err().to_string()
    }

    #[test]
    fn values_have_the_types_of_the_registry() {
        let text = r#"
            executable = '/x'
            job-control = true
            recovery = 1
            arguments = ["a", "b?"]
            sshfs.rootdir = 1
            "sshfs.other" = "x"
            big = { type = "qword", data = "18446744073709551615" }
            path = { type = "expand-sz", data = '%SystemRoot%\x' }
            icon = { type = "binary", data = "00ff" }
            none = { type = "hex(0)", data = "" }
            [hubfs]
            colour = "blue"
        "#;
        let registration = read(class(), text).unwrap();
        let values: Vec<(&str, Value)> = registration
            .values()
            .map(|(name, value)| (name, value.clone()))
            .collect();
        let text = |text: &str| Value::Text(text.to_owned());
        let list = ["a", "b?"].map(str::to_owned).to_vec();
        assert_eq!(
            values,
            [
                ("Executable", text("/x")),
                ("Arguments", Value::List(list)),
                ("JobControl", Value::Number(1)),
                ("Recovery", Value::Number(1)),
                ("sshfs.rootdir", Value::Number(1)),
                ("sshfs.other", text("x")),
                ("big", Value::Number64(u64::MAX)),
                ("path", Value::ExpandText(r"%SystemRoot%\x".into())),
                ("icon", Value::Bytes(Kind::BINARY, vec![0, 255])),
                ("none", Value::Bytes(Kind(0), vec![])),
                ("hubfs.colour", text("blue")),
            ]
        );
    }

    #[test]
    fn what_does_not_parse_is_told_with_its_line() {
        for (text, start) in [
            ("executable = '/x'\nready = \n", "line 2, column 9: "),
            ("a = 1\n\n  a = 2", "line 3, column 3: "),
            (
                "executable = '/x'\nExecutable = '/y'",
                "line 2, column 14: Executable is there twice",
            ),
            (
                "run-as = '.'\nrun_as = '.'",
                "line 2, column 10: RunAs is there twice",
            ),
            (
                "x = 1.5",
                "line 1, column 5: x can't be a number with a fraction",
            ),
            (
                "x = -1",
                "line 1, column 5: x can't be an integer that is negative",
            ),
            ("ä = 4294967296", "line 1, column 1: "),
            (
                "x = 4294967296",
                "line 1, column 5: x can't be an integer that is negative or has more",
            ),
            ("x = 2026-01-02", "line 1, column 5: x can't be a date"),
            (
                "x = ['']",
                "line 1, column 5: x can't be an array with an empty",
            ),
            (
                "x = [1]",
                "line 1, column 5: x can't be an array of anything",
            ),
            (
                r#"x = "\u0000""#,
                "line 1, column 5: x can't be a string with a NUL",
            ),
            (
                "x = { data = '' }",
                "line 1, column 5: x can't be an inline table but",
            ),
            (
                "x = { type = 'binary', data = '0' }",
                "line 1, column 5: x can't be bytes",
            ),
            (
                "[[x]]\na = 1",
                "line 1, column 1: x can't be an array of tables",
            ),
        ] {
            let problem = problem(text);
            assert!(problem.starts_with(start), "{text}: {problem}");
            assert!(!problem.contains('\n'), "{problem}");
        }
        let long = "#".repeat(Registration::MAX_BYTES + 1);
        assert_eq!(problem(&long), "it is longer than 1048576 bytes");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let bytes = (0..14_u32, any::<Vec<u8>>());
        let texts = prop::collection::vec("[^\0]{1,9}", 0..4);
        prop_oneof![
            "[^\0]{0,20}".prop_map(Value::Text),
            "[^\0]{0,20}".prop_map(Value::ExpandText),
            any::<u32>().prop_map(Value::Number),
            any::<u64>().prop_map(Value::Number64),
            texts.prop_map(Value::List),
            bytes.prop_map(|(kind, bytes)| Value::from_bytes(Kind(kind), &bytes)),
        ]
    }

    proptest! {
        #[test]
        fn whatever_the_values_they_come_back(values in prop::collection::vec((".{0,9}", any_value()), 0..6)) {
            let mut registration = Registration::new(class());
            for (name, value) in values {
                // A name that comes twice is left out.
                let _ = registration.add(&name, value);
            }
            let text = registration.to_toml();
            prop_assert_eq!(read(class(), &text).unwrap(), registration, "{}", text);
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in ".{0,60}|([a-z]{1,3}[.=\\[\\]{}\"' \n1]{0,4}){0,9}") {
            let _ = read(class(), &text);
        }
    }
}
