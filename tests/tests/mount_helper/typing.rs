//! Somebody at a terminal, who answers when they are asked.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::{fs, thread};

use fslaunch_tests::{Need, PATIENCE, Ran, lacking, run_with_deadline, until};

use crate::stage::Stage;

/// Whether there can be nobody at a terminal; says so if not.
pub(crate) fn lacks_terminal() -> bool {
    lacking(&[Need::Program("script"), Need::Program("stty")])
}

impl Stage {
    /// Runs a line at a terminal. Whenever `question` is there, once more, and
    /// what is typed is hidden, the next answer is typed.
    pub(crate) fn at_terminal(&self, line: &str, question: &str, answers: &[&str]) -> Ran {
        let name = PathBuf::from(self.daemon.out("terminal"));
        let _ = fs::remove_file(&name);
        let line = format!("tty >{}; {line}", name.display());
        let mut command = Command::new("script");
        command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut running = self.prepare(&mut command).spawn().unwrap();
        let mut keyboard = running.stdin.take().unwrap();
        let mut screen = running.stdout.take().unwrap();
        let (send, asked) = channel();
        let question = question.to_owned();
        let reading = thread::spawn(move || {
            let (mut all, mut piece, mut seen) = (vec![], [0; 1024], 0);
            while let Ok(count @ 1..) = screen.read(&mut piece) {
                all.extend_from_slice(&piece[..count]);
                let questions = String::from_utf8_lossy(&all).matches(&question).count();
                for _ in seen..questions {
                    let _ = send.send(());
                }
                seen = questions;
            }
            String::from_utf8_lossy(&all).into_owned()
        });
        for answer in answers {
            asked.recv_timeout(PATIENCE).expect("the question");
            let terminal = fs::read_to_string(&name).unwrap();
            until("what is typed is hidden", || {
                let mut stty = Command::new("stty");
                stty.args(["-a", "-F", terminal.trim()]);
                run_with_deadline(&mut stty, b"").out.contains("-echo ")
            });
            writeln!(keyboard, "{answer}").unwrap();
        }
        let code = running.wait().unwrap().code().unwrap_or(-1);
        Ran {
            command: line,
            code,
            out: reading.join().unwrap(),
            err: String::new(),
        }
    }
}
