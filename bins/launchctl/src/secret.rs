//! The secret of a start, from where nobody else can see it.

use crate::arguments::SecretFrom;
use crate::usage::Usage;
use fslaunch_credentials::read_secret;
use fslaunch_os::terminal;
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
        SecretFrom::Terminal => {
            let prompt = format!("Secret of {class} {instance}: ");
            let failed = |error| {
                let words = "failed to ask for the secret (--secret-stdin reads it elsewhere)";
                Usage::Secret(format!("{words}: {error}"))
            };
            let secret = ask(&escape::line(&prompt)).map_err(failed)?;
            Ok(Some(Secret::new(secret)))
        }
    }
}

/// Asks on the terminal, without showing the answer.
fn ask(prompt: &str) -> io::Result<String> {
    let config = rpassword::ConfigBuilder::new().output_writer(terminal::output()?);
    rpassword::prompt_password_with_config(prompt, config.build())
}
