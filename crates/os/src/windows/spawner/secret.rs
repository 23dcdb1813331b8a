//! The secret of a start, on its way to the process.

use std::fs::File;
use std::io::{self, Write};
use std::os::windows::io::OwnedHandle;

use zeroize::Zeroizing;

/// Writes the secret into a process's standard input and closes that. A process that does not
/// read keeps nobody but a thread waiting, and that no longer than it lives itself.
pub(super) fn write(stdin: OwnedHandle, secret: &[u8]) -> io::Result<()> {
    let mut stdin = File::from(stdin);
    if secret.is_empty() {
        return Ok(());
    }
    let secret = Zeroizing::new(secret.to_vec());
    let thread = std::thread::Builder::new().stack_size(64 * 1024);
    thread.spawn(move || {
        // A process that ends without reading has no use for it.
        let _ = stdin.write_all(&secret);
    })?;
    Ok(())
}
