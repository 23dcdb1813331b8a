//! The programs under test, in the folder that cargo has built them into.

use std::path::{Path, PathBuf};

use crate::PLATFORM;

/// The path of a program of this workspace.
///
/// # Panics
/// When it is not built: cargo builds the programs of other packages only
/// when asked to.
pub fn program(name: &str) -> PathBuf {
    let path = program_path(name);
    assert!(
        path.is_file(),
        "{} is not built; run `cargo build --workspace`, or `cargo xtask test`",
        path.display()
    );
    path
}

/// Where a program of this workspace is when it is built.
pub fn program_path(name: &str) -> PathBuf {
    profile_folder().join(format!("{name}{}", PLATFORM.executable_suffix))
}

/// The Python that has the Varlink client which `cargo xtask test` installs,
/// if it is there.
pub fn varlink_python() -> Option<PathBuf> {
    let target = profile_folder().parent().map(Path::to_owned)?;
    Some(target.join("varlink-client/bin/python3")).filter(|path| path.exists())
}

/// `target/debug`: test programs lie in `deps` below it.
pub(crate) fn profile_folder() -> PathBuf {
    let own = std::env::current_exe().expect("the test knows where it lies");
    let folder = own.parent().expect("the test lies in a folder");
    if folder.ends_with("deps") {
        folder.parent().expect("deps lies in a folder").to_owned()
    } else {
        folder.to_owned()
    }
}
