//! The plain server: what a message costs when nothing is done about it.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU32, Ordering};

use super::Wire;
use crate::failure::Failure;

/// The instances of its pipe, each with a thread.
const INSTANCES: &str = "8";

/// A process that answers each message at once. It is ended when this is
/// dropped.
pub(crate) struct Plain {
    pipe: PathBuf,
    child: Child,
}

impl Plain {
    /// Starts one whose replies have that many bytes.
    pub(crate) fn start(size: usize) -> Result<Self, Failure> {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!(r"\\.\pipe\fslaunch-bench-{}-{number}", std::process::id());
        let child = Command::new(fslaunch_tests::program("bench-plain-server"))
            .args([&name, INSTANCES, &size.to_string()])
            .spawn()
            .map_err(Failure::to("start the plain server"))?;
        let pipe = PathBuf::from(name);
        let plain = Self { pipe, child };
        let mut wire = plain.wire().when_answered(b"?")?;
        match wire.call(b"?")?.len() {
            length if length == size => Ok(plain),
            length => {
                let words = format!("the plain server answers {length} bytes");
                Err(Failure::Unfit(words))
            }
        }
    }

    /// The way to it.
    pub(crate) fn wire(&self) -> Wire {
        Wire::to(self.pipe.clone())
    }

    /// Its process ID.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        // Gone already, at worst.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
