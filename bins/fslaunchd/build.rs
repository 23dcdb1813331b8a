//! How the launcher is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |variable, value| std::env::var(variable).is_ok_and(|is| is == value);
    if is("CARGO_CFG_TARGET_OS", "windows") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        // What begins at a page of the file is mapped by Wine, as all is by Windows; else Wine
        // copies it into memory of each process.
        println!("cargo::rustc-link-arg-bins=-Wl,--file-alignment=4096");
    }
}
