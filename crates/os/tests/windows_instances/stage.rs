//! What the tests need: a runtime, plans, and what instances say.

use std::path::PathBuf;
use std::time::Duration;

use fslaunch_core::command_line::{CommandLine, Word};
use fslaunch_os::plan::{Arguments, Plan};
use fslaunch_os::process::ExitStatus;
use fslaunch_os::spawn_error::SpawnError;
use fslaunch_os::spawner::{Launched, Output, Spawner};
use tokio::io::AsyncReadExt;

use crate::instance::INSTANCE;

/// For anything that is to happen soon.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Runs a test in the kind of runtime that the launcher has.
pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

/// Waits for what is to happen soon.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, what)
        .await
        .expect("a timely end")
}

/// The words as a command line whose every word is an argument.
pub(crate) fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> CommandLine {
    let word = |word: &str| Word {
        text: word.to_owned(),
        verbatim: None,
    };
    CommandLine {
        words: words.into_iter().map(word).collect(),
    }
}

/// A plan of this program as an instance that plays `part`.
pub(crate) fn plan(part: &str, arguments: &[&str]) -> Plan {
    let executable = std::env::current_exe().unwrap();
    let line = words(
        [INSTANCE, part]
            .into_iter()
            .chain(arguments.iter().copied()),
    );
    Plan {
        arguments: Arguments::new(executable.to_str().unwrap(), &line),
        executable,
        environment: environment(),
        work_directory: PathBuf::from(r"C:\"),
        account: None,
        job: None,
        stderr_file: None,
        one_output: false,
        die_with_launcher: true,
        stdin: false,
        mount: None,
    }
}

/// What every program is given, and some need.
pub(crate) fn environment() -> Vec<(String, String)> {
    ["SystemRoot", "SystemDrive"]
        .map(|name| (name.to_owned(), std::env::var(name).unwrap()))
        .into()
}

/// Starts a plan's process.
pub(crate) async fn launch(plan: Plan) -> Result<Launched, SpawnError> {
    launch_with(plan, None).await
}

/// Starts a plan's process with a secret.
pub(crate) async fn launch_with(plan: Plan, secret: Option<&[u8]>) -> Result<Launched, SpawnError> {
    let prepared = soon(Spawner::new().unwrap().prepare(&plan)).await?;
    let launched = soon(prepared.launch(plan, secret)).await;
    launched.map_err(|failed| failed.error)
}

/// Reads the next line.
pub(crate) async fn line(output: &mut Output) -> String {
    let mut line = Vec::new();
    loop {
        match soon(output.read_u8()).await {
            Ok(b'\n') => return String::from_utf8(line).unwrap(),
            Ok(byte) => line.push(byte),
            Err(error) => panic!("no line but {:?}: {error}", String::from_utf8_lossy(&line)),
        }
    }
}

/// Reads all there is, and how the process ended.
pub(crate) async fn finish(mut launched: Launched) -> (String, ExitStatus) {
    let mut text = String::new();
    soon(launched.stdout.read_to_string(&mut text))
        .await
        .unwrap();
    let status = soon(launched.process.wait()).await.unwrap();
    (text, status)
}

/// A folder of the test's own, removed when it ends well.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        let name = format!("fslaunch-instances-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
