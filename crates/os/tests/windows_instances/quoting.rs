//! Arguments arrive as they are, whatever they are.

#![allow(unsafe_code, reason = "the system's own parser is the judge")]

use fslaunch_os::plan::Arguments;
use fslaunch_os::process::ExitStatus;

use crate::instance::parse;
use crate::runner::tests;
use crate::stage::{finish, launch, plan, run, words};

tests![
    generated_arguments_are_taken_apart_as_they_were_put_together,
    a_process_gets_exactly_its_arguments,
];

/// What goes wrong if anything does.
const PIECES: &[&str] = &[
    "\\", "\\", "\"", "\"", " ", "\t", "a", "ß", "日", "😀", "'", "^", "%", "&", "|", "<", "-",
    "/", "\n", "\r", "\u{1}", "\u{a0}", "*", "?", "x y", "\\\"", "\"\"", "\\\\",
];

/// The same ones always, so that a failure can be looked at again (xorshift).
struct Generator(u64);

impl Generator {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn word(&mut self) -> String {
        let length = self.below(8);
        (0..length)
            .map(|_| PIECES[self.below(PIECES.len())])
            .collect()
    }
}

fn generated_arguments_are_taken_apart_as_they_were_put_together() {
    let program = r"C:\Program Files\fs\memfs.exe";
    let mut generator = Generator(0x9e37_79b9_7f4a_7c15);
    for _ in 0..2000 {
        let count = 1 + generator.below(9);
        let arguments: Vec<String> = (0..count).map(|_| generator.word()).collect();
        let line = words(arguments.iter().map(String::as_str));
        let text = Arguments::new(program, &line).text().to_owned();
        let wide: Vec<u16> = text.encode_utf16().chain([0]).collect();
        // SAFETY: the line ends in NUL.
        let found = unsafe { parse(wide.as_ptr()) };
        assert_eq!(found[0], program);
        assert_eq!(found[1..], arguments, "{text}");
    }
}

fn a_process_gets_exactly_its_arguments() {
    run(async {
        let mut generator = Generator(7);
        for _ in 0..6 {
            let mut arguments: Vec<String> = (0..30).map(|_| generator.word()).collect();
            arguments.push(String::new());
            arguments.push("\\".repeat(301));
            arguments.push("日".repeat(1000));
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let launched = launch(plan("arguments", &arguments)).await.unwrap();
            let (text, status) = finish(launched).await;
            let shown: Vec<String> = arguments.iter().map(|word| format!("{word:?}")).collect();
            assert_eq!(text.lines().collect::<Vec<_>>(), shown);
            assert_eq!(status, ExitStatus::Exited(7));
        }
    });
}
