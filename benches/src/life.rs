//! From a start to its reply and from a stop to the end, beside a process
//! that nobody launches or watches.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fslaunch_tests::Account;
use rustix::process::{Signal, kill_process};

use crate::calls;
use crate::failure::Failure;
use crate::figure::{Amount, Figure, Target};
use crate::interrupt;
use crate::launcher::{Launcher, OTHER_USER, SAME_USER};
use crate::observed::Observed;
use crate::samples::{Rounds, Samples};
use crate::wire::Wire;

const ROUNDS: usize = 10;
const LIVES: usize = 40;

/// Start and stop, in turns with the baseline, life by life.
pub(crate) fn measure() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let mut wire = launcher.connect()?;
    let sleeper = launcher.sleeper();
    let (mut bare, mut same, mut other) = (Lives::new(), Lives::new(), Lives::new());
    for _ in 0..ROUNDS {
        interrupt::check()?;
        for _ in 0..LIVES {
            bare.push(live_bare(&sleeper)?);
            same.push(live(&mut wire, SAME_USER)?);
            if Account::is_root() {
                other.push(live(&mut wire, OTHER_USER)?);
            }
        }
        for lives in [&mut bare, &mut same, &mut other] {
            lives.end_round();
        }
    }
    let mut figures = vec![
        Figure::time(
            "start to reply, same user, p50",
            same.starts.percentile(50),
            bare.starts.percentile(50),
        )
        .target(Target::Times(1.5))
        .samples(same.starts.count())
        .note("against posix_spawn of the same program until its first byte"),
        Figure::time(
            "    p99",
            same.starts.percentile(99),
            bare.starts.percentile(99),
        )
        .samples(same.starts.count()),
    ];
    if Account::is_root() {
        figures.push(
            Figure::time(
                "    run-as another user, p50",
                other.starts.percentile(50),
                bare.starts.percentile(50),
            )
            .samples(other.starts.count()),
        );
    }
    figures.push(stop(&same, &bare));
    Ok(figures)
}

fn stop(same: &Lives, bare: &Lives) -> Figure {
    let limit = Amount::Time(Duration::from_millis(10));
    let figure = Figure::time(
        "stop to gone, p50",
        same.stops.percentile(50),
        bare.stops.percentile(50),
    )
    .target(Target::Under(limit))
    .samples(same.stops.count());
    match same.early {
        0 => figure.note("against SIGTERM until the process is reaped; no reply came before the process was gone"),
        early => figure.note(format!("{early} REPLIES CAME BEFORE THE PROCESS WAS GONE")),
    }
}

/// How long it took to start something and to stop it, and whether the reply
/// to the stop came too early.
struct Life {
    start: Duration,
    stop: Duration,
    early: bool,
}

fn live(wire: &mut Wire, class: &str) -> Result<Life, Failure> {
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

/// The same without a launcher: std's `Command` without hooks is posix_spawn.
fn live_bare(program: &Path) -> Result<Life, Failure> {
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
    kill_process(rustix::process::Pid::from_child(&bare.0), Signal::TERM)
        .map_err(Failure::to("end the sleeper"))?;
    bare.0.wait().map_err(Failure::to("wait for the sleeper"))?;
    Ok(Life {
        start,
        stop: begun.elapsed(),
        early: false,
    })
}

/// A child that does not outlive this.
struct Bare(Child);

impl Bare {
    fn first_byte(&mut self) -> std::io::Result<()> {
        match &mut self.0.stdout {
            Some(stdout) => stdout.read_exact(&mut [0]),
            None => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        // Waited for already, if all went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Lives {
    starts: Rounds,
    stops: Rounds,
    early: usize,
    round: (Samples, Samples),
}

impl Lives {
    fn new() -> Self {
        Self {
            starts: Rounds::default(),
            stops: Rounds::default(),
            early: 0,
            round: Default::default(),
        }
    }

    fn push(&mut self, life: Life) {
        self.round.0.push(life.start);
        self.round.1.push(life.stop);
        self.early += usize::from(life.early);
    }

    fn end_round(&mut self) {
        let (starts, stops) = std::mem::take(&mut self.round);
        self.starts.push(starts);
        self.stops.push(stops);
    }
}
