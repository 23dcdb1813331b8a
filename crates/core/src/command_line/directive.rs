//! A template as characters and directives, before it is cut into words.

use super::transform::Transform;

/// A character, or a directive as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Atom {
    Char(char),
    Directive(Directive),
}

/// What is replaced when the template is expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Directive {
    /// `%1` and its kind.
    Plain(Source),
    /// `%\` and what follows.
    Path(Transform, Source),
}

/// Where a replacement comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// `%0`
    Executable,
    /// `%1` to `%9`
    Argument(u8),
    /// `%T`
    Time,
    /// `%U`
    User,
    /// `%P`
    Profile,
    /// Any other capital letter: empty.
    Nothing,
}

impl Source {
    /// What a digit or capital letter names.
    pub(super) fn of(c: char) -> Option<Source> {
        match c {
            '0' => Some(Source::Executable),
            // the arm matches digits only, so the difference is 1 to 9
            '1'..='9' => Some(Source::Argument(c as u8 - b'0')),
            'T' => Some(Source::Time),
            'U' => Some(Source::User),
            'P' => Some(Source::Profile),
            'A'..='Z' => Some(Source::Nothing),
            _ => None,
        }
    }
}

impl Directive {
    pub(super) fn source(&self) -> Source {
        match self {
            Directive::Plain(source) | Directive::Path(_, source) => *source,
        }
    }
}

/// Reads a template. Every text is one: a directive without its end vanishes,
/// and so does a lone `%` at the end.
pub(super) fn atoms(template: &str) -> Vec<Atom> {
    let mut atoms = Vec::new();
    let mut rest = template.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            atoms.push(Atom::Char(c));
            continue;
        }
        let Some(c) = rest.next() else { break };
        if c == '\\' {
            let path = Transform::read(&mut rest);
            atoms.extend(path.map(|(path, source)| Atom::Directive(Directive::Path(path, source))));
        } else {
            atoms.push(match Source::of(c) {
                Some(source) => Atom::Directive(Directive::Plain(source)),
                None => Atom::Char(c),
            });
        }
    }
    atoms
}
