//! Replacements go into the words of a template.

use std::{borrow::Cow, time::SystemTime};

use fslaunch_protocol::Error;

use super::{
    directive::{Directive, Source},
    quote,
    template::{Piece, Template, TemplateWord},
    time,
};

/// What directives are replaced with.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// `%0`: full path of the program.
    pub executable: &'a str,
    /// `%1` to `%9`: the arguments of the start. One that is not there is empty.
    pub arguments: &'a [Option<String>],
    /// `%T`: start time.
    pub start_time: SystemTime,
    /// `%U`: the caller; on Windows `DOMAIN\user`.
    pub user: &'a str,
    /// `%P`: the caller's home or profile folder.
    pub profile: &'a str,
}

/// How arguments go into a command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Whether a replacement that begins with `-` is refused at the beginning
    /// of a word, where the process would take it for an option (security
    /// specification, rule 3 of what callers may never make the launcher do).
    pub refuse_options: bool,
}

impl Default for Rules {
    /// The stricter rules.
    fn default() -> Rules {
        Rules {
            refuse_options: true,
        }
    }
}

/// The arguments of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// One for each argument; the program is not among them.
    pub words: Vec<Word>,
}

/// One argument of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The argument as the process gets it.
    pub text: String,
    /// The argument as the template has it, quotes and all, if nothing in it
    /// was replaced.
    pub verbatim: Option<String>,
}

/// Why a command line can't be made of a template and its values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's text says what its fields are")]
pub enum ExpandError {
    /// A replacement would be taken for an option.
    #[error("{argument} begins with '-' and the process would take it for an option")]
    Option { argument: Cow<'static, str> },
    /// No process can get it.
    #[error("{argument} has a NUL character in it")]
    Nul { argument: Cow<'static, str> },
    /// All words together have too many bytes.
    #[error("the command line would be longer than {MAX_EXPANDED} bytes with {argument}")]
    TooLong { argument: Cow<'static, str> },
    /// In the name of a file it would be more, or less, than a part of a name.
    #[error("{argument} can't stand in a file name: {reason}")]
    NotAName {
        argument: Cow<'static, str>,
        reason: &'static str,
    },
}

/// The most bytes of all words together. It bounds what a template that names
/// a long argument many times can grow to.
pub const MAX_EXPANDED: usize = 2 << 20;

/// Makes the arguments of a process.
///
/// # Errors
/// When a value that would stand at the beginning of a word begins with `-`
/// and the rules refuse that, when one has a NUL in it, and when all together
/// are too long.
pub fn expand(
    template: &Template,
    values: &Values<'_>,
    rules: &Rules,
) -> Result<CommandLine, ExpandError> {
    let mut room = MAX_EXPANDED;
    let mut words = Vec::with_capacity(template.words.len());
    for word in &template.words {
        let text = expand_word(word, values, rules, &mut room)?;
        let verbatim = (!word.has_directives()).then(|| word.verbatim.clone());
        words.push(Word { text, verbatim });
    }
    Ok(CommandLine { words })
}

fn expand_word(
    word: &TemplateWord,
    values: &Values<'_>,
    rules: &Rules,
    room: &mut usize,
) -> Result<String, ExpandError> {
    let mut text = String::new();
    // Which replacement the beginning of the word comes from.
    let mut first = Source::Nothing;
    for piece in &word.pieces {
        let directive = match piece {
            Piece::Text(piece) => {
                text.push_str(piece);
                continue;
            }
            Piece::Directive(directive) => directive,
        };
        let source = directive.source();
        if text.is_empty() {
            first = source;
        }
        let new = replace(directive, values)?;
        let argument = || source.name();
        *room = room
            .checked_sub(new.len())
            .ok_or_else(|| ExpandError::TooLong {
                argument: argument(),
            })?;
        text.push_str(&new);
    }
    if rules.refuse_options && text.starts_with('-') && word.value_leads() {
        return Err(ExpandError::Option {
            argument: first.name(),
        });
    }
    Ok(text)
}

/// What one directive becomes.
pub(super) fn replace(directive: &Directive, values: &Values<'_>) -> Result<String, ExpandError> {
    let source = directive.source();
    let value = values.get(source);
    if value.contains('\0') {
        return Err(ExpandError::Nul {
            argument: source.name(),
        });
    }
    Ok(match directive {
        Directive::Plain(_) => value.into_owned(),
        Directive::Path(transform, _) => transform.apply(&value),
    })
}

impl Values<'_> {
    fn get(&self, source: Source) -> Cow<'_, str> {
        Cow::Borrowed(match source {
            Source::Executable => self.executable,
            Source::Argument(number) => {
                let given = self.arguments.get(usize::from(number) - 1);
                given.and_then(Option::as_deref).unwrap_or_default()
            }
            Source::Time => return Cow::Owned(time::compact(self.start_time)),
            Source::User => self.user,
            Source::Profile => self.profile,
            Source::Nothing => "",
        })
    }
}

impl Source {
    /// What an error calls it.
    pub(super) fn name(self) -> Cow<'static, str> {
        match self {
            Source::Argument(number) => number.to_string().into(),
            Source::Executable => "%0 (the executable)".into(),
            Source::Time => "%T (the time)".into(),
            Source::User => "%U (the caller's name)".into(),
            Source::Profile => "%P (the caller's folder)".into(),
            Source::Nothing => "(none)".into(),
        }
    }
}

impl CommandLine {
    /// The arguments as the process gets them.
    pub fn argv(&self) -> impl Iterator<Item = String> {
        self.words.iter().map(|word| word.text.clone())
    }

    /// The command line for a Windows process: words that the template has as
    /// they are stay as they are, all others are quoted so that
    /// `CommandLineToArgvW` sees each as one argument.
    pub fn windows_text(&self, executable: &str) -> String {
        let mut line = format!("\"{executable}\"");
        for word in &self.words {
            line.push(' ');
            match &word.verbatim {
                Some(verbatim) => line.push_str(verbatim),
                None => quote::push_windows(&mut line, &word.text),
            }
        }
        line
    }
}

impl From<ExpandError> for Error {
    fn from(error: ExpandError) -> Error {
        let reason = match &error {
            ExpandError::Option { .. } => {
                "it begins with '-' and the process would take it for an option".to_owned()
            }
            ExpandError::Nul { .. } => "it has a NUL character in it".to_owned(),
            ExpandError::TooLong { .. } => {
                format!("with it the command line would be longer than {MAX_EXPANDED} bytes")
            }
            ExpandError::NotAName { reason, .. } => {
                format!("it can't stand in the name of the file for standard error: {reason}")
            }
        };
        let argument = match error {
            ExpandError::Option { argument }
            | ExpandError::Nul { argument }
            | ExpandError::TooLong { argument }
            | ExpandError::NotAName { argument, .. } => argument.into_owned(),
        };
        Error::ArgumentInvalid { argument, reason }
    }
}
