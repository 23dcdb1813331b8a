//! `credentials=FILE`: a file as mount.cifs(8) reads them, or standard input.

use std::fs::File;
use std::io::{self, Read};

use fslaunch_credentials::{InputError, read_secret};
use fslaunch_os::private_file;
use fslaunch_protocol::{Secret, limits};
use zeroize::Zeroizing;

use super::exit::Failure;
use super::usage::Usage;

/// What a file of credentials says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) user: Option<String>,
    pub(crate) secret: Secret,
}

/// Reads `-`, standard input, which is the secret alone, or a file that
/// belongs to the user (or root) and that nobody else may read.
pub(crate) fn read(name: &str) -> Result<Given, Failure> {
    let unusable = |error: &dyn std::fmt::Display| {
        let words = format!("the credentials in {name} can't be used: {error}");
        Failure::from(Usage::Option(words))
    };
    if name == "-" {
        let secret = read_secret(io::stdin().lock()).map_err(|error: InputError| {
            let words = format!("the secret on standard input can't be used: {error}");
            Failure::from(Usage::Option(words))
        })?;
        return Ok(Given { user: None, secret });
    }
    let file = private_file::open(name.as_ref()).map_err(|error| unusable(&error))?;
    let text = contents(file).map_err(|error| unusable(&error))?;
    parse(&text).map_err(|error| unusable(&error))
}

fn contents(file: File) -> io::Result<Zeroizing<String>> {
    let most = limits::SECRET_BYTES as u64 + 4096;
    // It never grows: nothing is left in memory where it was before.
    let mut text = Zeroizing::new(String::with_capacity(most as usize + 64));
    file.take(most).read_to_string(&mut text)?;
    Ok(text)
}

/// Lines `username=NAME` and `password=SECRET`; other lines are none of ours.
fn parse(text: &str) -> Result<Given, &'static str> {
    let (mut user, mut secret) = (None, None);
    for line in text.lines().map(str::trim_start) {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        match name.trim_end() {
            "username" | "user" => user = Some(value.to_owned()),
            "password" | "pass" => secret = Some(Secret::new(value.to_owned())),
            _ => {}
        }
    }
    let secret = secret.ok_or("it has no line password=SECRET")?;
    Ok(Given { user, secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_password_are_lines_of_their_own() {
        let given = parse("# for the share\nusername=anna\npassword= a=b,c \ndomain=x\n").unwrap();
        assert_eq!(given.user.as_deref(), Some("anna"));
        assert_eq!(given.secret.expose(), " a=b,c ");
        assert_eq!(parse("pass=x").unwrap().user, None);
        assert!(parse("username=anna\n").is_err());
    }
}
