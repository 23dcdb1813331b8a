//! One start and one stop: through the launcher, and without it.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::Failure;
use crate::system::calls;
use crate::system::observed::Observed;
use crate::system::wire::Wire;

/// How long it took to start something and to stop it.
pub(crate) struct Life {
    /// To the reply, or the first byte.
    pub(crate) start: Duration,
    /// Until the process is gone and that was told.
    pub(crate) stop: Duration,
    /// Whether it was told before it was so.
    pub(crate) early: bool,
}

/// An instance of a class.
pub(crate) fn launched(wire: &mut Wire, class: &str) -> Result<Life, Failure> {
    let (start, stop) = (calls::start(class, "short"), calls::stop(class, "short"));
    let begun = Instant::now();
    let reply = wire.call(&start)?;
    let started = begun.elapsed();
    let process = Observed::new(calls::started(reply)?)?;
    let begun = Instant::now();
    let reply = wire.call(&stop)?;
    let replied = begun.elapsed();
    let early = !process.is_gone();
    process.wait()?;
    let stopped = if early { begun.elapsed() } else { replied };
    calls::accepted(reply)?;
    Ok(Life {
        start: started,
        stop: stopped,
        early,
    })
}

/// The same program without a launcher: std's `Command` without hooks is
/// posix_spawn.
pub(crate) fn bare(program: &Path) -> Result<Life, Failure> {
    let mut command = Command::new(program);
    command
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let mut bare = Bare(command.spawn().map_err(Failure::to("start the sleeper"))?);
    bare.first_byte()
        .map_err(Failure::to("hear of the sleeper"))?;
    let start = begun.elapsed();
    let begun = Instant::now();
    bare.end().map_err(Failure::to("end the sleeper"))?;
    Ok(Life {
        start,
        stop: begun.elapsed(),
        early: false,
    })
}

/// A child that does not outlive this.
struct Bare(Child);

impl Bare {
    fn first_byte(&mut self) -> io::Result<()> {
        match &mut self.0.stdout {
            Some(stdout) => stdout.read_exact(&mut [0]),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn end(&mut self) -> io::Result<()> {
        kill_process(Pid::from_child(&self.0), Signal::TERM)?;
        self.0.wait().map(drop)
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // Waited for already, if all went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
