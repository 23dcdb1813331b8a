//! The pure crates as Windows programs, run under Wine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::{cargo, exists, quietly, run, target, workspace};
use crate::failure::Failure;
use crate::packages;

const TARGET: &str = "x86_64-pc-windows-gnu";
const COMPILER: &str = "x86_64-w64-mingw32-gcc";
const LIBRARY: &str = "bcryptprimitives";
const CRATES: [&str; 3] = ["fslaunch-access", "fslaunch-protocol", "fslaunch-core"];

/// Runs the tests of the pure crates, or gives the reason why that is not
/// possible here.
pub(crate) fn test_pure_crates() -> Result<Option<String>, Failure> {
    println!("\n== The pure crates on Windows (under Wine)");
    packages::install(packages::FOR_WINDOWS)?;
    if let Some(reason) = not_possible()? {
        return Ok(Some(reason));
    }
    let prefix = Prefix::make(target()?.join("wine"))?;
    let mut arguments = vec!["test", "--no-fail-fast", "--target", TARGET];
    arguments.extend(CRATES.iter().flat_map(|name| ["-p", name]));
    let mut command = cargo(&arguments);
    prefix.enter(&mut command);
    run(command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", "wine"))?;
    Ok(None)
}

fn not_possible() -> Result<Option<String>, Failure> {
    for program in [COMPILER, "wine", "wineboot", "wineserver"] {
        if !exists(program) {
            return Ok(Some(format!("no {program}")));
        }
    }
    if has_target()? {
        return Ok(None);
    }
    if exists("rustup") {
        // Without the network this fails; that is said by the second look.
        let _ = run(Command::new("rustup").args(["target", "add", TARGET]));
        crate::interrupt::check()?;
    }
    Ok((!has_target()?).then(|| format!("no Rust for {TARGET}")))
}

/// Whether the toolchain has the target's standard library.
fn has_target() -> Result<bool, Failure> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut command = Command::new(rustc);
    command
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(workspace());
    let printed = quietly(&mut command)?.stdout;
    Ok(Path::new(String::from_utf8_lossy(&printed).trim()).is_dir())
}

/// A Windows of our own in the build folder, ended when dropped.
struct Prefix {
    folder: PathBuf,
}

impl Prefix {
    /// Makes it, or takes the one of an earlier run.
    fn make(folder: PathBuf) -> Result<Self, Failure> {
        let prefix = Self { folder };
        let system = prefix.folder.join("drive_c/windows/system32");
        if !system.is_dir() {
            println!("Making a Wine prefix; about ten seconds.");
            std::fs::create_dir_all(&prefix.folder)
                .map_err(|error| Failure::to("make the Wine prefix", &error))?;
            let mut boot = Command::new("wineboot");
            prefix.enter(&mut boot);
            run(boot.arg("--init"))?;
        }
        let library = system.join(LIBRARY).with_extension("dll");
        if !library.exists() {
            let mut compile = Command::new(COMPILER);
            compile.args(["-shared", "-O2", "-s", "-o"]).arg(&library);
            compile.arg(
                workspace()
                    .join("xtask/wine")
                    .join(LIBRARY)
                    .with_extension("c"),
            );
            run(compile.arg("-ladvapi32"))?;
        }
        // A server that ends a little after its last program, while the next
        // begins, makes that one fail: ours stays until the end.
        prefix.serve("--wait")?;
        prefix.serve("--persistent")?;
        Ok(prefix)
    }

    /// Tells the server of this prefix what to do. One that stays would keep
    /// our ends of its output.
    fn serve(&self, what: &str) -> Result<(), Failure> {
        let mut server = Command::new("wineserver");
        self.enter(&mut server);
        let none = Stdio::null;
        server.arg(what).stdin(none()).stdout(none()).stderr(none());
        match server.status() {
            Ok(_) => Ok(()),
            Err(error) => Err(Failure::to("run wineserver", &error)),
        }
    }

    /// Lets a command, and what it starts, run in this prefix.
    fn enter(&self, command: &mut Command) {
        command
            .env("WINEPREFIX", &self.folder)
            .env("WINEDEBUG", "-all");
        // No windows, no sound, and no downloads of Mono and Gecko.
        command
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
            .env_remove("DISPLAY");
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        for what in ["--kill", "--wait"] {
            let _ = self.serve(what);
        }
    }
}
