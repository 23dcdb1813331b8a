//! The library as it is shipped: the functions that the router knows, no seam
//! for tests, and no code of the launcher. What it needs beside it, `built`
//! looks at.
#![cfg(all(windows, not(feature = "test-seams")))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

const FUNCTIONS: [&str; 9] = [
    "NPAddConnection",
    "NPAddConnection3",
    "NPCancelConnection",
    "NPCloseEnum",
    "NPEnumResource",
    "NPGetCaps",
    "NPGetConnection",
    "NPGetUniversalName",
    "NPOpenEnum",
];

#[test]
fn the_library_has_the_functions_of_a_provider_and_no_seam() {
    let own = std::env::current_exe().unwrap();
    let bytes = std::fs::read(own.with_file_name("fslaunch_np.dll")).unwrap();
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    for name in FUNCTIONS {
        assert!(has(&format!("{name}\0")), "{name}");
    }
    for seam in [
        "FSLAUNCH_TEST_PIPE",
        "FSLAUNCH_TEST_VARLINK",
        "FSLAUNCH_TEST_CLASSES",
        "FslaunchTestPanic",
        "FslaunchTestWords",
    ] {
        assert!(!has(seam), "{seam}");
    }
    assert!(!has("fslaunch_os"), "the launcher's own code is not in it");
    assert!(!has("tokio"), "no runtime is in it");
}
