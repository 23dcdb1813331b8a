//! A place in the text, and what can be read there.

use super::{SddlError, SddlProblem};

/// Reads words from a text. The place is always between two characters.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    place: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, place: 0 }
    }

    /// What is still to be read.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.place..]
    }

    /// The next character.
    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// The letter of the section that begins here: a letter, then a colon.
    pub(super) fn section(&self) -> Option<char> {
        let mut next = self.rest().chars();
        let letter = next.next().filter(char::is_ascii_alphabetic)?;
        next.next()
            .is_some_and(|colon| colon == ':')
            .then(|| letter.to_ascii_uppercase())
    }

    pub(super) fn skip_white_space(&mut self) {
        let rest = self.rest();
        self.place += rest.len() - rest.trim_ascii_start().len();
    }

    /// Reads `expected`, after white space, if it is next.
    pub(super) fn accept(&mut self, expected: char) -> bool {
        self.skip_white_space();
        let is_next = self.peek() == Some(expected);
        if is_next {
            self.place += expected.len_utf8();
        }
        is_next
    }

    /// Reads `expected`, after white space.
    pub(super) fn expect(&mut self, expected: char) -> Result<(), SddlError> {
        if self.accept(expected) {
            Ok(())
        } else {
            Err(self.error(SddlProblem::Expected(expected)))
        }
    }

    /// The word that begins here: up to white space or a character that separates words.
    pub(super) fn word(&self) -> &'a str {
        self.word_of_at_most(usize::MAX)
    }

    /// The first two characters of the word that begins here; words may follow one another
    /// without anything between. What follows is not looked at: a run of a million words must
    /// not be read a million times.
    pub(super) fn two_letters(&self) -> &'a str {
        self.word_of_at_most(2)
    }

    fn word_of_at_most(&self, characters: usize) -> &'a str {
        let separates = |c: char| c.is_ascii_whitespace() || matches!(c, ';' | '(' | ')');
        let rest = self.rest();
        let length = rest
            .chars()
            .take(characters)
            .take_while(|c| !separates(*c))
            .map(char::len_utf8)
            .sum();
        &rest[..length]
    }

    /// Goes past `read`, which was returned as the beginning of what is to be read.
    pub(super) fn advance(&mut self, read: &str) {
        self.place += read.len();
    }

    /// An error about the word that begins here.
    pub(super) fn error(&self, problem: SddlProblem) -> SddlError {
        let word = self.word();
        // Where a separator is wrong, it is what the error shows.
        let token = match self.peek() {
            Some(separator) if word.is_empty() => &self.rest()[..separator.len_utf8()],
            Some(_) | None => word,
        };
        self.error_about(token, problem)
    }

    /// An error about `token`, which begins here.
    pub(super) fn error_about(&self, token: &str, problem: SddlProblem) -> SddlError {
        SddlError {
            position: self.text[..self.place].chars().count(),
            token: token.chars().take(SddlError::MAX_TOKEN).collect(),
            problem,
        }
    }
}
