//! What is shipped asks the system who calls. Only Wine needs a launcher that
//! looks at the caller's process instead, and that one is built apart.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

use std::fs;

use fslaunch_tests::{program, program_with_seam, skipped};

/// What only the seam says.
const WORDS: &[u8] = b"this is a test build (peer-from-client-process): anybody can pose as others";
/// What only a launcher without the seam asks the system.
const FUNCTION: &[u8] = b"ImpersonateNamedPipeClient";

fn holds(program: &[u8], words: &[u8]) -> bool {
    program.windows(words.len()).any(|found| found == words)
}

#[test]
fn the_launcher_of_a_default_build_has_no_seam() {
    let launcher = fs::read(program("fslaunchd")).unwrap();
    assert!(!holds(&launcher, WORDS));
    assert!(holds(&launcher, FUNCTION));
}

/// Or the test above could not fail.
#[test]
fn the_launcher_that_is_built_for_tests_has_it() {
    let path = program_with_seam();
    if !path.is_file() {
        let reason = format!("{} is not built", path.display());
        return skipped("the_launcher_that_is_built_for_tests_has_it", &reason);
    }
    let launcher = fs::read(path).unwrap();
    assert!(holds(&launcher, WORDS));
    assert!(!holds(&launcher, FUNCTION));
}

#[test]
fn no_other_program_has_the_seam() {
    let launchctl = fs::read(program("launchctl")).unwrap();
    assert!(!holds(&launchctl, WORDS));
}
