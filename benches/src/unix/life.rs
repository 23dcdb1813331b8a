//! From a start to its reply and from a stop to the end, beside a process
//! that nobody launches or watches.

use std::thread::sleep;
use std::time::Duration;

use fslaunch_tests::Account;

use crate::failure::Failure;
use crate::figure::{Amount, Figure, Target};
use crate::interrupt;
use crate::launcher::{Launcher, SAME_USER};
use crate::samples::{Rounds, Samples};
use crate::system::OTHER_USER;
use crate::system::one_life::{Life, bare, launched};

/// How long nothing happens before each start: people do not start file
/// systems one right after the other, and the launcher prepares for the next.
const REST: Duration = Duration::from_millis(50);

/// Starts after a rest and starts in a row.
pub(crate) fn measure() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let rested = Series::measure(&launcher, REST, 5, 20)?;
    let hurried = Series::measure(&launcher, Duration::ZERO, 5, 60)?;
    let [median, p99] = rested.starts("start to reply, after a rest");
    let note = "against posix_spawn of the same program until its first byte";
    let mut figures = vec![median.note(note), p99];
    figures.extend(rested.other_user());
    figures.extend(hurried.starts("start to reply, starts in a row"));
    figures.extend(hurried.other_user());
    figures.extend(rested.stops());
    Ok(figures)
}

/// Lives in turns: without the launcher, with it, and as another user.
#[derive(Default)]
struct Series {
    bare: Lives,
    same: Lives,
    other: Lives,
}

impl Series {
    fn measure(
        launcher: &Launcher,
        rest: Duration,
        rounds: usize,
        lives: usize,
    ) -> Result<Self, Failure> {
        let (sleeper, mut wire) = (launcher.sleeper(), launcher.connect()?);
        let mut series = Self::default();
        for _ in 0..rounds {
            interrupt::check()?;
            for _ in 0..lives {
                sleep(rest);
                series.bare.push(&bare(&sleeper)?);
                sleep(rest);
                series.same.push(&launched(&mut wire, SAME_USER)?);
                if Account::is_root() {
                    sleep(rest);
                    series.other.push(&launched(&mut wire, OTHER_USER)?);
                }
            }
            for lives in [&mut series.bare, &mut series.same, &mut series.other] {
                lives.end_round();
            }
        }
        Ok(series)
    }

    fn starts(&self, name: &str) -> [Figure; 2] {
        let (launched, bare) = (&self.same.starts, &self.bare.starts);
        let figure = |name: &str, percent| {
            let (launched, bare) = (launched.percentile(percent), bare.percentile(percent));
            Figure::time(name, launched, bare)
        };
        [
            figure(&format!("{name}, p50"), 50).target(Target::Times(1.5)),
            figure("    p99", 99),
        ]
        .map(|figure| figure.samples(launched.count()))
    }

    /// Only root can launch for others.
    fn other_user(&self) -> Option<Figure> {
        let (launched, bare) = (&self.other.starts, &self.bare.starts);
        let name = "    as another user, p50";
        let figure = Figure::time(name, launched.percentile(50), bare.percentile(50));
        (launched.count() > 0).then(|| figure.samples(launched.count()))
    }

    fn stops(&self) -> [Figure; 2] {
        let (launched, bare) = (&self.same.stops, &self.bare.stops);
        let early = "    replies before the process was gone";
        [
            Figure::time(
                "stop to gone, p50",
                launched.percentile(50),
                bare.percentile(50),
            )
            .target(Target::Under(Amount::Time(Duration::from_millis(10))))
            .note("against SIGTERM until the process is reaped"),
            Figure::never(early, self.same.early),
        ]
        .map(|figure| figure.samples(launched.count()))
    }
}

/// Rounds of lives of one kind.
#[derive(Default)]
struct Lives {
    starts: Rounds,
    stops: Rounds,
    early: usize,
    round: (Samples, Samples),
}

impl Lives {
    fn push(&mut self, life: &Life) {
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
