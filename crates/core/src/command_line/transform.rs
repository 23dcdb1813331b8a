//! Path transformations: `%\`, a separator, a pattern and an argument.

use std::str::Chars;

use super::directive::Source;

/// How an argument, read as a path with `\` between its components, becomes
/// another text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transform {
    separator: char,
    pattern: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// `a` for the first component, which is 0, and so on.
    Component(usize),
    /// `_`: what is left of the path.
    Rest,
    /// Any other character stands for itself.
    Char(char),
}

impl Transform {
    /// Reads what follows `%\`. Without its argument it vanishes.
    pub(super) fn read(rest: &mut Chars<'_>) -> Option<(Transform, Source)> {
        let separator = rest.next()?;
        let mut pattern = Vec::new();
        for c in rest {
            if let Some(source) = Source::of(c) {
                return Some((Transform { separator, pattern }, source));
            }
            pattern.push(match c {
                'a'..='z' => Part::Component(usize::from(c as u8 - b'a')),
                '_' => Part::Rest,
                _ => Part::Char(c),
            });
        }
        None
    }

    /// Whether the result begins with what the path has, unless that is
    /// nothing; `None` if the result is always nothing.
    pub(super) fn value_leads(&self) -> Option<bool> {
        let first = self.pattern.first()?;
        Some(!matches!(first, Part::Char(_)))
    }

    /// Transforms a path.
    pub(super) fn apply(&self, path: &str) -> String {
        let components = components(path);
        let mut consumed = 0;
        let mut text = String::new();
        for part in &self.pattern {
            match part {
                Part::Component(index) => {
                    // A component that is not there is past the end of the path.
                    let (component, end) =
                        components.get(*index).copied().unwrap_or(("", path.len()));
                    text.push_str(component);
                    consumed = consumed.max(end);
                }
                Part::Rest => self.push_rest(&mut text, &path[consumed..]),
                Part::Char(c) => text.push(*c),
            }
        }
        text
    }

    /// Appends what is left of the path; runs of `\` are kept as runs.
    fn push_rest(&self, text: &mut String, rest: &str) {
        for c in rest.chars() {
            match (c, self.separator) {
                ('\\', '\\') => text.push_str(r"\\"),
                ('\\', separator) => text.push(separator),
                (c, _) => text.push(c),
            }
        }
    }
}

/// The components of a path, each with where the path goes on after it and
/// after the `\` that follow it.
fn components(path: &str) -> Vec<(&str, usize)> {
    let mut components = Vec::new();
    let mut rest = path.trim_start_matches('\\');
    while !rest.is_empty() {
        let end = rest.find('\\').unwrap_or(rest.len());
        let component = &rest[..end];
        rest = rest[end..].trim_start_matches('\\');
        components.push((component, path.len() - rest.len()));
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transform(pattern: &str, path: &str) -> String {
        let mut rest = pattern.chars();
        let (transform, _) = Transform::read(&mut rest).unwrap();
        assert_eq!(rest.as_str(), "");
        transform.apply(path)
    }

    #[test]
    fn paths_become_what_the_specification_says() {
        for (path, pattern, result) in [
            (r"\srv\alice\docs\2026", "/b:_1", "alice:docs/2026"),
            (r"\srv\alice\docs\2026", "/b:/_1", "alice:/docs/2026"),
            (r"\srv\alice\docs", "/_1", "/srv/alice/docs"),
            (r"\srv\alice\docs", "+_1", "+srv+alice+docs"),
            (r"\srv\alice\docs", r"\_1", r"\\srv\\alice\\docs"),
            (r"\srv\alice\docs\2026", "/ab_1", "srvalicedocs/2026"),
            (r"\srv\alice\docs", "/c@a1", "docs@srv"),
            (r"\srv\alice", "/e=b1", "=alice"),
            (r"\\srv\\alice", "/b1", "alice"),
            (r"\\srv\\alice", "/_1", "//srv//alice"),
            (r"\srv\alice", "_1", ""),
        ] {
            assert_eq!(transform(pattern, path), result, "%\\{pattern} of {path}");
        }
    }

    #[test]
    fn what_was_consumed_stays_consumed() {
        for (path, pattern, result) in [
            (r"\srv\alice\docs", "/b_a_1", "alicedocssrvdocs"),
            (r"\srv\alice\\docs\", "/b_1", "alicedocs/"),
            (r"\srv\alice\docs\\", "/c_1", "docs"),
            (r"\srv\alice", "/e_1", ""),
            ("", "/a-_1", "-"),
            (r"\\", "/a_1", ""),
            (r"\\", "/_1", "//"),
            ("größe\\ü", "é_1", "größeéü"),
        ] {
            assert_eq!(transform(pattern, path), result, "%\\{pattern} of {path}");
        }
    }

    #[test]
    fn a_transformation_without_its_argument_vanishes() {
        for pattern in ["", "/", "/ab_", "_", "/b:/_ %"] {
            assert!(Transform::read(&mut pattern.chars()).is_none(), "{pattern}");
        }
    }
}
