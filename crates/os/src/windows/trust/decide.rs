//! Whether a descriptor keeps all but trusted accounts from changing a file:
//! a table of rights, asked of no system.

use fslaunch_access::{AccessMask, AceFlags, Sid, well_known};

use super::{Trust, descriptor::Descriptor};

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The top folder of a drive, on the way.
    Drive,
    /// A folder on the way: others may make things in it, as every user may in
    /// `%ProgramData%`, but not take away or exchange what is there.
    OnTheWay,
    /// What the path leads to: a file, or a folder with all that is in it.
    Target,
}

/// Why a file is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It belongs to somebody else; `None`: to nobody.
    Owner(Option<Sid>),
    /// Somebody else can change it.
    Grant(Sid),
    /// An entry that could let anybody change it.
    UnknownEntry,
    /// Everybody can: there is no list of who may.
    NoList,
}

/// Decides about one file or folder.
pub(super) fn decide(descriptor: &Descriptor, role: Role, trust: &Trust) -> Result<(), Fault> {
    match &descriptor.owner {
        Some(owner) if trust.includes(owner) => {}
        owner => return Err(Fault::Owner(*owner)),
    }
    let grants = descriptor.grants.as_ref().ok_or(Fault::NoList)?;
    for grant in grants {
        let here = !grant.flags.contains(AceFlags::INHERIT_ONLY);
        if !here || !map(grant.mask).intersects(forbidden(role)) {
            continue;
        }
        match grant.trustee {
            None => return Err(Fault::UnknownEntry),
            Some(sid) if trust.includes(&sid) || sid == well_known::owner_rights() => {}
            Some(sid) => return Err(Fault::Grant(sid)),
        }
    }
    Ok(())
}

/// FILE_WRITE_DATA, or FILE_ADD_FILE of a folder.
const WRITE: AccessMask = AccessMask(0x0002);
/// FILE_APPEND_DATA, or FILE_ADD_SUBDIRECTORY.
const APPEND: AccessMask = AccessMask(0x0004);
/// FILE_WRITE_EA.
const WRITE_EA: AccessMask = AccessMask(0x0010);
/// FILE_DELETE_CHILD.
const DELETE_CHILD: AccessMask = AccessMask(0x0040);
/// FILE_WRITE_ATTRIBUTES, which is enough to make a link of an empty folder.
const WRITE_ATTRIBUTES: AccessMask = AccessMask(0x0100);

/// The rights that only trusted accounts may have.
fn forbidden(role: Role) -> AccessMask {
    let take_over = AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER;
    match role {
        // Nobody can delete a drive.
        Role::Drive => take_over | DELETE_CHILD,
        Role::OnTheWay => take_over | DELETE_CHILD | AccessMask::DELETE,
        Role::Target => {
            let change = WRITE | APPEND | WRITE_EA | WRITE_ATTRIBUTES;
            take_over | DELETE_CHILD | AccessMask::DELETE | change
        }
    }
}

/// The rights of files that generic ones stand for.
fn map(mask: AccessMask) -> AccessMask {
    let stands_for = |generic, rights| if mask.contains(generic) { rights } else { 0 };
    AccessMask(
        mask.0
            | stands_for(AccessMask::GENERIC_ALL, 0x001f_01ff)
            | stands_for(AccessMask::GENERIC_WRITE, 0x0012_0116),
    )
}
