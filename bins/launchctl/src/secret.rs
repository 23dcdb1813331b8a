//! The secret of a start, from where nobody else can see it.

use crate::arguments::SecretFrom;
use crate::usage::Usage;
use fslaunch_credentials::{Ask, People, read_secret};
use fslaunch_os::credential::Question;
use fslaunch_protocol::{Secret, escape};
use std::io;

/// Gets the secret for an instance of `class`, if one is to be got.
pub(crate) fn get(from: SecretFrom, class: &str, instance: &str) -> Result<Option<Secret>, Usage> {
    match from {
        SecretFrom::Nowhere => Ok(None),
        SecretFrom::StandardInput => {
            let secret = read_secret(io::stdin().lock());
            let secret = secret.map_err(|error| Usage::Secret(error.to_string()))?;
            Ok(Some(secret))
        }
        SecretFrom::Person => {
            let words = format!("Secret of {class} {instance}");
            let question = Question {
                id: format!("fslaunch:{}", escape::line(&format!("{class} {instance}"))),
                words: escape::line(&words).into_owned(),
                shown: false,
            };
            let secret = People.ask(&question).map_err(|error| {
                let source = std::error::Error::source(&error);
                let cause = source.map_or(String::new(), |source| format!(": {source}"));
                Usage::Secret(format!(
                    "{error}{cause} (--secret-stdin reads it elsewhere)"
                ))
            })?;
            Ok(Some(Secret::from(secret)))
        }
    }
}
