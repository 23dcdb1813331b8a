//! The access check.

use std::fmt;

use crate::ace::{Ace, AceFlags, AceKind};
use crate::descriptor::{Acl, SecurityDescriptor};
use crate::mapping::GenericMapping;
use crate::mask::AccessMask;
use crate::sid::Sid;
use crate::token::Token;
use crate::well_known;

/// Decides whether `token` may have the rights `desired` on the object that `sd` protects, and
/// returns the rights that are granted: exactly those asked for, or all there are when
/// [`AccessMask::MAXIMUM_ALLOWED`] is among them.
///
/// The rules are those of Windows (MS-DTYP 2.5.3.2):
/// - Generic rights are replaced by `mapping`, in `desired` and in every entry.
/// - Entries are read in order, and for each right the first one that names it and matches the
///   caller decides. A right that none decides is not granted. Inherit-only entries are skipped.
/// - No DACL, absent or NULL, grants everything: with `MAXIMUM_ALLOWED`, that is `mapping.all`.
/// - The owner has `READ_CONTROL` and `WRITE_DAC` whatever the DACL says, unless it has an entry
///   for *owner rights* (S-1-3-4): then the owner has what such entries say, and no more. A
///   restricted caller is the owner only if one of the restricting SIDs owns the object too.
/// - A restricted caller gets what the DACL grants both to the caller and to the restricting SIDs.
/// - `ACCESS_SYSTEM_SECURITY` comes from a privilege, and there are none: it is never granted.
/// - To ask for no right at all, or for `MAXIMUM_ALLOWED` where nothing can be granted, is denied,
///   as the Windows kernel does, whatever the DACL is.
///
/// Some things that Windows has are left out: privileges, integrity levels (labels are kept, but
/// not enforced), app containers, and the substitution of *principal self*. A descriptor without
/// an owner, which `AccessCheck` refuses as invalid, is taken as one that the caller does not own.
///
/// # Errors
/// [`Denied`], with the rights that were missing.
pub fn check(
    sd: &SecurityDescriptor,
    token: &Token,
    desired: AccessMask,
    mapping: &GenericMapping,
) -> Result<AccessMask, Denied> {
    let desired = mapping.map(desired);
    let explicit = desired.without(AccessMask::MAXIMUM_ALLOWED);
    let allowed = match &sd.dacl {
        None => mapping.all | explicit,
        Some(dacl) => allowed_by(dacl, sd.owner.as_ref(), token, mapping),
    }
    .without(NEVER_GRANTED);
    let missing = explicit.without(allowed);
    let granted = if desired.contains(AccessMask::MAXIMUM_ALLOWED) {
        allowed
    } else {
        explicit
    };
    if missing.is_empty() && !granted.is_empty() {
        Ok(granted)
    } else {
        Err(Denied { desired, missing })
    }
}

/// Bits that are no rights that a descriptor can give away.
const NEVER_GRANTED: AccessMask = AccessMask::ACCESS_SYSTEM_SECURITY
    .union(AccessMask::MAXIMUM_ALLOWED)
    .union(AccessMask::GENERIC_ALL)
    .union(AccessMask::GENERIC_EXECUTE)
    .union(AccessMask::GENERIC_WRITE)
    .union(AccessMask::GENERIC_READ);

const IMPLICIT_OWNER_RIGHTS: AccessMask = AccessMask::READ_CONTROL.union(AccessMask::WRITE_DAC);

/// Access was denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct Denied {
    /// What was asked for, without generic rights.
    pub desired: AccessMask,
    /// What of it is not granted. Empty if no particular right was asked for.
    pub missing: AccessMask,
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { desired, missing } = self;
        if desired.is_empty() {
            write!(f, "access denied: no right was asked for")
        } else if missing.is_empty() {
            write!(f, "access denied: no right is granted")
        } else {
            write!(f, "access denied: {missing} of {desired} is not granted")
        }
    }
}

/// All that the list grants, and the owner's implicit rights.
fn allowed_by(
    dacl: &Acl,
    owner: Option<&Sid>,
    token: &Token,
    mapping: &GenericMapping,
) -> AccessMask {
    let effective = || {
        dacl.aces
            .iter()
            .filter(|ace| !ace.flags.contains(AceFlags::INHERIT_ONLY))
    };
    let is_restricted = !token.restricting.is_empty();
    let is_owner = owner.is_some_and(|owner| {
        token.has(owner) && (!is_restricted || token.restricting.contains(owner))
    });
    let says_owner_rights = effective().any(|ace| ace.trustee == well_known::owner_rights());
    let implicit = if is_owner && !says_owner_rights {
        IMPLICIT_OWNER_RIGHTS
    } else {
        AccessMask::NONE
    };

    let matches_caller = |ace: &Ace| {
        trustee(ace, owner).is_some_and(|sid| match ace.kind {
            AceKind::Allow => token.has(sid),
            AceKind::Deny => token.is_denied_as(sid),
        })
    };
    let mut allowed = walk(implicit, effective().filter(|a| matches_caller(a)), mapping);
    if is_restricted {
        let matches_restriction =
            |ace: &Ace| trustee(ace, owner).is_some_and(|sid| token.restricting.contains(sid));
        let restricted = effective().filter(|ace| matches_restriction(ace));
        allowed &= walk(implicit, restricted, mapping);
    }
    allowed
}

/// Whom an entry is about: *owner rights* stands for the owner.
fn trustee<'a>(ace: &'a Ace, owner: Option<&'a Sid>) -> Option<&'a Sid> {
    if ace.trustee == well_known::owner_rights() {
        owner
    } else {
        Some(&ace.trustee)
    }
}

/// Reads entries in order; what the first one says of a right stays.
fn walk<'a>(
    implicit: AccessMask,
    aces: impl Iterator<Item = &'a Ace>,
    mapping: &GenericMapping,
) -> AccessMask {
    let mut allowed = implicit;
    let mut denied = AccessMask::NONE;
    for ace in aces {
        let mask = mapping.map(ace.mask);
        match ace.kind {
            AceKind::Allow => allowed |= mask.without(denied),
            AceKind::Deny => denied |= mask.without(allowed),
        }
    }
    allowed
}
