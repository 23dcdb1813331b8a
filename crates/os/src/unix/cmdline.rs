//! The command line of a process that runs.

use std::io;

/// The arguments of a process, its program's name first. What is not UTF-8
/// becomes U+FFFD.
///
/// # Errors
/// The process is gone, or may not be looked at.
pub fn of(pid: u32) -> io::Result<Vec<String>> {
    let mut bytes = std::fs::read(format!("/proc/{pid}/cmdline"))?;
    if bytes.last() == Some(&0) {
        bytes.pop();
    }
    let words = bytes.split(|&byte| byte == 0);
    Ok(words
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn our_own_command_line_is_the_one_we_were_started_with() {
        let expected: Vec<String> = std::env::args().collect();
        assert_eq!(super::of(std::process::id()).unwrap(), expected);
    }
}
