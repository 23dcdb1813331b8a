//! `mount -t fslaunch` of MEMFS beside mount(8) with a helper that starts MEMFS
//! itself, in turns: from the start of mount(8) to its end. The goal is at most
//! twice the time, which says what the launcher adds to a mount. The same goal
//! stands beside MEMFS without mount(8), which nobody gets with `mount`: it says
//! what all of it costs, mount(8) included. That with a helper that does nothing
//! shows how much of this is its own. All of it happens in a namespace of this
//! program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    linux::main()
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("bench-mount: there is no mount(8) on this system");
    ExitCode::FAILURE
}

#[cfg(unix)]
mod linux {
    use std::io::{self, Read};
    use std::path::{Path, PathBuf};
    use std::process::{Command, ExitCode, Stdio};
    use std::time::{Duration, Instant};

    use fslaunch_tests::{Class, Daemon, is_inside, mounts, own_mounts, program};
    use serde_json::json;

    const ROUNDS: usize = 50;
    const GOAL: f64 = 2.0;
    /// How long nothing happens before each mount: people do not mount one
    /// file system right after the other.
    const REST: Duration = Duration::from_millis(50);

    pub(super) fn main() -> ExitCode {
        let done = match is_inside() {
            true => measure(),
            false => own_mounts().status().and_then(|status| {
                let failed = || io::Error::other(status.to_string());
                status.success().then_some(()).ok_or_else(failed)
            }),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("bench-mount: {error}");
                ExitCode::FAILURE
            }
        }
    }

    /// What is measured, each in its turn.
    #[derive(Debug, Clone, Copy)]
    enum Way {
        /// MEMFS, started by itself.
        Alone,
        /// mount(8) with a helper that does nothing.
        Nothing,
        /// mount(8) with a helper that starts MEMFS.
        Direct,
        /// mount(8) and the launcher.
        Launched,
    }

    impl Way {
        const ALL: [Self; 4] = [Self::Alone, Self::Nothing, Self::Direct, Self::Launched];

        fn words(self) -> &'static str {
            match self {
                Self::Alone => "MEMFS, without mount(8)",
                Self::Nothing => "mount(8), whose helper does nothing",
                Self::Direct => "mount(8), whose helper starts MEMFS",
                Self::Launched => "mount -t fslaunch",
            }
        }
    }

    fn measure() -> io::Result<()> {
        let helpers = [
            ("mount-fslaunch", "mount.fslaunch"),
            ("bench-mount-helper", "mount.direct"),
            ("bench-mount-helper", "mount.idle"),
        ];
        for (built, name) in helpers {
            std::fs::copy(program(built), Path::new("/sbin").join(name))?;
        }
        let daemon = Daemon::system().environment("FSLAUNCH_LOG", "info").start();
        let class = Class::new("memfs64", daemon.program("memfs"))
            .set("command-line", "-u %1 -m %2")
            .set("arguments", json!(["unc", "mount-point"]))
            .set("mount-point", "%2");
        daemon.register(&class);
        let at = daemon.place().make_folder("mnt", 0o755);
        let stage = Stage { daemon, at };
        let mut times = Way::ALL.map(|_| vec![]);
        for _ in 0..ROUNDS {
            for (way, times) in Way::ALL.into_iter().zip(&mut times) {
                std::thread::sleep(REST);
                times.push(stage.time(way)?);
            }
        }
        let medians = times.map(median);
        for (way, median) in Way::ALL.iter().zip(medians) {
            let milliseconds = median.as_secs_f64() * 1e3;
            println!("{:<36} {milliseconds:6.2} ms p50 of {ROUNDS}", way.words());
        }
        let [alone, _, direct, launched] = medians.map(|median| median.as_secs_f64());
        for (words, baseline) in [
            ("mount(8) that starts MEMFS:", direct),
            ("MEMFS without mount(8):", alone),
        ] {
            let ratio = launched / baseline;
            let met = if ratio <= GOAL { "MET" } else { "MISSED" };
            println!(
                "mount -t fslaunch to {words:<27} {ratio:.2} times, goal at most {GOAL:.1} ({met})"
            );
        }
        Ok(())
    }

    struct Stage {
        daemon: Daemon,
        at: PathBuf,
    }

    impl Stage {
        /// How long it takes until it is mounted. Nothing is mounted afterwards.
        fn time(&self, way: Way) -> io::Result<Duration> {
            match way {
                Way::Alone => self.alone(),
                Way::Nothing => self.mount("idle"),
                Way::Direct => {
                    let time = self.mount("direct")?;
                    self.unmount()?;
                    Ok(time)
                }
                Way::Launched => {
                    let time = self.mount("fslaunch")?;
                    self.expect_mount()?;
                    self.daemon.launchctl(&["stop", "memfs64", "share"]).ok();
                    Ok(time)
                }
            }
        }

        /// MEMFS says `OK` once it is mounted.
        fn alone(&self) -> io::Result<Duration> {
            let begun = Instant::now();
            let mut command = Command::new(self.daemon.program("memfs"));
            command.args(["-u", r"\memfs64\share", "-m"]).arg(&self.at);
            let mut child = command.stdout(Stdio::piped()).spawn()?;
            let mut answer = [0; 2];
            let out = child.stdout.as_mut();
            out.ok_or(io::ErrorKind::BrokenPipe)?
                .read_exact(&mut answer)?;
            let time = begun.elapsed();
            let unmounted = self.unmount();
            child.wait()?;
            unmounted.map(|()| time)
        }

        fn mount(&self, kind: &str) -> io::Result<Duration> {
            let begun = Instant::now();
            let mut command = Command::new("mount");
            command.env("FSLAUNCH_SOCKET", self.daemon.socket());
            command.env("BENCH_MEMFS", self.daemon.program("memfs"));
            let status = command
                .args(["-t", kind, "//memfs64/share"])
                .arg(&self.at)
                .status()?;
            let time = begun.elapsed();
            let failed = || io::Error::other(format!("mount failed: {status}"));
            status.success().then_some(time).ok_or_else(failed)
        }

        fn expect_mount(&self) -> io::Result<()> {
            let nothing = || io::Error::other("nothing is mounted");
            mounts::at(&self.at).map(drop).ok_or_else(nothing)
        }

        fn unmount(&self) -> io::Result<()> {
            self.expect_mount()?;
            let status = Command::new("umount").arg(&self.at).status()?;
            let failed = || io::Error::other(format!("umount failed: {status}"));
            status.success().then_some(()).ok_or_else(failed)
        }
    }

    fn median(mut times: Vec<Duration>) -> Duration {
        times.sort();
        times[times.len() / 2]
    }
}
