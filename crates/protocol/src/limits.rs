//! How much a request may hold. Client and launcher check the same limits:
//! the client to explain early, the launcher because it trusts no client.

use crate::{Error, Start};

/// Longest request, in bytes, without the NUL that ends it.
pub const REQUEST_BYTES: usize = 1 << 20;

/// Most positional arguments: a command line has `%1` to `%9`.
pub const ARGUMENTS: usize = 9;

/// Most bytes of all arguments of one request together, names included.
pub const ARGUMENT_BYTES: usize = 64 << 10;

/// Longest secret, in bytes.
pub const SECRET_BYTES: usize = 64 << 10;

impl Start {
    /// Whether the request is within the limits, and each argument can be
    /// passed to a process.
    ///
    /// # Errors
    /// [`Error::TooManyArguments`], or [`Error::ArgumentInvalid`] with the
    /// number or the name of the argument that holds a NUL or with which the
    /// limit is passed, or with `secret`.
    pub fn check(&self) -> Result<(), Error> {
        if self.arguments.len() > ARGUMENTS {
            return Err(Error::TooManyArguments {
                count: self.arguments.len() as u64,
                limit: ARGUMENTS as u64,
            });
        }
        let numbered = (1..).zip(&self.arguments);
        let numbered = numbered.map(|(number, argument)| (number.to_string(), argument, 0));
        let named = self.named.iter();
        let named = named.map(|(name, argument)| (name.clone(), argument, name.len()));
        let mut bytes = 0;
        for (name, argument, overhead) in numbered.chain(named) {
            bytes += argument.len() + overhead;
            if name.contains('\0') || argument.contains('\0') {
                return invalid(name, "it has a NUL character".into());
            }
            if bytes > ARGUMENT_BYTES {
                let reason =
                    format!("with it, the arguments have more than {ARGUMENT_BYTES} bytes");
                return invalid(name, reason);
            }
        }
        match &self.secret {
            Some(secret) if secret.expose().len() > SECRET_BYTES => {
                let reason = format!("it has more than {SECRET_BYTES} bytes");
                invalid("secret".into(), reason)
            }
            Some(_) | None => Ok(()),
        }
    }
}

fn invalid(argument: String, reason: String) -> Result<(), Error> {
    Err(Error::ArgumentInvalid { argument, reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use std::collections::BTreeMap;

    fn start(arguments: &[&str]) -> Start {
        Start {
            class: "memfs64".into(),
            instance: "share".into(),
            arguments: arguments.iter().map(ToString::to_string).collect(),
            ..Start::default()
        }
    }

    fn refused(start: &Start) -> String {
        match start.check() {
            Err(Error::ArgumentInvalid { argument, .. }) => argument,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn nine_arguments_are_taken_and_ten_are_counted() {
        assert_eq!(start(&["a"; 9]).check(), Ok(()));
        assert_eq!(
            start(&["a"; 10]).check(),
            Err(Error::TooManyArguments {
                count: 10,
                limit: 9
            })
        );
    }

    #[test]
    fn a_nul_is_refused_by_the_number_or_name_of_its_argument() {
        assert_eq!(refused(&start(&["a", "b\0c"])), "2");
        let named = BTreeMap::from([("unc".to_owned(), "\0".to_owned())]);
        let start = Start {
            named,
            ..start(&[])
        };
        assert_eq!(refused(&start), "unc");
    }

    #[test]
    fn the_argument_that_passes_the_limit_is_named() {
        let half = "x".repeat(ARGUMENT_BYTES / 2);
        assert_eq!(start(&[&half, &half]).check(), Ok(()));
        assert_eq!(refused(&start(&[&half, &half, "y"])), "3");
        assert_eq!(refused(&start(&[&"x".repeat(100_000)])), "1");
    }

    #[test]
    fn a_secret_has_a_limit_of_its_own() {
        let with = |length| Start {
            secret: Some(Secret::new("x".repeat(length))),
            ..start(&[])
        };
        assert_eq!(with(SECRET_BYTES).check(), Ok(()));
        assert_eq!(refused(&with(SECRET_BYTES + 1)), "secret");
    }
}
