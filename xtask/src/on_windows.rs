//! The commands on Windows: the tests and the checks. The rest mounts file
//! systems of Linux.

/// Nothing ends a program besides.
pub(crate) const MORE_SIGNALS: &[i32] = &[];

/// The lints of what is for Windows.
pub(crate) fn lints() -> Result<(), crate::failure::Failure> {
    let mut all = crate::lints::for_windows(None).into_iter();
    all.try_for_each(|mut clippy| crate::command::run(&mut clippy))
}

pub(crate) mod test {
    //! `cargo xtask test` on Windows: the same tests as under Wine, natively.

    use std::collections::BTreeSet;
    use std::ffi::OsString;
    use std::time::Instant;

    use crate::command::{cargo, run as run_command, target};
    use crate::failure::Failure;
    use crate::programs;

    /// Builds and runs the tests. With `arguments`, only those that these
    /// select.
    pub(crate) fn run(arguments: &[OsString]) -> Result<(), Failure> {
        let started = Instant::now();
        let skip_log = target()?.join("skipped.txt");
        // No log of an earlier run: what is not there need not be removed.
        let _ = std::fs::remove_file(&skip_log);
        println!("== Building");
        for mut build in programs::builds(None)? {
            run_command(&mut build)?;
        }
        // Without one the tests of these programs say that they are skipped.
        for mut compile in programs::in_c(None, "gcc")? {
            if let Err(failure) = run_command(&mut compile) {
                println!("MISSING: a C compiler ({failure})");
            }
        }
        println!("\n== Testing");
        let tests = match arguments {
            [] => programs::tests(None),
            chosen => {
                let mut test = cargo(&["test"]);
                test.args(chosen);
                vec![test]
            }
        };
        let mut outcome = Ok(());
        for mut test in tests {
            let tested = run_command(test.env("FSLAUNCH_SKIP_LOG", &skip_log));
            outcome = outcome.and(tested);
        }
        let log = std::fs::read_to_string(&skip_log).unwrap_or_default();
        let skips: BTreeSet<&str> = log.lines().collect();
        println!("\n{} tests were skipped.", skips.len());
        for skip in skips {
            println!("SKIPPED: {skip}");
        }
        println!("\nTook {} s.", started.elapsed().as_secs());
        outcome
    }
}

pub(crate) mod demo {
    //! `cargo xtask demo`.

    use crate::failure::Failure;

    pub(crate) fn run() -> Result<(), Failure> {
        Err(Failure::new("the demonstration is for Linux"))
    }
}

pub(crate) mod bench {
    //! `cargo xtask bench`.

    use std::ffi::OsString;

    use crate::failure::Failure;

    pub(crate) fn run(_arguments: &[OsString]) -> Result<(), Failure> {
        Err(Failure::new("the figures are for Linux"))
    }
}

pub(crate) mod soak {
    //! `cargo xtask soak`.

    use std::ffi::OsString;

    use crate::failure::Failure;

    /// Nothing to be chosen.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) struct Soak;

    impl Soak {
        pub(crate) fn parse(_words: &[OsString]) -> Result<Self, String> {
            Ok(Self)
        }

        pub(crate) fn run(self) -> Result<(), Failure> {
            Err(Failure::new("this is for Linux"))
        }
    }
}
