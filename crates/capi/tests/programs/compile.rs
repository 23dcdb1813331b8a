//! C compilers, and what their tools say of a library.

use std::path::{Path, PathBuf};
use std::process::Command;

use fslaunch_tests::{Need, lacking, run_with_deadline};

/// A compiler, with the other tools of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compiler {
    pub(crate) program: &'static str,
    pub(crate) objdump: &'static str,
}

pub(crate) const LINUX: Compiler = Compiler {
    program: "gcc",
    objdump: "objdump",
};
pub(crate) const WINDOWS_64: Compiler = Compiler {
    program: "x86_64-w64-mingw32-gcc",
    objdump: "x86_64-w64-mingw32-objdump",
};
pub(crate) const WINDOWS_32: Compiler = Compiler {
    program: "i686-w64-mingw32-gcc",
    objdump: "i686-w64-mingw32-objdump",
};

/// The crate's folder.
pub(crate) fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A new folder in the build folder, for what one test makes.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("capi-{name}"));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Compiler {
    /// Whether it is not there; that is said aloud.
    pub(crate) fn is_lacking(self) -> bool {
        lacking(&[Need::Program(self.program), Need::Program(self.objdump)])
    }

    /// Compiles, with all warnings as errors.
    #[track_caller]
    pub(crate) fn compile(self, arguments: &[&str], to: &Path) {
        let mut command = Command::new(self.program);
        command.args(["-Wall", "-Wextra", "-Werror", "-I"]);
        command.arg(source("include"));
        command.args(arguments).arg("-o").arg(to);
        let ran = run_with_deadline(&mut command, b"");
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{}", ran.command);
    }

    /// Compiles a program of `tests/c` and links it with the library in a
    /// folder.
    #[track_caller]
    pub(crate) fn program(self, name: &str, library: &Path, to: &Path) -> PathBuf {
        let program = to.join(name).with_extension("exe");
        let file = source("tests/c").join(name).with_extension("c");
        let file = file.to_str().unwrap();
        let search = format!("-L{}", library.display());
        self.compile(&["-std=gnu11", file, &search, "-lfslaunch"], &program);
        program
    }

    /// What the objdump of this kind prints of a library.
    #[track_caller]
    pub(crate) fn dump(self, options: &str, library: &Path) -> String {
        let ran = run_with_deadline(Command::new(self.objdump).arg(options).arg(library), b"");
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    }
}

/// The names that a DLL exports, in order.
pub(crate) fn exports(dump: &str) -> Vec<String> {
    let (_, table) = dump.split_once("[Ordinal/Name Pointer] Table").unwrap();
    let entries = table.lines().skip(1).take_while(|line| line.contains('['));
    let names = entries.filter_map(|line| line.split_whitespace().last());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort();
    names
}

/// The libraries that a DLL needs, in small letters.
pub(crate) fn imports(dump: &str) -> Vec<String> {
    let names = dump
        .lines()
        .filter_map(|line| line.trim().strip_prefix("DLL Name: "));
    names.map(str::to_lowercase).collect()
}
