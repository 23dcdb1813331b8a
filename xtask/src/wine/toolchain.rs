//! What builds for one kind of Windows.

use std::path::Path;
use std::process::Command;

use crate::command::{quietly, run, workspace};
use crate::failure::Failure;
use crate::system::machine::exists;

/// A target of Rust, and the C compiler that it links with.
pub(super) struct Toolchain {
    pub(super) triple: &'static str,
    pub(super) compiler: &'static str,
}

impl Toolchain {
    /// Makes it complete, or gives the reason why that is not possible here.
    pub(super) fn lacks(&self) -> Result<Option<String>, Failure> {
        if !exists(self.compiler) {
            return Ok(Some(format!("no {}", self.compiler)));
        }
        if self.is_in_rust()? {
            return Ok(None);
        }
        if exists("rustup") {
            // Without the network this fails; that is said by the second look.
            let _ = run(Command::new("rustup")
                .args(["target", "add", self.triple])
                .current_dir(workspace()));
            crate::interrupt::check()?;
        }
        Ok((!self.is_in_rust()?).then(|| format!("no Rust for {}", self.triple)))
    }

    /// Whether Rust's standard library is there for it.
    pub(super) fn is_in_rust(&self) -> Result<bool, Failure> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let mut command = Command::new(rustc);
        command
            .args(["--print", "target-libdir", "--target", self.triple])
            .current_dir(workspace());
        let printed = quietly(&mut command)?.stdout;
        Ok(Path::new(String::from_utf8_lossy(&printed).trim()).is_dir())
    }
}
