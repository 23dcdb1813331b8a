//! Templates, cut into words.

use std::{collections::BTreeSet, fmt, iter::Peekable, slice::Iter};

use super::directive::{Atom, Directive, Source, atoms};

/// A template of a command line: its words, with their directives in place.
///
/// The words are those that `CommandLineToArgvW` would see, with each
/// directive as one character that is neither a quote nor a space. Every text
/// is a template.
#[derive(Debug, Clone, Default)]
pub struct Template {
    source: String,
    pub(super) words: Vec<TemplateWord>,
}

/// One word of a template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TemplateWord {
    pub(super) pieces: Vec<Piece>,
    /// The word as the template has it, quotes and all, without its directives.
    pub(super) verbatim: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    Text(String),
    Directive(Directive),
}

impl Template {
    /// Cuts a text into words.
    pub fn parse(text: &str) -> Template {
        Template {
            source: text.to_owned(),
            words: words(&atoms(text)),
        }
    }

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The numbers of the arguments that the template names, 1 to 9.
    pub fn arguments(&self) -> BTreeSet<u8> {
        let pieces = self.words.iter().flat_map(|word| &word.pieces);
        pieces.filter_map(Piece::argument).collect()
    }

    /// The numbers of the arguments that may begin a word: one that begins with `-` would be an
    /// option of the program (security specification, rule 3 of what callers may never make the
    /// launcher do).
    pub fn leading_arguments(&self) -> BTreeSet<u8> {
        let led = self.words.iter().filter(|word| word.value_leads());
        let values = |word: &TemplateWord| {
            let is_value = |piece: &&Piece| matches!(piece, Piece::Directive(_));
            let values = word.pieces.iter().take_while(is_value);
            values.filter_map(Piece::argument).collect::<BTreeSet<u8>>()
        };
        led.flat_map(values).collect()
    }
}

impl Piece {
    /// The number of the argument that it is replaced with, if it is.
    fn argument(&self) -> Option<u8> {
        match self {
            Self::Text(_) => None,
            Self::Directive(directive) => number(directive.source()),
        }
    }
}

/// The number of an argument.
pub(super) fn number(source: Source) -> Option<u8> {
    match source {
        Source::Argument(number) => Some(number),
        Source::Executable | Source::Time | Source::User | Source::Profile | Source::Nothing => {
            None
        }
    }
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Template {}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl TemplateWord {
    pub(super) fn has_directives(&self) -> bool {
        let is_directive = |piece: &Piece| matches!(piece, Piece::Directive(_));
        self.pieces.iter().any(is_directive)
    }

    /// Whether the word begins with what a value has, and not with what the
    /// template says. A value may be empty, and what comes after it then
    /// begins the word: that is the value's doing too.
    pub(super) fn value_leads(&self) -> bool {
        let leads = |piece: &Piece| match piece {
            Piece::Text(_) => Some(false),
            Piece::Directive(Directive::Plain(Source::Nothing)) => None,
            Piece::Directive(Directive::Plain(_)) => Some(true),
            Piece::Directive(Directive::Path(transform, _)) => transform.value_leads(),
        };
        self.pieces.iter().find_map(leads).unwrap_or(false)
    }

    fn push(&mut self, c: char) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(c),
            Some(Piece::Directive(_)) | None => self.pieces.push(Piece::Text(c.into())),
        }
    }
}

fn words(atoms: &[Atom]) -> Vec<TemplateWord> {
    let mut rest = atoms.iter().peekable();
    let mut words = Vec::new();
    loop {
        while rest.next_if(|atom| is_space(atom)).is_some() {}
        if rest.peek().is_none() {
            return words;
        }
        words.push(next_word(&mut rest));
    }
}

fn is_space(atom: &Atom) -> bool {
    matches!(atom, Atom::Char(' ' | '\t'))
}

const QUOTE: Atom = Atom::Char('"');

/// Reads a word by the rules of `CommandLineToArgvW`: quotes hold spaces; in
/// quotes, `""` is a quote character and ends them; backslashes are special
/// before a quote only, where two are one and an odd one makes the quote a
/// character.
fn next_word(rest: &mut Peekable<Iter<'_, Atom>>) -> TemplateWord {
    let mut word = TemplateWord::default();
    let mut quoted = false;
    while let Some(atom) = rest.next_if(|atom| quoted || !is_space(atom)) {
        match atom {
            Atom::Directive(directive) => word.pieces.push(Piece::Directive(directive.clone())),
            Atom::Char('\\') => read_backslashes(&mut word, rest),
            Atom::Char('"') => {
                word.verbatim.push('"');
                if quoted && rest.next_if_eq(&&QUOTE).is_some() {
                    word.verbatim.push('"');
                    word.push('"');
                }
                quoted = !quoted;
            }
            Atom::Char(c) => {
                word.verbatim.push(*c);
                word.push(*c);
            }
        }
    }
    word
}

/// Reads a run of backslashes, of which one was read, and the quote that it
/// makes a character.
fn read_backslashes(word: &mut TemplateWord, rest: &mut Peekable<Iter<'_, Atom>>) {
    let mut count = 1;
    while rest.next_if_eq(&&Atom::Char('\\')).is_some() {
        count += 1;
    }
    let before_quote = rest.peek() == Some(&&QUOTE);
    let stay = if before_quote { count / 2 } else { count };
    (0..count).for_each(|_| word.verbatim.push('\\'));
    (0..stay).for_each(|_| word.push('\\'));
    if before_quote && count % 2 == 1 {
        rest.next();
        word.verbatim.push('"');
        word.push('"');
    }
}
