//! The string form of SIDs, as MS-DTYP 2.4.2.1 has it.

use std::fmt;
use std::str::FromStr;

use super::error::SidPart;
use super::{Sid, SidError};

/// Reads `S-1-5-32-544`. The authority may be decimal or `0x` and hexadecimal digits.
///
/// Numbers with leading zeros are refused: some systems read them as decimal and some as octal,
/// and a descriptor must not name somebody else elsewhere.
impl FromStr for Sid {
    type Err = SidError;

    fn from_str(text: &str) -> Result<Self, SidError> {
        let mut parts = strip_revision(text).ok_or(SidError::Prefix)?.split('-');
        let authority = parts
            .next()
            .and_then(parse_authority)
            .ok_or(SidError::Number {
                part: SidPart::Authority,
            })?;
        let mut numbers = [0; Sid::MAX_SUB_AUTHORITIES];
        let mut count = 0;
        for part in parts {
            let Some(place) = numbers.get_mut(count) else {
                return Err(SidError::TooManySubAuthorities(count + 1));
            };
            count += 1;
            *place = parse_decimal(part)
                .and_then(|number| u32::try_from(number).ok())
                .ok_or(SidError::Number {
                    part: SidPart::SubAuthority(count),
                })?;
        }
        Self::new(authority, &numbers[..count])
    }
}

/// Writes the authority in decimal, or as `0x` and 12 digits from 2^32 on, as Windows does.
impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.authority() > u64::from(u32::MAX) {
            write!(f, "S-1-0x{:012x}", self.authority())?;
        } else {
            write!(f, "S-1-{}", self.authority())?;
        }
        for number in self.sub_authorities() {
            write!(f, "-{number}")?;
        }
        Ok(())
    }
}

/// How many bytes of `text`, from its beginning, belong to a SID string: in SDDL the next
/// section may follow without anything between, as in `O:S-1-5-18G:SY`.
pub(crate) fn prefix_length(text: &str) -> Option<usize> {
    let rest = strip_revision(text)?;
    let authority = match strip_hex(rest) {
        Some(digits) => 2 + span(digits, |byte| byte.is_ascii_hexdigit()),
        None => span(rest, |byte| byte.is_ascii_digit()),
    };
    // Sub-authorities are decimal only, so that the D of a following `D:` is never a digit.
    let numbers = span(&rest[authority..], |byte| {
        byte == b'-' || byte.is_ascii_digit()
    });
    Some(text.len() - rest.len() + authority + numbers)
}

fn strip_revision(text: &str) -> Option<&str> {
    text.strip_prefix("S-1-")
        .or_else(|| text.strip_prefix("s-1-"))
}

fn strip_hex(text: &str) -> Option<&str> {
    text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))
}

fn span(text: &str, belongs: impl Fn(u8) -> bool) -> usize {
    text.bytes().take_while(|byte| belongs(*byte)).count()
}

fn parse_authority(text: &str) -> Option<u64> {
    match strip_hex(text) {
        Some(digits) if matches!(digits.len(), 1..=12) => {
            let all_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            all_digits.then(|| u64::from_str_radix(digits, 16).ok())?
        }
        Some(_) => None,
        None => parse_decimal(text),
    }
}

fn parse_decimal(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = text.len() > 1 && text.starts_with('0');
    (digits && !leading_zero)
        .then(|| text.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_authority_is_decimal_below_2_to_the_32_and_hexadecimal_above() {
        for (authority, text) in [
            (5, "S-1-5-1"),
            (0xffff_ffff, "S-1-4294967295-1"),
            (0x1_0000_0000, "S-1-0x000100000000-1"),
            (Sid::MAX_AUTHORITY, "S-1-0xffffffffffff-1"),
        ] {
            let sid = Sid::new(authority, &[1]).unwrap();
            assert_eq!(sid.to_string(), text);
            assert_eq!(text.parse(), Ok(sid));
        }
    }

    #[test]
    fn a_small_authority_may_be_written_in_hexadecimal() {
        assert_eq!("S-1-0x5-18".parse(), Sid::new(5, &[18]));
        assert_eq!("s-1-0X000000000005-18".parse(), Sid::new(5, &[18]));
    }

    #[test]
    fn text_that_is_not_a_sid_is_refused_with_the_part_at_fault() {
        use SidError::{NoSubAuthorities, Number, Prefix, TooManySubAuthorities};
        let authority = Number {
            part: SidPart::Authority,
        };
        let sub_authority = |number| Number {
            part: SidPart::SubAuthority(number),
        };
        let too_long = format!("S-1-5{}", "-1".repeat(16));
        for (text, error) in [
            ("", Prefix),
            ("BA", Prefix),
            ("S-2-5-18", Prefix),
            ("S-1-", authority.clone()),
            ("S-1-x-1", authority.clone()),
            ("S-1-05-1", authority.clone()),
            ("S-1-0x-1", authority.clone()),
            ("S-1-0x+5-1", authority.clone()),
            ("S-1-0x0000000000005-1", authority),
            (
                "S-1-281474976710656-1",
                SidError::AuthorityTooLarge(1 << 48),
            ),
            ("S-1-5", NoSubAuthorities),
            ("S-1-5-", sub_authority(1)),
            ("S-1-5-+1", sub_authority(1)),
            ("S-1-5-21--1", sub_authority(2)),
            ("S-1-5-21-4294967296", sub_authority(2)),
            ("S-1-5-21-007", sub_authority(2)),
            ("S-1-5-18 ", sub_authority(1)),
            (&too_long, TooManySubAuthorities(16)),
        ] {
            assert_eq!(text.parse::<Sid>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_sid_ends_where_the_next_section_begins() {
        for (text, sid) in [
            ("S-1-5-18G:SY", "S-1-5-18"),
            ("S-1-5-18D:", "S-1-5-18"),
            ("S-1-0xabcdef-1D:", "S-1-0xabcdef-1"),
            ("S-1-5-18)", "S-1-5-18"),
        ] {
            assert_eq!(prefix_length(text), Some(sid.len()), "{text}");
        }
        assert_eq!(prefix_length("SY"), None);
    }
}
