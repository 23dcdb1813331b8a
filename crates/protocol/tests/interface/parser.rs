//! A parser of Varlink interface files, as small as the tests allow.

/// A field with its type, as the file spells it: `?[]string`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) kind: String,
}

impl Field {
    pub(crate) fn nullable(&self) -> bool {
        self.kind.starts_with('?')
    }
}

pub(crate) type Fields = Vec<Field>;

#[derive(Debug, Default)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) structs: Vec<(String, Fields)>,
    pub(crate) enums: Vec<(String, Vec<String>)>,
    /// Name, parameters, results.
    pub(crate) methods: Vec<(String, Fields, Fields)>,
    /// Name, parameters, and the number that its comment begins with.
    pub(crate) errors: Vec<(String, Fields, Option<u32>)>,
}

pub(crate) fn parse(text: &str) -> Interface {
    let mut tokens = Tokens::new(text);
    let mut interface = Interface::default();
    while let Some(keyword) = tokens.next() {
        let comment = tokens.comment.take();
        let name = tokens.next().expect("a name");
        match keyword.as_str() {
            "interface" => interface.name = name,
            "type" => match tokens.list() {
                List::Fields(fields) => interface.structs.push((name, fields)),
                List::Names(names) => interface.enums.push((name, names)),
            },
            "method" => {
                let parameters = tokens.list().fields();
                tokens.expect("->");
                interface
                    .methods
                    .push((name, parameters, tokens.list().fields()));
            }
            "error" => {
                let code = comment.and_then(|text| leading_number(&text));
                interface.errors.push((name, tokens.list().fields(), code));
            }
            other => panic!("unexpected '{other}'"),
        }
    }
    interface
}

fn leading_number(comment: &str) -> Option<u32> {
    let digits = comment.trim_start_matches('#').trim_start();
    let end = digits.find(|c: char| !c.is_ascii_digit());
    digits[..end.unwrap_or(digits.len())].parse().ok()
}

enum List {
    Fields(Fields),
    Names(Vec<String>),
}

impl List {
    fn fields(self) -> Fields {
        match self {
            Self::Fields(fields) => fields,
            Self::Names(names) => panic!("names without types: {names:?}"),
        }
    }
}

struct Tokens<'a> {
    rest: &'a str,
    /// The first line of the last block of comments.
    comment: Option<String>,
}

impl<'a> Tokens<'a> {
    fn new(rest: &'a str) -> Self {
        Self {
            rest,
            comment: None,
        }
    }

    fn next(&mut self) -> Option<String> {
        self.skip_space_and_comments();
        let first = self.rest.chars().next()?;
        let length = if self.rest.starts_with("->") {
            2
        } else if "(),:".contains(first) {
            1
        } else {
            let end = self
                .rest
                .find(|c: char| c.is_whitespace() || "(),:".contains(c));
            end.unwrap_or(self.rest.len())
        };
        let (token, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(token.to_owned())
    }

    fn skip_space_and_comments(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            if !self.rest.starts_with('#') {
                return;
            }
            let (line, rest) = self.rest.split_once('\n').unwrap_or((self.rest, ""));
            self.comment = Some(line.to_owned());
            self.rest = rest;
            while let Some(after) = self.rest.trim_start_matches(' ').strip_prefix('#') {
                self.rest = after.split_once('\n').map_or("", |(_, rest)| rest);
            }
        }
    }

    fn expect(&mut self, token: &str) {
        assert_eq!(self.next().as_deref(), Some(token));
    }

    fn list(&mut self) -> List {
        self.expect("(");
        let (mut fields, mut names) = (vec![], vec![]);
        loop {
            let name = self.next().expect("a name or ')'");
            if name == ")" {
                break;
            }
            match self.next().expect("':', ',' or ')'").as_str() {
                ":" => {
                    let kind = self.next().expect("a type");
                    fields.push(Field { name, kind });
                    match self.next().as_deref() {
                        Some(",") => {}
                        Some(")") => break,
                        other => panic!("unexpected {other:?}"),
                    }
                }
                "," => names.push(name),
                ")" => {
                    names.push(name);
                    break;
                }
                other => panic!("unexpected '{other}'"),
            }
        }
        assert!(fields.is_empty() || names.is_empty(), "fields and names");
        if names.is_empty() {
            List::Fields(fields)
        } else {
            List::Names(names)
        }
    }
}
