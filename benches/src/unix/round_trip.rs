//! `List` on a connection that is kept, beside an echo of the same size.

use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::failure::Failure;
use crate::figure::{Amount, Figure, Target};
use crate::launcher::{HANGING, Launcher};
use crate::samples::{Rounds, in_turns};
use crate::system::calls;
use crate::system::cores::{Pinned, Placement};
use crate::system::echo::Echo;
use crate::system::wire::Wire;

const ROUNDS: usize = 20;
const CALLS: usize = 500;
const SILENT_CLIENTS: usize = 100;
/// Below the five seconds that the launcher gives a silent client.
const ROUNDS_BESIDE_SILENCE: usize = 5;

/// The target of the 99th percentile while somebody else hangs.
const UNDISTURBED: Target = Target::Under(Amount::Time(Duration::from_millis(5)));

/// `List` and its baseline on one launcher.
pub(crate) struct Lister {
    wire: Wire,
    echo: Echo,
    call: Vec<u8>,
}

/// Nothing else happens.
pub(crate) fn idle() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let mut figures = Vec::new();
    for (name, more) in [("1 instance", 0..1), ("10 instances", 1..10)] {
        launcher.fill(more)?;
        for placement in Placement::all()? {
            let mut lister = Lister::of(&launcher)?;
            let _pinned = Pinned::new(placement, &[launcher.pid(), lister.echo.pid()])?;
            let (list, echo) = lister.in_turns(ROUNDS, CALLS)?;
            let name = format!("List of {name}, {}, p50", placement.words());
            figures.push(figure(&name, 50, &list, &echo).target(Target::Times(2.0)));
            figures.push(figure("    p99", 99, &list, &echo));
        }
    }
    Ok(figures)
}

/// One start waits for an answer that never comes; then a hundred clients
/// say nothing.
pub(crate) fn beside_others() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    Ok(vec![beside_a_hang(&launcher)?, beside_silence(&launcher)?])
}

fn beside_a_hang(launcher: &Launcher) -> Result<Figure, Failure> {
    let mut hanging = launcher.connect()?;
    hanging.send(&calls::start_with_secret(HANGING, "hung"))?;
    launcher.wait_for(HANGING, "hung", "starting");
    let (list, echo) = Lister::of(launcher)?.in_turns(ROUNDS, CALLS)?;
    // It must have hung to the end.
    launcher.wait_for(HANGING, "hung", "starting");
    calls::accepted(launcher.connect()?.call(&calls::stop(HANGING, "hung"))?)?;
    hanging.receive()?;
    let name = "List p99 while a start with a secret hangs";
    Ok(figure(name, 99, &list, &echo).target(UNDISTURBED))
}

fn beside_silence(launcher: &Launcher) -> Result<Figure, Failure> {
    let mut lister = Lister::of(launcher)?;
    let silent: Result<Vec<UnixStream>, _> = (0..SILENT_CLIENTS)
        .map(|_| UnixStream::connect(launcher.daemon().socket()))
        .collect();
    let silent = silent.map_err(Failure::to("connect and say nothing"))?;
    let (list, echo) = lister.in_turns(ROUNDS_BESIDE_SILENCE, CALLS)?;
    let left = silent.into_iter().filter(is_connected).count();
    if left < SILENT_CLIENTS {
        let words = format!("only {left} of {SILENT_CLIENTS} silent clients were there to the end");
        return Err(Failure::Unfit(words));
    }
    let name = format!("List p99 while {SILENT_CLIENTS} silent clients are connected");
    Ok(figure(&name, 99, &list, &echo).target(UNDISTURBED))
}

fn is_connected(stream: &UnixStream) -> bool {
    let (unblocked, mut stream) = (stream.set_nonblocking(true), stream);
    let read = unblocked.and_then(|()| stream.read(&mut [0]));
    matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

fn figure(name: &str, percent: usize, list: &Rounds, echo: &Rounds) -> Figure {
    Figure::time(name, list.percentile(percent), echo.percentile(percent)).samples(list.count())
}

impl Lister {
    /// On a connection of its own.
    pub(crate) fn of(launcher: &Launcher) -> Result<Self, Failure> {
        let call = calls::list();
        let (wire, echo) = (launcher.connect()?, Echo::start(&call)?);
        Ok(Self { wire, echo, call })
    }

    /// How long one `List` takes, and one echo of as many bytes.
    pub(crate) fn pair(&mut self) -> Result<(Duration, Duration), Failure> {
        let (list, size) = self.wire.time(&self.call)?;
        Ok((list, self.echo.time(size)?))
    }

    /// The number of instances, and the bytes of the reply.
    pub(crate) fn listed(&mut self) -> Result<(usize, usize), Failure> {
        let reply = self.wire.call(&self.call)?;
        Ok((calls::listed(reply)?, reply.len()))
    }

    /// Rounds of `List` and of echoes of as many bytes.
    pub(crate) fn in_turns(
        &mut self,
        rounds: usize,
        count: usize,
    ) -> Result<(Rounds, Rounds), Failure> {
        let (_, size) = self.listed()?;
        let Self { wire, echo, call } = self;
        let list = || wire.time(call).map(|(time, _)| time);
        in_turns(rounds, count, list, || echo.time(size))
    }
}
