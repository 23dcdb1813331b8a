//! Values as the registry has them.

/// A value of a record, with its registry type.
///
/// Each value that a registry can hold has exactly one form here, so that one
/// that the launcher does not know comes back as it went in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text: REG_SZ.
    Text(String),
    /// Text with environment variables in it, which stay as they are: REG_EXPAND_SZ.
    ExpandText(String),
    /// A number of 32 bits: REG_DWORD.
    Number(u32),
    /// A number of 64 bits: REG_QWORD.
    Number64(u64),
    /// A list of texts, none of them empty: REG_MULTI_SZ.
    List(Vec<String>),
    /// Bytes: REG_BINARY; also any other type, and bytes that are not what
    /// their type says.
    Bytes(Kind, Vec<u8>),
}

/// The number of a registry type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind(pub u32);

impl Kind {
    /// REG_SZ.
    pub const TEXT: Kind = Kind(1);
    /// REG_EXPAND_SZ.
    pub const EXPAND_TEXT: Kind = Kind(2);
    /// REG_BINARY.
    pub const BINARY: Kind = Kind(3);
    /// REG_DWORD.
    pub const NUMBER: Kind = Kind(4);
    /// REG_MULTI_SZ.
    pub const LIST: Kind = Kind(7);
    /// REG_QWORD.
    pub const NUMBER_64: Kind = Kind(11);
}

impl Value {
    /// What the value is, for a message.
    pub fn describe(&self) -> String {
        match self {
            Value::Text(text) | Value::ExpandText(text) => format!("the text {text:?}"),
            Value::Number(number) => format!("the number {number}"),
            Value::Number64(number) => format!("the 64-bit number {number}"),
            Value::List(_) => "a list".to_owned(),
            Value::Bytes(Kind::BINARY, _) => "bytes".to_owned(),
            Value::Bytes(Kind(kind), _) => format!("bytes of registry type {kind}"),
        }
    }

    /// Reads the bytes of a value as the registry stores them: texts in
    /// UTF-16LE with a NUL at their end, numbers with the low byte first.
    pub fn from_bytes(kind: Kind, bytes: &[u8]) -> Value {
        let read = match kind {
            Kind::TEXT => text(bytes).map(Value::Text),
            Kind::EXPAND_TEXT => text(bytes).map(Value::ExpandText),
            Kind::LIST => list(bytes).map(Value::List),
            Kind::NUMBER => bytes
                .try_into()
                .ok()
                .map(u32::from_le_bytes)
                .map(Value::Number),
            Kind::NUMBER_64 => bytes
                .try_into()
                .ok()
                .map(u64::from_le_bytes)
                .map(Value::Number64),
            Kind(_) => None,
        };
        read.unwrap_or_else(|| Value::Bytes(kind, bytes.to_owned()))
    }

    /// The type and the bytes of the value as the registry stores them.
    pub fn to_bytes(&self) -> (Kind, Vec<u8>) {
        match self {
            Value::Text(text) => (Kind::TEXT, utf16(text)),
            Value::ExpandText(text) => (Kind::EXPAND_TEXT, utf16(text)),
            Value::Number(number) => (Kind::NUMBER, number.to_le_bytes().to_vec()),
            Value::Number64(number) => (Kind::NUMBER_64, number.to_le_bytes().to_vec()),
            Value::List(texts) => {
                let mut bytes: Vec<u8> = texts.iter().flat_map(|text| utf16(text)).collect();
                bytes.extend([0, 0]);
                (Kind::LIST, bytes)
            }
            Value::Bytes(kind, bytes) => (*kind, bytes.clone()),
        }
    }
}

/// A text with its NUL; `None` unless [`utf16`] makes the same bytes of it.
fn text(bytes: &[u8]) -> Option<String> {
    let text = units(bytes)?;
    let text = text.strip_suffix('\0')?;
    (!text.contains('\0')).then(|| text.to_owned())
}

/// Texts with a NUL each and one more at the end. An empty one would end the
/// list for its readers, so a list with one is not a list.
fn list(bytes: &[u8]) -> Option<Vec<String>> {
    let all = units(bytes)?;
    let all = all.strip_suffix('\0')?;
    if all.is_empty() {
        return Some(vec![]);
    }
    let texts = all.strip_suffix('\0')?.split('\0').map(str::to_owned);
    let texts: Vec<String> = texts.collect();
    (!texts.iter().any(String::is_empty)).then_some(texts)
}

fn units(bytes: &[u8]) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|&pair| u16::from_le_bytes(pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok())?
}

fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().chain([0]);
    units.flat_map(u16::to_le_bytes).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bytes_that_are_not_what_their_type_says_stay_bytes() {
        for (kind, bytes) in [
            (Kind::TEXT, &b"a"[..]),
            (Kind::TEXT, b"a\0"),
            (Kind::TEXT, b"a\0\0\0\0\0"),
            (Kind::TEXT, b"\0\xd8\0\0"),
            (Kind::TEXT, b""),
            (Kind::LIST, b"a\0\0\0"),
            (Kind::LIST, b"a\0\0\0\0\0b\0\0\0\0\0"),
            (Kind::LIST, b"\0\0\0\0"),
            (Kind::NUMBER, b"\x01\0"),
            (Kind::NUMBER_64, b"\x01\0\0\0"),
            (Kind(5), b"\x01\0\0\0"),
            (Kind(0), b""),
        ] {
            let value = Value::from_bytes(kind, bytes);
            assert_eq!(value, Value::Bytes(kind, bytes.to_owned()));
        }
    }

    #[test]
    fn a_list_may_be_empty() {
        assert_eq!(Value::from_bytes(Kind::LIST, &[0, 0]), Value::List(vec![]));
        assert_eq!(Value::List(vec![]).to_bytes(), (Kind::LIST, vec![0, 0]));
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_they_come_back(kind in 0_u32..13, bytes: Vec<u8>) {
            let value = Value::from_bytes(Kind(kind), &bytes);
            prop_assert_eq!(value.to_bytes(), (Kind(kind), bytes));
        }

        #[test]
        fn texts_are_read_as_texts(texts in prop::collection::vec("[^\0]{1,9}", 0..4)) {
            let value = Value::List(texts);
            let (kind, bytes) = value.to_bytes();
            prop_assert_eq!(Value::from_bytes(kind, &bytes), value);
        }
    }
}
