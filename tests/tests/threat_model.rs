//! The tests that `docs/threat-model.md` names are there.

use std::fs;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = include_str!("../../docs/threat-model.md");

#[test]
fn each_test_that_the_threat_model_names_is_there_and_once() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files = vec![];
    for folder in ["bins", "crates", "samples", "tests"] {
        collect(&root.join(folder), &mut files);
    }
    let quoted = DOCUMENT.split('`').skip(1).step_by(2);
    let named: Vec<_> = quoted
        .filter_map(|word| Some((word, word.split_once(".rs::")?)))
        .collect();
    assert!(named.len() > 100, "only {} tests are named", named.len());
    let wrong: Vec<_> = named
        .iter()
        .filter(|(_, (file, test))| {
            let suffix = format!("{file}.rs");
            let named = files.iter().filter(|(path, _)| path.ends_with(&suffix));
            named.filter(|(_, text)| has_test(text, test)).count() != 1
        })
        .map(|(word, _)| word)
        .collect();
    assert!(wrong.is_empty(), "not there, or not once: {wrong:#?}");
}

/// Whether a file has a test of that name: a function with the attribute, or
/// one in the list of a harness of its own.
fn has_test(text: &str, name: &str) -> bool {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let (plain, waiting) = (format!("fn {name}("), format!("async fn {name}("));
    let is_function = |line: &str| line.starts_with(&plain) || line.starts_with(&waiting);
    let Some(at) = lines.iter().position(|line| is_function(line)) else {
        return false;
    };
    let mut attributes = lines[..at]
        .iter()
        .rev()
        .take_while(|line| line.starts_with('#'));
    attributes.any(|attribute| ["#[test]", "#[tokio::test]"].contains(attribute))
        || text.contains("tests![") && lines.contains(&format!("{name},").as_str())
        || text.contains(&format!("tests![{name}]"))
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a source file");
            files.push((path, text));
        }
    }
}
