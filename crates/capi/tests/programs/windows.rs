//! The library for Windows, of 64 and of 32 bits.

use crate::compile::{Compiler, WINDOWS_32, WINDOWS_64, exports, folder, imports};
use crate::header::functions;
use crate::library::{self, Build};
use crate::wine::Wine;

const TARGET_64: &str = "x86_64-pc-windows-gnu";
const TARGET_32: &str = "i686-pc-windows-gnu";

/// What a program may find itself with when it loads the library: parts of
/// every Windows, and nothing that has to be shipped beside it.
const PARTS_OF_WINDOWS: [&str; 11] = [
    "advapi32.dll",
    "api-ms-win-core-synch-l1-2-0.dll",
    "bcryptprimitives.dll",
    "combase.dll",
    "kernel32.dll",
    "msvcrt.dll",
    "ntdll.dll",
    "shell32.dll",
    "user32.dll",
    "userenv.dll",
    "ws2_32.dll",
];

#[test]
fn the_shipped_library_of_64_bits_has_the_functions_of_the_header_and_no_seam() {
    is_as_shipped(WINDOWS_64, TARGET_64);
}

#[test]
fn the_shipped_library_of_32_bits_has_the_functions_of_the_header_and_no_seam() {
    is_as_shipped(WINDOWS_32, TARGET_32);
}

fn is_as_shipped(compiler: Compiler, target: &str) {
    let folder = folder(&format!("shipped-{target}"));
    if compiler.is_lacking() || !library::for_windows(target, Build::Shipped, &folder) {
        return;
    }
    let library = folder.join("fslaunch.dll");
    let dump = compiler.dump("-p", &library);
    // Undecorated, also where C names begin with an underscore.
    assert_eq!(exports(&dump), functions());
    let imports = imports(&dump);
    assert!(imports.contains(&"kernel32.dll".to_owned()), "{imports:?}");
    for name in &imports {
        assert!(PARTS_OF_WINDOWS.contains(&name.as_str()), "{name}");
    }
    let bytes = std::fs::read(&library).unwrap();
    let seam = b"FSLAUNCH_TEST_PIPE";
    assert!(!bytes.windows(seam.len()).any(|part| part == seam));
    // A program of C links with it, by cdecl.
    for name in ["windows", "records", "live"] {
        compiler.program(name, &folder, &folder);
    }
}

#[test]
fn programs_of_64_bits_get_what_the_specification_says() {
    run_all(WINDOWS_64, TARGET_64, Wine::of_64_bits());
}

#[test]
fn programs_of_32_bits_get_what_the_specification_says() {
    run_all(WINDOWS_32, TARGET_32, Wine::of_32_bits());
}

fn run_all(compiler: Compiler, target: &str, wine: Option<Wine>) {
    let folder = folder(&format!("seams-{target}"));
    let Some(wine) = wine else { return };
    if compiler.is_lacking() || !library::for_windows(target, Build::WithSeams, &folder) {
        return;
    }
    wine.complete(compiler, &folder);
    for name in ["windows", "records", "loading"] {
        let program = compiler.program(name, &folder, &folder);
        let ran = wine.run(&program);
        assert!(ran.out.contains(", 0 failed"), "{}", ran.out);
        assert_eq!(ran.code, 0, "{}", ran.out);
    }
}
