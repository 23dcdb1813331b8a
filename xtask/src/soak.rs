//! `cargo xtask soak`: what finds rare mistakes, for as long as there is time.

use std::ffi::OsString;

use crate::command::{cargo, run as run_command};
use crate::failure::Failure;
use crate::system::fuse_device::FuseDevice;
use crate::system::{limits, packages, suites};

/// How long each part goes on, and the first seed of its random numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Soak {
    seconds: u64,
    seed: u64,
}

impl Soak {
    /// Reads `--seconds N` and `--seed N`.
    pub(crate) fn parse(words: &[OsString]) -> Result<Self, String> {
        let mut soak = Self {
            seconds: 600,
            seed: 1,
        };
        let mut parser = lexopt::Parser::from_args(words);
        while let Some(word) = parser.next().map_err(|error| error.to_string())? {
            let number = match word {
                lexopt::Arg::Long("seconds") => &mut soak.seconds,
                lexopt::Arg::Long("seed") => &mut soak.seed,
                lexopt::Arg::Long(_) | lexopt::Arg::Short(_) | lexopt::Arg::Value(_) => {
                    return Err(word.unexpected().to_string());
                }
            };
            let value = parser.value().map_err(|error| error.to_string())?;
            let text = value.to_string_lossy();
            *number = text
                .parse()
                .map_err(|_| format!("{text:?} is not a whole number"))?;
        }
        Ok(soak)
    }

    /// Runs the parts one after another, on programs built for release.
    pub(crate) fn run(self) -> Result<(), Failure> {
        println!(
            "Four parts of {} s each, from seed {}.",
            self.seconds, self.seed
        );
        packages::install(packages::FOR_TESTS)?;
        suites::install()?;
        limits::raise_open_files();
        let device = FuseDevice::open_to_everybody()?;
        let outcome = self
            .part(&["--test", "core_model"])
            .and_then(|()| self.part(&["--test", "contents_model"]))
            .and_then(|()| self.part(&["--test", "fuse_stress"]))
            .and_then(|()| self.part(&["--test", "suites"]));
        drop(device);
        outcome
    }

    fn part(self, test: &[&str]) -> Result<(), Failure> {
        let mut command = cargo(&["test", "--release", "-p", "memfs"]);
        command
            .args(test)
            .args(["--", "--ignored", "--nocapture", "soak"])
            .env("FSLAUNCH_SOAK_SECONDS", self.seconds.to_string())
            .env("FSLAUNCH_SOAK_SEED", self.seed.to_string());
        run_command(&mut command)
    }
}

#[cfg(test)]
mod tests {
    use super::Soak;

    fn parsed(words: &[&str]) -> Result<Soak, String> {
        let words: Vec<_> = words.iter().map(Into::into).collect();
        Soak::parse(&words)
    }

    #[test]
    fn time_and_seed_can_be_given() {
        let soak = |seconds, seed| Ok(Soak { seconds, seed });
        assert_eq!(parsed(&[]), soak(600, 1));
        assert_eq!(
            parsed(&["--seconds", "5", "--seed", "18446744073709551615"]),
            soak(5, u64::MAX)
        );
    }

    #[test]
    fn what_is_no_number_or_no_option_is_refused() {
        for words in [
            &["--seconds", "long"][..],
            &["--seed"],
            &["--minutes", "1"],
            &["5"],
        ] {
            assert!(parsed(words).is_err(), "{words:?}");
        }
    }
}
