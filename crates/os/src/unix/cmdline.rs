//! The command line of a process that runs.

use std::io;

use fslaunch_core::command_line::shell_text;

/// What a process was started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// One word for each argument, the program's name first.
    pub words: Vec<String>,
    /// All of it as a text, such as one would type it.
    pub text: String,
}

/// The command line of a process. What is not UTF-8 becomes U+FFFD.
///
/// # Errors
/// The process is gone, or may not be looked at.
pub fn of(pid: u32) -> io::Result<Known> {
    let mut bytes = std::fs::read(format!("/proc/{pid}/cmdline"))?;
    if bytes.last() == Some(&0) {
        bytes.pop();
    }
    let words: Vec<String> = bytes
        .split(|&byte| byte == 0)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect();
    let text = shell_text(&words);
    Ok(Known { words, text })
}

#[cfg(test)]
mod tests {
    #[test]
    fn our_own_command_line_is_the_one_we_were_started_with() {
        let expected: Vec<String> = std::env::args().collect();
        assert_eq!(super::of(std::process::id()).unwrap().words, expected);
    }
}
