//! File systems mounted to be measured.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Which file systems there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Ours.
    Memfs,
    /// Ours, with the kernel gathering small writes.
    Gathering,
    /// The kernel's.
    Tmpfs,
    /// `bindfs`, as Debian has it, over the kernel's.
    Bindfs,
    /// libfuse's example of how to be fast, over the kernel's.
    PassthroughLl,
    /// libfuse's `hello_ll`, which does next to nothing.
    Empty,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Memfs,
        Self::Gathering,
        Self::Tmpfs,
        Self::Bindfs,
        Self::PassthroughLl,
        Self::Empty,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Memfs => "memfs",
            Self::Gathering => "memfs -w",
            Self::Tmpfs => "tmpfs",
            Self::Bindfs => "bindfs",
            Self::PassthroughLl => "passthrough_ll",
            Self::Empty => "empty server",
        }
    }

    /// Whether it can be measured in this: the empty one only answers. It is
    /// measured again in each row of metadata, as what the row is held to.
    pub(crate) fn does(self, row: &str) -> bool {
        self != Self::Empty || crate::rows::is_metadata(row)
    }

    fn command(self, base: &Path) -> Option<Command> {
        let (point, below) = (base.join("m"), base.join("below"));
        let mut command = match self {
            Self::Tmpfs => return None,
            Self::Memfs | Self::Gathering => {
                let mut command = Command::new(sibling("memfs"));
                if self == Self::Gathering {
                    command.arg("-w");
                }
                command.args(["-n", "1000000", "-s", "4294967296", "-m"]);
                command
            }
            Self::Bindfs => {
                let mut command = Command::new("bindfs");
                command.args(["-f", "--multithreaded"]).arg(below);
                command
            }
            Self::PassthroughLl => {
                let mut command = Command::new(tool("passthrough_ll"));
                // For several users and with the kernel's access checks, as all the others are mounted. Without them
                // the kernel saves a question for each name that changes.
                let source = format!("source={},cache=always", below.display());
                command.args(["-f", "-o", &source, "-o", "default_permissions,allow_other"]);
                command
            }
            Self::Empty => {
                let mut command = Command::new(tool("hello_ll"));
                command.arg("-f");
                command
            }
        };
        command.arg(point);
        Some(command)
    }
}

/// A program of this workspace, built with this one.
fn sibling(name: &str) -> PathBuf {
    std::env::current_exe()
        .unwrap_or_default()
        .with_file_name(name)
}

/// A program that xtask built.
fn tool(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    let target = own.ancestors().nth(2).unwrap_or(&own);
    target.join("tools/bin").join(name)
}

/// A mounted file system, taken down when dropped.
pub(crate) struct Mounted {
    pub(crate) kind: Kind,
    pub(crate) point: PathBuf,
    base: PathBuf,
    server: Option<Child>,
}

impl Mounted {
    pub(crate) fn new(kind: Kind) -> Result<Self, String> {
        let folder = format!("fslaunch-bench-{}-{kind:?}", std::process::id());
        let base = std::env::temp_dir().join(folder);
        let point = base.join("m");
        for folder in [&point, &base.join("below")] {
            fs::create_dir_all(folder).map_err(|error| error.to_string())?;
        }
        let mut mounted = Self {
            kind,
            point,
            base,
            server: None,
        };
        let needs_floor = match kind {
            Kind::Tmpfs => Some(&mounted.point),
            Kind::Bindfs | Kind::PassthroughLl => Some(&mounted.base.join("below")),
            Kind::Memfs | Kind::Gathering | Kind::Empty => None,
        };
        if let Some(point) = needs_floor {
            let mut mount = Command::new("mount");
            mount.args(["-t", "tmpfs", "-o", "size=4g,nr_inodes=2m", "none"]);
            let done = mount.arg(point).status();
            if !done.is_ok_and(|status| status.success()) {
                return Err("cannot mount a tmpfs: this needs root".to_owned());
            }
        }
        if let Some(mut command) = kind.command(&mounted.base) {
            let server = command.stdout(Stdio::null()).stdin(Stdio::null()).spawn();
            mounted.server = Some(server.map_err(|error| error.to_string())?);
        }
        mounted.wait()?;
        Ok(mounted)
    }

    /// The server's process.
    pub(crate) fn pid(&self) -> u32 {
        self.server.as_ref().map_or(0, Child::id)
    }

    fn wait(&mut self) -> Result<(), String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !mounts().contains(&self.point) {
            let ended = match &mut self.server {
                Some(server) => server.try_wait().is_ok_and(|status| status.is_some()),
                None => false,
            };
            if ended || Instant::now() > deadline {
                return Err("it does not mount".to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        for point in [&self.point, &self.base.join("below")] {
            if mounts().contains(point) {
                let _done = Command::new("umount")
                    .args(["-l", "--"])
                    .arg(point)
                    .status();
            }
        }
        if let Some(server) = &mut self.server {
            let _ended = server.kill();
            let _status = server.wait();
        }
        // Only empty folders: what is still mounted would lose its files.
        for folder in [&self.point, &self.base.join("below"), &self.base] {
            let _left = fs::remove_dir(folder);
        }
    }
}

fn mounts() -> Vec<PathBuf> {
    let text = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = text.lines().filter_map(|line| line.split(' ').nth(4));
    points.map(PathBuf::from).collect()
}
