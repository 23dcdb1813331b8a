//! From descriptors to text, as Windows prints them.

use std::fmt::{self, Display, Formatter};

use super::kind::EntryKind;
use super::names::{ACE_FLAGS, COMPOSITE_RIGHTS, LABEL_POLICIES, NO_ACCESS_CONTROL, SINGLE_RIGHTS};
use crate::ace::Ace;
use crate::descriptor::{Acl, DescriptorFlags, SecurityDescriptor};
use crate::mask::AccessMask;
use crate::sid::Sid;
use crate::well_known;

/// Writes SDDL: owner, group, DACL, SACL; aliases for well-known SIDs and for rights, and
/// numbers for masks with bits that have none. Accounts of a domain are written in full.
impl Display for SecurityDescriptor {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(owner) = &self.owner {
            write!(f, "O:{}", Alias(owner))?;
        }
        if let Some(group) = &self.group {
            write!(f, "G:{}", Alias(group))?;
        }
        list(f, "D:", self.dacl.as_ref(), self.flags)?;
        list(f, "S:", self.sacl.as_ref(), self.flags)
    }
}

/// Writes a mask as rights, if each of its bits has a name, or else as a number.
pub(crate) fn rights(f: &mut Formatter<'_>, mask: AccessMask) -> fmt::Result {
    match COMPOSITE_RIGHTS.iter().find(|(_, right)| *right == mask) {
        Some((name, _)) => f.write_str(name),
        None => words(f, mask, SINGLE_RIGHTS),
    }
}

fn list<K: EntryKind>(
    f: &mut Formatter<'_>,
    section: &str,
    list: Option<&Acl<K>>,
    flags: DescriptorFlags,
) -> fmt::Result {
    let is_null = list.is_none() && flags.contains(K::NULL);
    if list.is_none() && !is_null {
        return Ok(());
    }
    f.write_str(section)?;
    for (name, flag) in K::LIST_FLAGS {
        if flags.contains(*flag) {
            f.write_str(name)?;
        }
    }
    if is_null {
        f.write_str(NO_ACCESS_CONTROL)?;
    }
    list.into_iter()
        .flat_map(|list| &list.aces)
        .try_for_each(|ace| entry(f, ace))
}

fn entry<K: EntryKind>(f: &mut Formatter<'_>, ace: &Ace<K>) -> fmt::Result {
    write!(f, "({};", ace.kind.word())?;
    for (name, flag) in ACE_FLAGS {
        if ace.flags.contains(*flag) {
            f.write_str(name)?;
        }
    }
    f.write_str(";")?;
    if ace.kind.is_label() {
        words(f, ace.mask, LABEL_POLICIES)?;
    } else {
        rights(f, ace.mask)?;
    }
    write!(f, ";;;{})", Alias(&ace.trustee))
}

/// Writes the words for the bits of a mask, or a number if some bit has none or no bit is set.
fn words(f: &mut Formatter<'_>, mask: AccessMask, table: &[(&str, AccessMask)]) -> fmt::Result {
    let named = || table.iter().filter(|(_, right)| mask.contains(*right));
    let covered = named().fold(AccessMask::NONE, |sum, (_, right)| sum | *right);
    if covered != mask || mask.is_empty() {
        return write!(f, "{mask:#x}");
    }
    named().try_for_each(|(name, _)| f.write_str(name))
}

/// A SID, displayed by its alias if it has one.
struct Alias<'a>(&'a Sid);

impl Display for Alias<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match well_known::ALIASES.iter().find(|(_, sid)| sid == self.0) {
            Some((alias, _)) => f.write_str(alias),
            None => self.0.fmt(f),
        }
    }
}
