//! From the request for a drive to the drive that can be used, through the
//! network provider, beside the same file system without a launcher.

use std::os::windows::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fslaunch_tests::{Class, PATIENCE, processes, program_with_seam};

use crate::failure::Failure;
use crate::figure::{Amount, Figure, Target};
use crate::launcher::Launcher;
use crate::samples::in_turns;

const DRIVE: &str = "B:";
/// No console, as in the launcher's own starts.
const DETACHED_PROCESS: u32 = 0x8;
const BETWEEN_LOOKS: Duration = Duration::from_millis(1);

/// How a drive is mapped whose file system needs a while, and what is wanted.
struct Row {
    name: &'static str,
    pause: Duration,
    rounds: usize,
    drives: usize,
    target: Target,
}

const ROWS: [Row; 2] = [
    Row {
        name: "drive asked for to usable, ready at once, p50",
        pause: Duration::ZERO,
        rounds: 5,
        drives: 8,
        target: Target::Under(Amount::Time(Duration::from_millis(60))),
    },
    Row {
        name: "    ready 0.7 s after its process was made, p50",
        pause: Duration::from_millis(700),
        rounds: 3,
        drives: 5,
        target: Target::AtMost(Amount::Time(Duration::from_millis(750))),
    },
];

pub(crate) fn measure() -> Result<Vec<Figure>, Failure> {
    let launcher = Launcher::start()?;
    let note = "the provider's NPAddConnection, in a new program each time, with a file system that \
                maps the letter to a folder; against CreateProcess of that until the root opens";
    let mut figures = ROWS
        .iter()
        .map(|row| row.measure(&launcher))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(first) = figures.first_mut() {
        first.note = Some(note.to_owned());
    }
    Ok(figures)
}

impl Row {
    fn measure(&self, launcher: &Launcher) -> Result<Figure, Failure> {
        let pause = self.pause.as_millis().to_string();
        let folder = launcher.daemon().place().make_folder("shown", 0o755);
        let words = [DRIVE, folder.to_str().unwrap_or_default(), &pause];
        let class = format!("bench-drive-{pause}");
        let line = format!("%2 \"{}\" {pause}", words[1]);
        launcher
            .daemon()
            .register(&Class::new(&class, built("examples/mapper.exe")).set("command-line", line));
        let connected = || connected(launcher, &class);
        let bare = || bare(&words);
        // What the first one loads, later ones find.
        connected()?;
        let (connected, bare) = in_turns(self.rounds, self.drives, connected, bare)?;
        let figure = Figure::time(self.name, connected.percentile(50), bare.percentile(50));
        Ok(figure.target(self.target).samples(connected.count()))
    }
}

/// What was built with the network provider's seams: it finds a launcher of
/// the tests by them.
fn built(name: &str) -> PathBuf {
    program_with_seam().with_file_name(name)
}

/// How long the network provider takes to connect the drive.
fn connected(launcher: &Launcher, class: &str) -> Result<Duration, Failure> {
    let daemon = launcher.daemon();
    let key = daemon.classes_key();
    let mut connect = Command::new(built("examples/connect.exe"));
    connect
        .arg(built("fslaunch_np.dll"))
        .args([DRIVE, &format!(r"\\{class}\one")])
        .env("FSLAUNCH_TEST_PIPE", daemon.messages_pipe())
        .env("FSLAUNCH_TEST_VARLINK", daemon.socket())
        .env("FSLAUNCH_TEST_CLASSES", key.trim_start_matches(r"HKCU\"));
    let output = connect.stdin(Stdio::null()).output();
    let output = output.map_err(Failure::to("start the program that connects a drive"))?;
    let told = String::from_utf8_lossy(&output.stdout);
    told.trim().parse().map(Duration::from_micros).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        Failure::Unfit(format!("no drive was connected: {}", said.trim()))
    })
}

/// How long the same takes without a launcher.
fn bare(words: &[&str]) -> Result<Duration, Failure> {
    let mut mapper = Command::new(built("examples/mapper.exe"));
    mapper
        .args(words)
        .creation_flags(DETACHED_PROCESS)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let start = mapper.spawn();
    let mut process = start.map_err(Failure::to("start the program that maps a drive"))?;
    let deadline = begun + PATIENCE;
    let mut is_usable = false;
    while !is_usable && Instant::now() < deadline {
        is_usable = std::fs::read_dir(format!(r"{DRIVE}\")).is_ok();
        if !is_usable {
            std::thread::sleep(BETWEEN_LOOKS);
        }
    }
    let taken = begun.elapsed();
    // It takes the letter away itself.
    processes::ask_to_end(process.id());
    let ended = process.wait();
    ended.map_err(Failure::to("wait for the program that maps a drive"))?;
    match is_usable {
        true => Ok(taken),
        false => Err(Failure::Unfit("a drive does not appear".to_owned())),
    }
}
