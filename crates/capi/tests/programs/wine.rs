//! Programs of Windows, run by Wine in a prefix that only these tests have.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use fslaunch_tests::{Need, Ran, lacking, run_with_deadline, skipped};

use crate::compile::Compiler;
use crate::library::target_folder;

/// Where Debian has the part of Wine that runs programs of 32 bits.
const OF_32_BITS: &str = "/usr/lib/wine/wine";

/// A prefix whose server runs. Ended when dropped.
pub(crate) struct Wine {
    prefix: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Wine {
    /// For programs of 64 bits; `None` if that is not there, which is said
    /// aloud.
    pub(crate) fn of_64_bits() -> Option<Wine> {
        let needs = ["wine", "wineboot", "wineserver"].map(Need::Program);
        (!lacking(&needs)).then(Wine::start)
    }

    /// The same for programs of 32 bits.
    pub(crate) fn of_32_bits() -> Option<Wine> {
        if !Path::new(OF_32_BITS).exists() {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            skipped(
                &test,
                "no Wine for programs of 32 bits (Debian: wine32:i386)",
            );
            return None;
        }
        Wine::of_64_bits()
    }

    fn start() -> Wine {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        // Wine with a part for 32 bits wants another prefix than Wine without.
        let bits = if Path::new(OF_32_BITS).exists() {
            32
        } else {
            64
        };
        let wine = Wine {
            prefix: target_folder().join(format!("wine-capi-{bits}")),
            _turn: ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner),
        };
        std::fs::create_dir_all(&wine.prefix).unwrap();
        if !wine.prefix.join("system.reg").exists() {
            let mut boot = Command::new("wineboot");
            wine.enter(&mut boot);
            assert!(silent(boot.arg("--init")), "a Wine prefix can be made");
            wine.server("--wait");
        }
        wine.server("--persistent");
        wine
    }

    /// Puts what Wine 8 lacks beside the programs in a folder.
    pub(crate) fn complete(&self, compiler: Compiler, folder: &Path) {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask/wine/bcryptprimitives.c");
        let file = file.to_str().unwrap();
        // Of 32 bits, the names in a DLL of Windows have no decoration.
        let options = ["-shared", "-Wl,--kill-at", file, "-ladvapi32"];
        compiler.compile(&options, &folder.join("bcryptprimitives.dll"));
    }

    /// Runs a program until it ends, and gives what it printed. That goes to a
    /// file: services that Wine starts with it keep its output, and live on.
    pub(crate) fn run(&self, program: &Path) -> Ran {
        let printed = program.with_extension("txt");
        let mut command = Command::new("sh");
        self.enter(&mut command);
        command.args(["-c", "exec wine \"$1\" >\"$2\" 2>&1", "sh"]);
        let ran = run_with_deadline(command.arg(program).arg(&printed), b"");
        let out = std::fs::read(&printed).unwrap();
        Ran {
            out: String::from_utf8_lossy(&out).into_owned(),
            ..ran
        }
    }

    fn server(&self, what: &str) {
        let mut server = Command::new("wineserver");
        self.enter(&mut server);
        silent(server.arg(what));
    }

    fn enter(&self, command: &mut Command) {
        command
            .env("WINEPREFIX", &self.prefix)
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", "mscoree,mshtml=")
            .env_remove("DISPLAY");
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        self.server("--kill");
        self.server("--wait");
    }
}

/// Runs a command whose server may outlive it, and would keep our ends of its
/// output.
fn silent(command: &mut Command) -> bool {
    let none = Stdio::null;
    let status = command.stdin(none()).stdout(none()).stderr(none()).status();
    status.is_ok_and(|status| status.success())
}
