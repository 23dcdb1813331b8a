//! Several clients at once, each of which asks again and again.

use std::io;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::Wire;
use super::round_trip::Lister;
use crate::failure::Failure;
use crate::figure::{Amount, Figure, Target};
use crate::interrupt;
use crate::launcher::Launcher;
use crate::samples::{Rounds, Samples};

const CLIENTS: usize = 8;
const LISTS: usize = 250;
const ROUNDS: usize = 5;

/// One side of the comparison.
#[derive(Default)]
struct Side {
    /// A round is one sample: the time for each answer.
    rounds: Rounds,
    failures: usize,
    /// Why one of them failed.
    reason: Option<io::Error>,
}

/// The launcher and the plain server in turns.
pub(crate) fn measure() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    launcher.fill(0..1)?;
    let lister = Lister::of(&launcher)?;
    let (mut list, mut plain) = (Side::default(), Side::default());
    for _ in 0..ROUNDS {
        interrupt::check()?;
        list.round(&lister.wire, &lister.call, lister.size)?;
        plain.round(&lister.plain.wire(), &lister.call, lister.size)?;
    }
    let name = format!("L, {CLIENTS} clients with {LISTS} each: time for each");
    let (each, each_plain) = (list.rounds.percentile(50), plain.rounds.percentile(50));
    let per_second = |each: Duration| 1.0 / each.as_secs_f64();
    let count = ROUNDS * CLIENTS * LISTS;
    let throughput = Figure::time(name, each, each_plain)
        .target(Target::Times(1.0))
        .samples(count)
        .note(format!(
            "{:.0} in a second beside {:.0}; the median of {ROUNDS} rounds",
            per_second(each),
            per_second(each_plain)
        ));
    let mut failures = Figure::never("    failures", list.failures).samples(count);
    failures.baseline = Some(Amount::Count(plain.failures));
    Ok(vec![
        throughput,
        match list.reason {
            Some(error) => failures.note(format!("one of them: {error}")),
            None => failures,
        },
    ])
}

impl Side {
    /// All clients begin together; it ends when the last has its last answer.
    fn round(&mut self, wire: &Wire, call: &[u8], size: usize) -> Result<(), Failure> {
        let start = Barrier::new(CLIENTS + 1);
        let panicked = |_| Failure::Harness("a client panicked".to_owned());
        let taken = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| scope.spawn(|| client(wire.again(), call, size, &start)))
                .collect();
            start.wait();
            let begun = Instant::now();
            for client in clients {
                let (failures, reason) = client.join().map_err(panicked)?;
                self.failures += failures;
                self.reason = reason.or(self.reason.take());
            }
            Ok(begun.elapsed())
        })?;
        let mut round = Samples::default();
        round.push(taken / u32::try_from(CLIENTS * LISTS).unwrap_or(u32::MAX));
        self.rounds.push(round);
        Ok(())
    }
}

/// How many of its calls have failed, and why one of them did.
fn client(mut wire: Wire, call: &[u8], size: usize, start: &Barrier) -> (usize, Option<io::Error>) {
    let (mut failures, mut reason) = (0, None);
    start.wait();
    for _ in 0..LISTS {
        match wire.try_call(call) {
            Ok(reply) if reply.len() == size => {}
            Ok(reply) => {
                failures += 1;
                let words = format!("a reply of {} bytes", reply.len());
                reason = Some(io::Error::new(io::ErrorKind::InvalidData, words));
            }
            Err(error) => {
                failures += 1;
                reason = Some(error);
            }
        }
    }
    (failures, reason)
}
