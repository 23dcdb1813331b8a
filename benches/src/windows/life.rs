//! From a start to its reply, beside a process that nobody launches.

use std::io::Read;
use std::os::windows::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fslaunch_tests::PATIENCE;

use super::{Wire, calls};
use crate::failure::Failure;
use crate::figure::{Figure, Target};
use crate::launcher::{Launcher, SAME_USER};
use crate::samples::in_turns;

/// No console: one that is made for the process would cost more than the
/// process, under Wine.
const DETACHED_PROCESS: u32 = 0x8;
const ROUNDS: usize = 10;
const LIVES: usize = 10;

/// Starts, each of which is stopped and gone before the next.
pub(crate) fn measure() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let (sleeper, mut wire) = (launcher.sleeper(), launcher.connect()?);
    // The first start makes what later ones have.
    launched(&mut wire)?;
    let (starts, bare) = in_turns(ROUNDS, LIVES, || launched(&mut wire), || bare(&sleeper))?;
    let figure = |name: &str, percent| {
        let (starts, bare) = (starts.percentile(percent), bare.percentile(percent));
        Figure::time(name, starts, bare)
    };
    let count = starts.count();
    let note = "the launcher replies when the process is let run; against CreateProcess of the same \
                program until its first byte";
    Ok(vec![
        figure("start to reply, p50", 50)
            .target(Target::Times(1.2))
            .samples(count)
            .note(note),
        figure("    p99", 99).samples(count),
    ])
}

/// How long an instance takes to be started.
fn launched(wire: &mut Wire) -> Result<Duration, Failure> {
    let (start, stop) = (
        calls::start(SAME_USER, "short"),
        calls::stop(SAME_USER, "short"),
    );
    let begun = Instant::now();
    let reply = wire.call(&start)?;
    let taken = begun.elapsed();
    calls::started(reply)?;
    calls::accepted(wire.call(&stop)?)?;
    let deadline = Instant::now() + PATIENCE;
    while calls::listed(wire.call(&calls::list())?)? > 0 {
        if Instant::now() > deadline {
            return Err(Failure::Unfit("a stopped process does not end".to_owned()));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(taken)
}

/// The same program without a launcher.
fn bare(program: &Path) -> Result<Duration, Failure> {
    let mut command = Command::new(program);
    command
        .creation_flags(DETACHED_PROCESS)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let mut bare = Bare(command.spawn().map_err(Failure::to("start the sleeper"))?);
    if let Some(stdout) = &mut bare.0.stdout {
        let heard = stdout.read_exact(&mut [0]);
        heard.map_err(Failure::to("hear of the sleeper"))?;
    }
    Ok(begun.elapsed())
}

/// A child that does not outlive this.
struct Bare(Child);

impl Drop for Bare {
    fn drop(&mut self) {
        // Gone already, at worst.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
