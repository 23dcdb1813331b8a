//! Descriptors, by seed: every run sees the same ones.

use fslaunch_access::{
    AccessMask, Ace, AceFlags, AceKind, Acl, DescriptorFlags, SecurityDescriptor, Sid, Token,
    well_known,
};

/// Numbers that look random (SplitMix64).
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((number ^ (number >> 31)) >> 33) as usize % limit
    }

    pub(super) fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn mask(&mut self) -> AccessMask {
        let bits: Vec<u32> = (0..9)
            .chain(16..21)
            .chain(28..32)
            .map(|bit| 1 << bit)
            .collect();
        let count = 1 + self.below(5);
        AccessMask((0..count).fold(0, |mask, _| mask | self.one_of(&bits)))
    }

    /// What somebody asks for: never nothing.
    ///
    /// Under Wine it is one right of the kind of object, as the launcher asks. Wine gives other
    /// answers than Windows documents to who asks for several rights (an entry that denies one
    /// ends the check, though an earlier one granted it), for the maximum (what a later entry
    /// denies is taken away again), and as the owner (who gets DELETE too). WRITE_OWNER is left
    /// out everywhere, as a privilege gives it.
    pub(super) fn desired(&mut self, wine: bool) -> AccessMask {
        let standard = if wine { 16..16 } else { 16..19 };
        let bits: Vec<u32> = (0..9).chain(standard).map(|bit| 1 << bit).collect();
        let mask = match self.below(8) {
            0 if !wine => AccessMask::MAXIMUM_ALLOWED.0,
            1 if !wine => AccessMask::MAXIMUM_ALLOWED.0 | self.one_of(&bits),
            2 if !wine => AccessMask::GENERIC_READ.0,
            3 if !wine => self.one_of(&bits) | self.one_of(&bits),
            _ => self.one_of(&bits),
        };
        AccessMask(mask)
    }

    pub(super) fn descriptor(&mut self, trustees: &[Sid]) -> SecurityDescriptor {
        let flags = [
            DescriptorFlags::NONE,
            DescriptorFlags::DACL_PROTECTED,
            DescriptorFlags::DACL_AUTO_INHERITED,
            DescriptorFlags::DACL_PROTECTED | DescriptorFlags::DACL_AUTO_INHERIT_REQUIRED,
        ];
        let entries = self.below(7);
        SecurityDescriptor {
            owner: Some(self.one_of(trustees)),
            group: Some(self.one_of(trustees)),
            dacl: Some(Acl {
                aces: (0..entries).map(|_| self.ace(trustees)).collect(),
            }),
            sacl: None,
            flags: self.one_of(&flags),
        }
    }

    fn ace(&mut self, trustees: &[Sid]) -> Ace {
        let flags = [
            AceFlags::NONE,
            AceFlags::NONE,
            AceFlags::NONE,
            AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT,
            AceFlags::INHERITED,
            AceFlags::INHERIT_ONLY | AceFlags::CONTAINER_INHERIT,
        ];
        Ace {
            kind: self.one_of(&[AceKind::Allow, AceKind::Allow, AceKind::Deny]),
            flags: self.one_of(&flags),
            mask: self.mask(),
            trustee: self.one_of(trustees),
        }
    }
}

/// SIDs with and without an alias, short and long.
pub(super) fn strangers() -> Vec<Sid> {
    let numbers = [
        21,
        0,
        4_294_967_295,
        1,
        1001,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
        10,
        11,
    ];
    let long = |length: usize| Sid::new(5, &numbers[..length]).unwrap();
    let mut sids = vec![
        well_known::everyone(),
        well_known::local_system(),
        well_known::administrators(),
        well_known::users(),
        well_known::authenticated_users(),
        well_known::unix_user(1000),
        Sid::new(0x7fff_ffff, &[7]).unwrap(),
    ];
    sids.extend([1, 4, 5, 15].map(long));
    sids
}

/// Those whom a token is, and some whom it is not.
pub(super) fn trustees(token: &Token) -> Vec<Sid> {
    let mut sids = vec![token.user, token.user, well_known::everyone()];
    sids.extend(token.groups.iter().map(|group| group.sid));
    sids.extend(&token.restricting);
    sids.extend([
        well_known::local_system(),
        well_known::administrators(),
        well_known::unix_user(1000),
    ]);
    sids
}
