//! The fields of a registration by type.

use std::time::Duration;

use super::{RecordError, Registration, Value, field::Field};

/// The fields of a registration by type.
pub(super) struct Fields<'a> {
    registration: &'a Registration,
}

impl<'a> Fields<'a> {
    pub(super) fn of(registration: &'a Registration) -> Fields<'a> {
        Fields { registration }
    }

    pub(super) fn text(&self, field: Field) -> Result<Option<&'a str>, RecordError> {
        match self.registration.get(field) {
            None => Ok(None),
            Some(Value::Text(text) | Value::ExpandText(text)) if !text.contains('\0') => {
                Ok(Some(text))
            }
            Some(_) => Err(self.wrong(field, "text")),
        }
    }

    pub(super) fn number(&self, field: Field) -> Result<Option<u32>, RecordError> {
        match self.registration.get(field) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(*number)),
            Some(_) => Err(self.wrong(field, "a number of 32 bits")),
        }
    }

    pub(super) fn boolean(&self, field: Field) -> Result<Option<bool>, RecordError> {
        match self.registration.get(field) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(*number != 0)),
            Some(_) => Err(self.wrong(field, "true or false (1 or 0)")),
        }
    }

    pub(super) fn seconds(&self, field: Field, default: u64) -> Result<Duration, RecordError> {
        const DAY: u32 = 86_400;
        match self.number(field)? {
            None => Ok(Duration::from_secs(default)),
            Some(seconds @ 1..=DAY) => Ok(Duration::from_secs(seconds.into())),
            Some(_) => Err(self.wrong(field, "1 to 86400 seconds")),
        }
    }

    pub(super) fn list(&self, field: Field) -> Result<Option<&'a [String]>, RecordError> {
        match self.registration.get(field) {
            None => Ok(None),
            Some(Value::List(texts)) => Ok(Some(texts)),
            Some(_) => Err(self.wrong(field, "a list of texts")),
        }
    }

    pub(super) fn wrong(&self, field: Field, expected: &str) -> RecordError {
        let found = self.registration.get(field).map(Value::describe);
        self.error(field, expected, found.unwrap_or_default())
    }

    pub(super) fn wrong_text(&self, field: Field, expected: &str, found: &str) -> RecordError {
        self.error(field, expected, format!("the text {found:?}"))
    }

    fn error(&self, field: Field, expected: &str, found: String) -> RecordError {
        let (field, expected) = (field.key.to_owned(), expected.to_owned());
        RecordError::Field {
            field,
            expected,
            found,
        }
    }
}
