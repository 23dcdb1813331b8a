//! What the program was started with.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use serde_json::{Map, Value, json};

/// The words after `--`, or all if there is none, byte by byte: they may be no UTF-8.
pub fn arguments() -> Vec<Vec<u8>> {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let after = words.iter().position(|word| word == "--");
    let chosen = words.into_iter().skip(after.map_or(0, |at| at + 1));
    chosen.map(OsStringExt::into_vec).collect()
}

/// What only this system has: open files, identity, limits.
pub fn facts() -> Vec<(&'static str, Value)> {
    vec![
        ("files", json!(files())),
        ("status", fields("/proc/self/status", ':').into()),
        ("limits", limits().into()),
    ]
}

/// Number and target of each open file, but for the one that lists them.
fn files() -> BTreeMap<String, String> {
    let entries = fs::read_dir("/proc/self/fd").expect("the open files can be listed");
    let open: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    let target = |path: &Path| fs::read_link(path).ok();
    open.iter()
        .filter_map(|path| Some((path, target(path)?)))
        .filter(|(_, target)| !target.starts_with(format!("/proc/{}/fd", std::process::id())))
        .filter_map(|(path, target)| {
            let number = path.file_name()?.to_str()?.to_owned();
            Some((number, target.to_string_lossy().into_owned()))
        })
        .collect()
}

fn fields(file: &str, separator: char) -> Map<String, Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.split_once(separator));
    lines
        .map(|(name, value)| (name.to_owned(), value.trim().into()))
        .collect()
}

/// Each limit's name, with the soft and the hard value.
fn limits() -> Map<String, Value> {
    let text = fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = |line: &str| {
        let (name, values) = line.split_at_checked(26)?;
        let values: Vec<&str> = values.split_whitespace().take(2).collect();
        Some((name.trim().to_owned(), values.join(" ").into()))
    };
    text.lines().skip(1).filter_map(line).collect()
}
