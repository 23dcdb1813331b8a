//! The library as it is built for Windows of 64 and of 32 bits: the names by
//! which the router finds its functions, and what must be there to load it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use fslaunch_tests::{Need, lacking, run_with_deadline, skipped};

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

/// What every Windows has: nothing has to be shipped beside the library. What
/// few programs need (the dialog) is loaded when it is needed.
const PARTS_OF_WINDOWS: [&str; 8] = [
    "advapi32.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "bcryptprimitives.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "userenv.dll",
    "ws2_32.dll",
];

#[test]
fn the_library_of_64_bits_has_undecorated_functions_and_needs_windows_only() {
    is_as_the_router_wants("x86_64-pc-windows-gnu", "x86_64-w64-mingw32");
}

#[test]
fn the_library_of_32_bits_has_undecorated_functions_and_needs_windows_only() {
    is_as_the_router_wants("i686-pc-windows-gnu", "i686-w64-mingw32");
}

fn is_as_the_router_wants(target: &str, tools: &str) {
    // They are names for as long as the process runs.
    let [compiler, objdump] = ["gcc", "objdump"].map(|tool| &*format!("{tools}-{tool}").leak());
    if lacking(&[Need::Program(compiler), Need::Program(objdump)]) {
        return;
    }
    let Some(library) = built(target) else {
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        return skipped(&test, &format!("no Rust for {target}"));
    };
    let ran = run_with_deadline(Command::new(objdump).arg("-p").arg(&library), b"");
    assert_eq!(ran.code, 0, "{}", ran.err);
    // With no `@8` behind them, which the calls of 32-bit Windows bring.
    assert_eq!(exports(&ran.out), FUNCTIONS);
    let imports = imports(&ran.out);
    assert!(imports.contains(&"kernel32.dll".to_owned()), "{imports:?}");
    for name in &imports {
        assert!(PARTS_OF_WINDOWS.contains(&name.as_str()), "{name}");
    }
}

/// The library, built without seams; `None` if Rust lacks the target.
fn built(target: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().unwrap();
    let folder = own.ancestors().nth(3).unwrap();
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut look = Command::new(rustc);
    look.args(["--print", "target-libdir", "--target", target]);
    let printed = run_with_deadline(look.current_dir(env!("CARGO_MANIFEST_DIR")), b"").out;
    if !Path::new(printed.trim()).is_dir() {
        return None;
    }
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "--lib", "--target", target])
        .args(["--package", "fslaunch-network-provider", "--target-dir"])
        .arg(folder)
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(cargo.status().unwrap().success(), "{cargo:?}");
    Some(folder.join(target).join("debug/fslaunch_np.dll"))
}

/// The names that a DLL exports, in order.
fn exports(dump: &str) -> Vec<&str> {
    let (_, table) = dump.split_once("[Ordinal/Name Pointer] Table").unwrap();
    let entries = table.lines().skip(1).take_while(|line| line.contains('['));
    let names = entries.filter_map(|line| line.split_whitespace().last());
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names
}

/// The libraries that a DLL needs, in small letters.
fn imports(dump: &str) -> Vec<String> {
    let lines = dump.lines();
    let names = lines.filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    names.map(str::to_lowercase).collect()
}
