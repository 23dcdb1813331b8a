//! What the machine has, and who runs this.

use std::path::PathBuf;

/// Whether xtask runs as root, without asking the C library.
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Whether a program can be found in `PATH`, or among the administrator's
/// programs, which are not in every user's `PATH`.
pub(crate) fn exists(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path);
    let more = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let file = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    folders
        .chain(more)
        .any(|folder| folder.join(&file).is_file())
}
