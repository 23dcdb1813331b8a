//! `credentials list` and `credentials remove`.

use super::{plain, text, unknown_option};
use crate::credentials::Credentials;
use crate::options::{Word, Words};
use crate::usage::Usage;

const SYNOPSIS: &str = "credentials list | remove CLASS INSTANCE";

pub(super) fn credentials(words: &mut Words) -> Result<Credentials, Usage> {
    let verb = match words.next()?.ok_or(Usage::Synopsis(SYNOPSIS))? {
        Word::Value(verb) => text(verb, || "the verb".into())?,
        Word::Option(name) => return Err(unknown_option(&name)),
    };
    match verb.as_str() {
        "list" => {
            let ([], _) = plain(words, "", "credentials list")?;
            Ok(Credentials::List)
        }
        "remove" => remove(words),
        _ => Err(Usage::Synopsis(SYNOPSIS)),
    }
}

/// CLASS INSTANCE, or as they are listed: `\\CLASS\INSTANCE`.
fn remove(words: &mut Words) -> Result<Credentials, Usage> {
    let mut names = vec![];
    while let Some(word) = words.next()? {
        match word {
            Word::Value(name) => names.push(text(name, || "the name".into())?),
            Word::Option(name) => return Err(unknown_option(&name)),
        }
    }
    match names.as_slice() {
        [listed] if listed.starts_with(r"\\") => Ok(Credentials::Remove(listed.clone())),
        [class, instance] => {
            let target = fslaunch_credentials::target(class, instance);
            let target = target.map_err(|error| Usage::Option(error.to_string()))?;
            Ok(Credentials::Remove(target))
        }
        _ => Err(Usage::Synopsis(SYNOPSIS)),
    }
}
