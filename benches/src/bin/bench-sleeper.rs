//! The lightest file system there is: says that it runs, with one byte on
//! standard output, and waits for SIGTERM.
#![forbid(unsafe_code)]

use std::io::Write;

fn main() {
    let mut stdout = std::io::stdout();
    // Whoever started it may not listen, and that is no reason to stop.
    let _ = stdout.write_all(b".").and_then(|()| stdout.flush());
    loop {
        std::thread::park();
    }
}
