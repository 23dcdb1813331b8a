//! Asking a person, wherever one is to be found.

use std::io::{self, BufRead, IsTerminal, Write};

use fslaunch_os::credential::Question;
use fslaunch_os::{prompt, terminal};
use zeroize::Zeroizing;

/// Who can be asked for a name or a password.
pub trait Ask {
    /// Asks once.
    ///
    /// # Errors
    /// There is nobody, or no answer.
    fn ask(&mut self, question: &Question) -> Result<Zeroizing<String>, AskError>;
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is neither a terminal nor a program that asks.
    #[error("there is nobody to ask: no terminal, no desktop, no agent of systemd")]
    Nobody,
    /// It failed, or nobody answered.
    #[error("failed to ask")]
    Failed(#[source] io::Error),
}

/// Whoever uses the terminal, or else the desktop or the machine.
#[derive(Debug, Default)]
pub struct People;

impl Ask for People {
    fn ask(&mut self, question: &Question) -> Result<Zeroizing<String>, AskError> {
        let answer = match terminal::output() {
            Ok(output) if question.shown => shown(question, output),
            Ok(output) => {
                let config = rpassword::ConfigBuilder::new().output_writer(output);
                let words = format!("{}: ", question.words);
                let answer = rpassword::prompt_password_with_config(words, config.build());
                answer.map(|answer| Some(Zeroizing::new(answer)))
            }
            Err(_) => prompt::ask(question),
        };
        answer.map_err(AskError::Failed)?.ok_or(AskError::Nobody)
    }
}

/// Asks for what may be seen.
fn shown(question: &Question, mut output: impl Write) -> io::Result<Option<Zeroizing<String>>> {
    if !io::stdin().is_terminal() {
        return prompt::ask(question);
    }
    write!(output, "{}: ", question.words)?;
    output.flush()?;
    let mut answer = Zeroizing::new(String::new());
    io::stdin().lock().read_line(&mut answer)?;
    Ok(Some(Zeroizing::new(
        answer.trim_end_matches(['\n', '\r']).to_owned(),
    )))
}

/// Nobody: for callers that must not wait for one.
#[derive(Debug, Default)]
pub struct Nobody;

impl Ask for Nobody {
    fn ask(&mut self, _question: &Question) -> Result<Zeroizing<String>, AskError> {
        Err(AskError::Nobody)
    }
}
