//! The seam that takes a caller from its process: nothing but a test may ask for it.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::{fs, path::Path};

const SEAM: &str = "peer-from-client-process";

/// Every manifest of the workspace, with the lines that speak of the seam.
fn manifests() -> Vec<(String, Vec<String>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let name = entry.file_name();
            let hidden = name.to_string_lossy().starts_with('.');
            if entry.file_type().unwrap().is_dir() && !hidden && name != "target" {
                folders.push(entry.path());
            } else if name == "Cargo.toml" {
                let text = fs::read_to_string(entry.path()).unwrap();
                let lines = text.lines().filter(|line| line.contains(SEAM));
                let path = entry.path().strip_prefix(&root).unwrap().to_owned();
                let path = path.to_str().unwrap().replace('\\', "/");
                found.push((path, lines.map(str::to_owned).collect()));
            }
        }
    }
    found
}

#[test]
fn no_manifest_asks_for_the_seam_by_default() {
    let manifests = manifests();
    assert!(manifests.len() > 5, "{manifests:?}");
    for (path, lines) in manifests {
        let expected: &[&str] = match path.as_str() {
            "crates/os/Cargo.toml" => &["peer-from-client-process = []"],
            "bins/fslaunchd/Cargo.toml" => {
                &[r#"peer-from-client-process = ["fslaunch-os/peer-from-client-process"]"#]
            }
            _ => &[],
        };
        assert_eq!(lines, expected, "{path}");
    }
}
