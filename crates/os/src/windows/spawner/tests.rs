use std::path::PathBuf;

use super::super::console;
use super::super::identity::{own_token, primary};
use super::super::plan::{Account, Arguments};
use super::super::process::ExitStatus;
use super::*;
use fslaunch_core::command_line::{CommandLine, Word};
use std::os::windows::io::AsHandle;

const SOON: Duration = Duration::from_secs(20);

/// The system's command interpreter, as a program that is always there.
fn shell(arguments: &[&str]) -> Plan {
    let root = std::env::var("SystemRoot").unwrap();
    let executable = format!(r"{root}\system32\cmd.exe");
    let word = |text: &&str| Word {
        text: (*text).to_owned(),
        verbatim: Some((*text).to_owned()),
    };
    let words = arguments.iter().map(word).collect();
    Plan {
        arguments: Arguments::new(&executable, &CommandLine { words }),
        executable: PathBuf::from(executable),
        environment: vec![("SystemRoot".to_owned(), root.clone())],
        work_directory: PathBuf::from(root),
        account: None,
        job: None,
        stderr_file: None,
        one_output: false,
        die_with_launcher: true,
        stdin: false,
        mount: None,
    }
}

fn account() -> Account {
    let own = own_token().unwrap();
    Account::new(primary(own.as_handle()).unwrap(), "somebody".to_owned())
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let timed = async {
        tokio::time::timeout(SOON, test)
            .await
            .expect("a timely end")
    };
    runtime.unwrap().block_on(timed);
}

async fn start(plan: Plan) -> Launched {
    let prepared = Spawner(()).prepare(&plan).await.unwrap();
    prepared.launch(plan, None).await.unwrap()
}

#[test]
fn a_process_of_another_account_is_made_with_its_token() {
    run(async {
        let mut plan = shell(&["/c", "exit", "5"]);
        plan.account = Some(account());
        let launched = start(plan).await;
        let status = launched.process.wait().await.unwrap();
        assert_eq!(status, ExitStatus::Exited(5));
    });
}

#[test]
fn the_file_for_standard_error_is_opened_as_the_account() {
    run(async {
        let name = format!("fslaunch-stderr-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let mut plan = shell(&["/c", "echo", "here", "1>&2"]);
        plan.account = Some(account());
        plan.stderr_file = Some(path.clone());
        start(plan).await.process.wait().await.unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(text.trim_end(), "here");
    });
}

/// This program does not know the errand, which therefore fails.
#[test]
fn a_process_that_cannot_be_sent_an_event_is_ended_and_why_is_told() {
    run(async {
        let mut plan = shell(&["/k"]);
        // It waits for input that does not come.
        plan.stdin = true;
        let prepared = Spawner(()).prepare(&plan).await.unwrap();
        let pid = prepared.pid();
        let seen = super::super::process::Process::adopt(pid, prepared.start_time(), None, None);
        let target = prepared.process.as_handle().try_clone_to_owned().unwrap();
        let asked = console::send_break_by_errand(target, pid).unwrap();
        let status = seen.unwrap().unwrap().wait().await.unwrap();
        assert_eq!(status, ExitStatus::Exited(1));
        assert!(asked.failure().await.is_some());
    });
}
