//! What follows `export`.

use super::{text, unknown_option};
use crate::classes::{Export, Which};
use crate::options::{Word, Words};
use crate::usage::Usage;

const SYNOPSIS: Usage = Usage::Synopsis("export [--toml] CLASS...|--all");

/// Classes, or all of them, with options anywhere (`--` ends them).
pub(super) fn export(words: &mut Words) -> Result<Export, Usage> {
    let (mut classes, mut all, mut toml) = (vec![], false, false);
    while let Some(word) = words.next()? {
        match word {
            Word::Value(class) => classes.push(text(class, || "the class name".into())?),
            Word::Option(name) => match name.as_str() {
                "--all" => all = true,
                "--toml" => toml = true,
                _ => return Err(unknown_option(&name)),
            },
        }
    }
    if words.options.json {
        return Err(Usage::Option(
            "export prints a file for register, never JSON".into(),
        ));
    }
    match (toml, all, classes.as_mut_slice()) {
        (_, false, []) => Err(SYNOPSIS),
        (_, true, [_, ..]) => Err(Usage::Conflict("classes", "--all")),
        (true, false, [class]) => Ok(Export::Toml(std::mem::take(class))),
        (true, _, _) => Err(Usage::Option(
            "--toml takes one class: a class file holds no more".into(),
        )),
        (false, true, []) => Ok(Export::Registry(Which::All)),
        (false, false, [_, ..]) => Ok(Export::Registry(Which::Named(classes))),
    }
}
