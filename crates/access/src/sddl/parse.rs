//! From text to descriptors.

use std::str::FromStr;

use super::cursor::Cursor;
use super::kind::EntryKind;
use super::names::{self, NO_ACCESS_CONTROL, find};
use super::{SddlError, SddlProblem};
use crate::ace::{Ace, AceFlags};
use crate::descriptor::{Acl, DescriptorFlags, SecurityDescriptor};
use crate::mask::AccessMask;
use crate::sid::{self, Sid};
use crate::well_known;

/// Parses SDDL without a domain: aliases of a domain's accounts, such as `DA`, are errors.
impl FromStr for SecurityDescriptor {
    type Err = SddlError;

    fn from_str(text: &str) -> Result<Self, SddlError> {
        Self::parse_in_domain(text, None)
    }
}

impl SecurityDescriptor {
    /// Parses SDDL. Aliases of accounts of a domain (`DA`, `DU`, `LA`, ...) are those of `domain`,
    /// whether it is that of the machine, of its Windows domain or of the forest.
    ///
    /// The sections may come in any order, each at most once, and may all be left out. Letters may
    /// be small or capital, and white space may stand between all words. A mask is a run of
    /// two-letter rights, or one hexadecimal (`0x`), octal (`0`) or decimal number.
    ///
    /// Where systems could read different things into a text it is refused: numbers in SIDs with
    /// leading zeros, rights of mandatory labels (`NW`, `NR`, `NX`) in other entries and other
    /// rights in labels, entries of a SACL in a DACL, entries after `NO_ACCESS_CONTROL`. So are
    /// all entries with object GUIDs, conditions or attributes.
    ///
    /// ```
    /// use fslaunch_access::{SecurityDescriptor, Sid};
    ///
    /// let domain: Sid = "S-1-5-21-1-2-3".parse()?;
    /// let descriptor = SecurityDescriptor::parse_in_domain("O:DA", Some(&domain))?;
    /// assert_eq!(descriptor.to_string(), "O:S-1-5-21-1-2-3-512");
    ///
    /// let error = "O:DA".parse::<SecurityDescriptor>().unwrap_err();
    /// assert_eq!((error.position, error.token.as_str()), (2, "DA"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the text is not SDDL, or has entries that are not supported.
    pub fn parse_in_domain(text: &str, domain: Option<&Sid>) -> Result<Self, SddlError> {
        let mut parser = Parser {
            cursor: Cursor::new(text),
            domain,
        };
        parser.descriptor()
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    domain: Option<&'a Sid>,
}

impl Parser<'_> {
    fn descriptor(&mut self) -> Result<SecurityDescriptor, SddlError> {
        let mut sd = SecurityDescriptor::default();
        let mut seen = String::new();
        loop {
            self.cursor.skip_white_space();
            if self.cursor.rest().is_empty() {
                return Ok(sd);
            }
            let start = self.cursor;
            let Some(section @ ('O' | 'G' | 'D' | 'S')) = start.section() else {
                return Err(start.error(SddlProblem::ExpectedSection));
            };
            let name = &start.rest()[..2];
            if seen.contains(section) {
                return Err(start.error_about(name, SddlProblem::RepeatedSection));
            }
            seen.push(section);
            self.cursor.advance(name);
            match section {
                'O' => sd.owner = Some(self.sid()?),
                'G' => sd.group = Some(self.sid()?),
                'D' => sd.dacl = self.list(&mut sd.flags)?,
                _ => sd.sacl = self.list(&mut sd.flags)?,
            }
        }
    }

    /// A list: its flags, then its entries. `None` is a NULL list.
    fn list<K: EntryKind>(
        &mut self,
        flags: &mut DescriptorFlags,
    ) -> Result<Option<Acl<K>>, SddlError> {
        let list_flags = self.list_flags::<K>()?;
        *flags |= list_flags;
        let is_null = list_flags.contains(K::NULL);
        let mut list = Acl::new();
        let mut length = Acl::<K>::HEADER_LENGTH;
        loop {
            self.cursor.skip_white_space();
            let start = self.cursor;
            if !self.cursor.accept('(') {
                return Ok((!is_null).then_some(list));
            }
            if is_null {
                return Err(start.error(SddlProblem::EntriesInNullList));
            }
            let ace = self.ace()?;
            length += ace.binary_length();
            if length > Acl::<K>::MAX_BINARY_LENGTH {
                return Err(start.error(SddlProblem::ListTooLong));
            }
            list.aces.push(ace);
        }
    }

    /// The flags of a list, up to its first entry or its end.
    fn list_flags<K: EntryKind>(&mut self) -> Result<DescriptorFlags, SddlError> {
        let mut flags = DescriptorFlags::NONE;
        loop {
            self.cursor.skip_white_space();
            if matches!(self.cursor.peek(), None | Some('(')) || self.cursor.section().is_some() {
                return Ok(flags);
            }
            let rest = self.cursor.rest();
            let (name, flag) = K::LIST_FLAGS
                .iter()
                .chain(&[(NO_ACCESS_CONTROL, K::NULL)])
                .find(|(name, _)| begins_with(rest, name))
                .ok_or_else(|| self.cursor.error(SddlProblem::UnknownListFlag))?;
            flags |= *flag;
            self.cursor.advance(name);
        }
    }

    /// An entry after its `(`, and its `)`.
    fn ace<K: EntryKind>(&mut self) -> Result<Ace<K>, SddlError> {
        self.cursor.skip_white_space();
        let word = self.cursor.word();
        let kind = K::parse(word).map_err(|problem| self.cursor.error(problem))?;
        self.cursor.advance(word);
        self.cursor.expect(';')?;
        let flags = self.ace_flags()?;
        self.cursor.expect(';')?;
        let mask = self.mask(kind.is_label())?;
        self.cursor.expect(';')?;
        self.no_guid()?;
        self.no_guid()?;
        let trustee = self.sid()?;
        self.cursor.expect(')')?;
        Ok(Ace {
            kind,
            flags,
            mask,
            trustee,
        })
    }

    /// The place of a GUID, which only object entries fill, and the separator after it.
    fn no_guid(&mut self) -> Result<(), SddlError> {
        self.cursor.skip_white_space();
        if self.cursor.word().is_empty() {
            self.cursor.expect(';')
        } else {
            Err(self.cursor.error(SddlProblem::ObjectGuid))
        }
    }

    fn ace_flags(&mut self) -> Result<AceFlags, SddlError> {
        let mut flags = AceFlags::NONE;
        loop {
            self.cursor.skip_white_space();
            let word = self.cursor.two_letters();
            if word.is_empty() {
                return Ok(flags);
            }
            flags |= find(names::ACE_FLAGS, word)
                .ok_or_else(|| self.cursor.error_about(word, SddlProblem::UnknownAceFlag))?;
            self.cursor.advance(word);
        }
    }

    fn mask(&mut self, is_label: bool) -> Result<AccessMask, SddlError> {
        self.cursor.skip_white_space();
        if self.cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
            let word = self.cursor.word();
            let mask = number(word).ok_or_else(|| self.cursor.error(SddlProblem::Mask))?;
            self.cursor.advance(word);
            return Ok(AccessMask(mask));
        }
        let mut mask = AccessMask::NONE;
        loop {
            self.cursor.skip_white_space();
            let word = self.cursor.two_letters();
            if word.is_empty() {
                return Ok(mask);
            }
            let right = if is_label {
                find(names::LABEL_POLICIES, word)
            } else {
                find(names::SINGLE_RIGHTS, word).or_else(|| find(names::COMPOSITE_RIGHTS, word))
            };
            mask |=
                right.ok_or_else(|| self.cursor.error_about(word, SddlProblem::UnknownRight))?;
            self.cursor.advance(word);
        }
    }

    /// A SID, or an alias of one.
    fn sid(&mut self) -> Result<Sid, SddlError> {
        self.cursor.skip_white_space();
        let (word, sid) = match sid::prefix_length(self.cursor.rest()) {
            Some(length) => {
                let word = &self.cursor.rest()[..length];
                (word, word.parse().map_err(SddlProblem::Sid))
            }
            None => {
                let word = self.cursor.two_letters();
                if word.is_empty() {
                    return Err(self.cursor.error(SddlProblem::ExpectedSid));
                }
                (word, alias(word, self.domain))
            }
        };
        let sid = sid.map_err(|problem| self.cursor.error_about(word, problem))?;
        self.cursor.advance(word);
        Ok(sid)
    }
}

fn alias(word: &str, domain: Option<&Sid>) -> Result<Sid, SddlProblem> {
    if let Some(sid) = find(well_known::ALIASES, word) {
        return Ok(sid);
    }
    let rid = find(well_known::DOMAIN_ALIASES, word).ok_or(SddlProblem::UnknownAlias)?;
    domain
        .ok_or(SddlProblem::AliasNeedsDomain)?
        .with_rid(rid)
        .map_err(SddlProblem::Sid)
}

/// A number as in C: `0x` and hexadecimal, `0` and octal, or decimal digits.
fn number(word: &str) -> Option<u32> {
    let (digits, radix) = match word.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&word[2..], 16),
        [b'0', _, ..] => (&word[1..], 8),
        _ => (word, 10),
    };
    // A sign is a number to `from_str_radix`, but not here.
    let all_digits = digits.chars().all(|c| c.is_digit(radix));
    all_digits
        .then(|| u32::from_str_radix(digits, radix).ok())
        .flatten()
}

fn begins_with(text: &str, name: &str) -> bool {
    text.get(..name.len())
        .is_some_and(|beginning| beginning.eq_ignore_ascii_case(name))
}
