//! The program where WinFsp is not installed, as under Wine.

#![cfg(windows)]

use std::process::Command;

#[test]
fn without_winfsp_it_starts_and_says_what_is_missing() {
    let output = Command::new(env!("CARGO_BIN_EXE_memfs"))
        .args(["-i", "-F", "NTFS", "-n", "65536", "-s", "67108864"])
        .args(["-u", r"\memfs64\share", "-m", r"C:\not\there\at\all"])
        .output()
        .expect("memfs starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty(), "it is not ready");
    // Where WinFsp is, it is the folder that is missing.
    let installed = "memfs: cannot mount on";
    let missing = "memfs: WinFsp is not installed; install it from https://winfsp.dev";
    assert!(
        said.starts_with(missing) || said.starts_with(installed),
        "{said}"
    );
}
