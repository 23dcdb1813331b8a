//! Why a record can't be used.

use fslaunch_protocol::Error;

use crate::name::ClassName;

/// Why a record can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
pub enum RecordError {
    /// The class file is not TOML.
    #[error("line {line}, column {column}: {reason}")]
    Syntax {
        line: usize,
        column: usize,
        reason: String,
    },
    /// The class file is longer than any reader takes.
    #[error("it is longer than {limit} bytes")]
    TooLong { limit: usize },
    /// A field that every class needs.
    #[error("{field} is missing")]
    Missing { field: &'static str },
    /// A field is not what it must be.
    #[error("{field} must be {expected}, not {found}")]
    Field {
        field: String,
        expected: String,
        found: String,
    },
    /// A value is there in two spellings, or twice.
    #[error("{name} is there twice")]
    Twice { name: String },
    /// A name that no `.reg` file could hold.
    #[error("the name {name:?} has a control character in it")]
    Name { name: String },
    /// Two ways to say who may do what.
    #[error("security and {field} are both there: say who may do what in one way")]
    SecurityTwice { field: &'static str },
    /// A name of the plain words that nobody has.
    #[error("{field} names {trustee}, which there is not")]
    UnknownTrustee {
        field: &'static str,
        trustee: String,
    },
    /// The security descriptor does not parse, or does not say who may do what.
    #[error("{reason}")]
    Security { reason: String },
}

impl RecordError {
    /// The error that a start of the class is answered with.
    pub fn for_class(self, class: &ClassName) -> Error {
        let reason = self.to_string();
        self.told(class, reason)
    }

    /// The same, with the file that the class is in.
    pub fn for_class_in(self, class: &ClassName, file: &str) -> Error {
        let reason = format!("{file}: {self}");
        self.told(class, reason)
    }

    fn told(self, class: &ClassName, reason: String) -> Error {
        let class = class.as_str().to_owned();
        match self {
            RecordError::Security { .. } => Error::SecurityInvalid { class, reason },
            RecordError::Syntax { .. }
            | RecordError::TooLong { .. }
            | RecordError::Missing { .. }
            | RecordError::Field { .. }
            | RecordError::Twice { .. }
            | RecordError::Name { .. }
            | RecordError::SecurityTwice { .. }
            | RecordError::UnknownTrustee { .. } => Error::ClassUnusable { class, reason },
        }
    }
}
