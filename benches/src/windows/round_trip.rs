//! `L` through the pipe of existing clients, beside the plain server.

use std::fs::File;
use std::time::{Duration, Instant};

use super::plain::Plain;
use super::{Wire, calls};
use crate::failure::Failure;
use crate::figure::{Amount, Figure, Target};
use crate::interrupt;
use crate::launcher::{HANGING, Launcher};
use crate::samples::{Rounds, Samples, in_turns};

const ROUNDS: usize = 20;
const CALLS: usize = 100;
/// One is what a user may have at any time; a hundred are somebody's fault.
const SILENT_CLIENTS: [usize; 2] = [1, 100];
/// How long the launcher lets a client be silent.
const SILENCE: Duration = Duration::from_secs(5);
const CALLS_BESIDE_SILENCE: usize = 50;

/// The target of the 99th percentile while somebody else hangs.
const UNDISTURBED: Target = Target::Under(Amount::Time(Duration::from_millis(20)));

/// `L` and its baseline on one launcher.
pub(crate) struct Lister {
    pub(crate) wire: Wire,
    pub(crate) plain: Plain,
    pub(crate) call: Vec<u8>,
    /// How many instances there are.
    pub(crate) count: usize,
    /// The bytes of a reply.
    pub(crate) size: usize,
}

/// Nothing else happens.
pub(crate) fn idle() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let mut figures = Vec::new();
    for (name, more) in [("1 instance", 0..1), ("10 instances", 1..10)] {
        launcher.fill(more)?;
        let mut lister = Lister::of(&launcher)?;
        let (list, plain) = lister.in_turns(ROUNDS, CALLS)?;
        let name = format!("L of {name}, one client, p50");
        figures.push(figure(&name, 50, &list, &plain).target(Target::Times(1.5)));
        figures.push(figure("    p99", 99, &list, &plain));
    }
    Ok(figures)
}

/// One start waits for an answer that never comes; then one client says
/// nothing, then a hundred.
pub(crate) fn beside_others() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let mut figures = vec![beside_a_hang(&launcher)?];
    for count in SILENT_CLIENTS {
        figures.push(beside_silence(&launcher, count)?);
    }
    Ok(figures)
}

fn beside_a_hang(launcher: &Launcher) -> Result<Figure, Failure> {
    let mut hanging = launcher.connect()?;
    let start = calls::start_with_secret(HANGING, "hung");
    let hanging = std::thread::spawn(move || hanging.call(&start).map(drop));
    launcher.wait_for(HANGING, "hung", "starting");
    let (list, plain) = Lister::of(launcher)?.in_turns(ROUNDS, CALLS)?;
    // It must have hung to the end.
    launcher.wait_for(HANGING, "hung", "starting");
    calls::accepted(launcher.connect()?.call(&calls::stop(HANGING, "hung"))?)?;
    let panicked = |_| Failure::Harness("the thread of a start panicked".to_owned());
    hanging.join().map_err(panicked)??;
    let name = "L p99 while a start with a secret hangs";
    Ok(figure(name, 99, &list, &plain).target(UNDISTURBED))
}

fn beside_silence(launcher: &Launcher, count: usize) -> Result<Figure, Failure> {
    let mut lister = Lister::of(launcher)?;
    let (mut list, mut plain) = (Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let silent = (0..count).map(|_| silent_client(launcher));
        let silent: Vec<File> = silent.collect::<Result<_, _>>()?;
        let round = lister.round(CALLS_BESIDE_SILENCE)?;
        if begun.elapsed() > SILENCE {
            let words = "the machine is too slow: silent clients were not there to the end";
            return Err(Failure::Unfit(words.to_owned()));
        }
        drop(silent);
        list.push(round.0);
        plain.push(round.1);
    }
    let name = match count {
        1 => "L p99 while one silent client is connected".to_owned(),
        _ => format!("L p99 while {count} silent clients are connected"),
    };
    let (p99, plain_p99) = (list.percentile_of_all(99), plain.percentile_of_all(99));
    Ok(Figure::time(name, p99, plain_p99)
        .target(UNDISTURBED)
        .samples(list.count()))
}

/// All instances of the pipe may be taken for a moment.
fn silent_client(launcher: &Launcher) -> Result<File, Failure> {
    let deadline = Instant::now() + SILENCE;
    loop {
        match File::open(launcher.daemon().messages_pipe()) {
            Err(_) if Instant::now() < deadline => std::thread::yield_now(),
            opened => return opened.map_err(Failure::to("connect and say nothing")),
        }
    }
}

pub(super) fn figure(name: &str, percent: usize, list: &Rounds, plain: &Rounds) -> Figure {
    Figure::time(name, list.percentile(percent), plain.percentile(percent)).samples(list.count())
}

impl Lister {
    /// Beside a server whose replies have as many bytes.
    pub(crate) fn of(launcher: &Launcher) -> Result<Self, Failure> {
        let (mut wire, call) = (launcher.connect()?, calls::list());
        let reply = wire.call(&call)?;
        let (count, size) = (calls::listed(reply)?, reply.len());
        Ok(Self {
            plain: Plain::start(size)?,
            wire,
            call,
            count,
            size,
        })
    }

    /// So many of `L`, and then of the plain server's answers.
    fn round(&mut self, count: usize) -> Result<(Samples, Samples), Failure> {
        interrupt::check()?;
        let (mut list, mut plain) = (Samples::default(), Samples::default());
        for _ in 0..count {
            list.push(self.wire.time(&self.call)?);
        }
        let mut wire = self.plain.wire();
        for _ in 0..count {
            plain.push(wire.time(&self.call)?);
        }
        Ok((list, plain))
    }

    /// Rounds of `L` and of the plain server's answers.
    pub(crate) fn in_turns(
        &mut self,
        rounds: usize,
        count: usize,
    ) -> Result<(Rounds, Rounds), Failure> {
        let (mut plain, call) = (self.plain.wire(), &self.call);
        in_turns(rounds, count, || self.wire.time(call), || plain.time(call))
    }
}
