//! Reads the one text that must not be copied around: the secret. The JSON
//! library would leave an escaped text in a scratch buffer that nobody wipes.

use zeroize::Zeroizing;

/// The text of a JSON string literal, or nothing if it is none or holds half
/// a surrogate pair. All memory used is wiped.
pub(super) fn unescape(literal: &str) -> Option<Zeroizing<String>> {
    let mut rest = literal.strip_prefix('"')?.strip_suffix('"')?;
    // No escape is shorter than what it stands for, so this never grows.
    let mut text = Zeroizing::new(String::with_capacity(rest.len()));
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (character, after) = escape(&rest[at + 1..])?;
        text.push(character);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

/// The character that an escape stands for, and what follows it.
fn escape(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    let character = match chars.next()? {
        same @ ('"' | '\\' | '/') => same,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unicode(chars.as_str()),
        _ => return None,
    };
    Some((character, chars.as_str()))
}

fn unicode(text: &str) -> Option<(char, &str)> {
    let (high, rest) = hex(text)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high)?, rest));
    }
    let (low, rest) = hex(rest.strip_prefix("\\u")?)?;
    if !(0xdc00..0xe000).contains(&low) {
        return None;
    }
    let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    Some((char::from_u32(code)?, rest))
}

fn hex(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.split_at_checked(4)?;
    let all = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all.then_some(())?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn both(literal: &str) -> (Option<String>, Option<String>) {
        let ours = unescape(literal).map(|text| text.to_string());
        (ours, serde_json::from_str(literal).ok())
    }

    #[test]
    fn escapes_are_read_as_the_json_library_reads_them() {
        for literal in [
            r#""plain""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""\u00e4\u20AC\ud83d\ude00\u0000""#,
        ] {
            let (ours, library) = both(literal);
            assert!(ours.is_some());
            assert_eq!(ours, library);
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_no_text() {
        for literal in [
            r#""\ud83d""#,
            r#""\ud83dx""#,
            r#""\ud83d\n""#,
            r#""\ud83d\u0041""#,
            r#""\ude00""#,
            r#""\u+123""#,
            r#""\u12""#,
            r#""\x""#,
            r#""\""#,
            "1",
        ] {
            assert_eq!(both(literal), (None, None), "{literal}");
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let literal = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(unescape(&literal).map(|text| text.to_string()), Some(text));
        }

        #[test]
        fn any_escapes_agree_with_the_library(
            parts in prop::collection::vec(r#"[a-zä]|\\[a-z"\\/]|\\u[dD][89a-fA-F][0-9]{2}|\\u[0-9a-f]{4}"#, 0..8)
        ) {
            let (ours, library) = both(&format!("\"{}\"", parts.concat()));
            prop_assert_eq!(ours, library);
        }
    }
}
