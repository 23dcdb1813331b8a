//! `List` while a hundred starts are in flight.
//!
//! Both sides are measured in turns, call by call, by one thread and within
//! the same burst: whatever the starts cost the machine, both pay for it.

use std::thread;
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::figure::{Figure, Target};
use crate::interrupt;
use crate::launcher::{Launcher, SAME_USER};
use crate::samples::{Rounds, Samples};
use crate::system::calls;
use crate::system::round_trip::Lister;
use crate::system::wire::Wire;

const STARTS: usize = 100;
const BURSTS: usize = 20;

/// All samples of all bursts: one burst has too few for a 99th percentile.
pub(crate) fn measure() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let mut starters: Vec<Starter> = (0..STARTS)
        .map(|number| Starter::new(&launcher, number))
        .collect::<Result<_, _>>()?;
    let mut lister = Lister::of(&launcher)?;
    let (mut list, mut echo) = (Rounds::default(), Rounds::default());
    let mut bursts = Samples::default();
    for _ in 0..BURSTS {
        interrupt::check()?;
        let (round, taken) = burst(&mut starters, &mut lister)?;
        list.push(round.0);
        echo.push(round.1);
        bursts.push(taken);
        stop_all(&mut starters)?;
    }
    let name = format!("List p99 while {STARTS} starts are in flight");
    let note = format!(
        "{BURSTS} bursts of {STARTS} starts, each answered within {:.0} ms (median); the echo is \
         measured within the same bursts, each after a List and with as many bytes",
        bursts.percentile(50).as_secs_f64() * 1e3
    );
    let figure = |name: &str, percent| {
        let (list, echo) = (
            list.percentile_of_all(percent),
            echo.percentile_of_all(percent),
        );
        Figure::time(name, list, echo)
    };
    let count = list.count();
    Ok(vec![
        figure(&name, 99)
            .target(Target::Times(2.0))
            .samples(count)
            .note(note),
        figure("    p50", 50).samples(count),
    ])
}

/// Samples from when all starts are sent until all are answered, and how
/// long that was.
fn burst(
    starters: &mut [Starter],
    lister: &mut Lister,
) -> Result<((Samples, Samples), Duration), Failure> {
    let begun = Instant::now();
    for starter in &mut *starters {
        starter.wire.send(&starter.start)?;
    }
    let mut round = (Samples::default(), Samples::default());
    thread::scope(|scope| {
        let answers = scope.spawn(|| {
            for starter in &mut *starters {
                calls::started(starter.wire.receive()?)?;
            }
            Ok(begun.elapsed())
        });
        while !answers.is_finished() {
            let (list, echo) = lister.pair()?;
            round.0.push(list);
            round.1.push(echo);
        }
        let panicked = |_| Failure::Harness("a thread of a burst panicked".to_owned());
        Ok((round, answers.join().map_err(panicked)??))
    })
}

fn stop_all(starters: &mut [Starter]) -> Result<(), Failure> {
    for starter in &mut *starters {
        starter.wire.send(&starter.stop)?;
    }
    for starter in starters {
        calls::accepted(starter.wire.receive()?)?;
    }
    Ok(())
}

/// A client with one instance of its own.
struct Starter {
    wire: Wire,
    start: Vec<u8>,
    stop: Vec<u8>,
}

impl Starter {
    fn new(launcher: &Launcher, number: usize) -> Result<Self, Failure> {
        let name = format!("one-of-a-burst-{number}");
        Ok(Self {
            wire: launcher.connect()?,
            start: calls::start(SAME_USER, &name),
            stop: calls::stop(SAME_USER, &name),
        })
    }
}
