//! What the program was started with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fslaunch_tests::stand_in;
use serde_json::json;

/// Writes the report. It appears whole: readers look for the file.
pub(crate) fn write(path: &Path, secret: Option<&[u8]>) {
    let mut report = json!({
        "pid": std::process::id(),
        "arguments": stand_in::arguments(),
        "environment": environment(),
        "work_directory": std::env::current_dir().unwrap_or_default(),
        "secret": secret.map(|secret| String::from_utf8_lossy(secret)),
    });
    for (name, fact) in stand_in::facts() {
        report[name] = fact;
    }
    let unfinished = path.with_extension("unfinished");
    fs::write(&unfinished, report.to_string()).expect("the report can be written");
    fs::rename(&unfinished, path).expect("the report can be moved into place");
}

fn environment() -> BTreeMap<String, String> {
    let text = |word: std::ffi::OsString| word.to_string_lossy().into_owned();
    std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}
