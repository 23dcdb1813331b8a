//! What `bench-mount` compares with: as the helper of mount(8) for the type
//! `direct` it starts MEMFS itself, with no launcher between, and returns when
//! that is mounted. For the type `idle` it does nothing.
#![forbid(unsafe_code)]

use std::io::{self, Read};
use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let is_idle = words
        .next()
        .is_some_and(|name| name.to_string_lossy().ends_with("idle"));
    let (source, folder) = (words.next(), words.next());
    if is_idle {
        return ExitCode::SUCCESS;
    }
    let mut memfs = Command::new(std::env::var_os("BENCH_MEMFS").unwrap_or_default());
    memfs.arg("-u").args(source).arg("-m").args(folder);
    match mounted(memfs.stdin(Stdio::null()).stdout(Stdio::piped())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-mount-helper: {error}");
            ExitCode::FAILURE
        }
    }
}

/// MEMFS says `OK` once it is mounted. It ends when it is unmounted.
fn mounted(memfs: &mut Command) -> io::Result<()> {
    let child = memfs.spawn()?;
    let mut answer = [0; 2];
    let out = child.stdout.ok_or(io::ErrorKind::BrokenPipe)?;
    { out }.read_exact(&mut answer)
}
