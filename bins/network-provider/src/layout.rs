//! Buffers of callers: structures first, the texts that they point to after.
//!
//! Nothing here touches memory of a caller. What goes there is made as bytes,
//! for the address where it will be and the width of pointers there.

use crate::connections::Connection;
use crate::enumeration::PROVIDER;

/// The levels of `NPGetUniversalName`.
pub(crate) const UNIVERSAL_NAME: u32 = 1;
pub(crate) const REMOTE_NAME: u32 = 2;

/// Where a buffer is, how long it is, and how wide its pointers are, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Room {
    pub(crate) address: u64,
    pub(crate) capacity: usize,
    pub(crate) pointer: usize,
}

/// What does not fit: the bytes that are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooSmall(pub(crate) usize);

/// A pointer to a text, or none.
type Text<'a> = Option<&'a str>;

/// The name of a drive's path as the network has it.
pub(crate) fn universal(
    room: Room,
    level: u32,
    name: &str,
    rest: &str,
) -> Result<Vec<u8>, TooSmall> {
    let whole = format!("{name}{rest}");
    let texts: &[Text<'_>] = match level {
        REMOTE_NAME => &[Some(&whole), Some(name), Some(rest)],
        _ => &[Some(&whole)],
    };
    let structure = Structure {
        numbers: &[],
        texts,
    };
    let needed = structure.head(room.pointer) + structure.tail();
    match needed <= room.capacity {
        true => Ok(lay(room, &[structure])),
        false => Err(TooSmall(needed)),
    }
}

/// Connections as `NETRESOURCEW`: as many of the first `most` as fit, and how
/// many those are.
pub(crate) fn resources(
    room: Room,
    connections: &[Connection],
    most: usize,
) -> Result<(Vec<u8>, usize), TooSmall> {
    // Connected; a disk; shown as a share; can be connected to.
    const NUMBERS: [u32; 4] = [1, 1, 3, 1];
    let names: Vec<(Option<String>, String)> = connections
        .iter()
        .take(most)
        .map(|connection| {
            let drive = connection.drive.map(|drive| drive.to_string());
            (drive, connection.name.to_string())
        })
        .collect();
    // No comment is an empty one: routers have crashed on less.
    let texts: Vec<[Text<'_>; 4]> = names
        .iter()
        .map(|(drive, name)| [drive.as_deref(), Some(name), Some(""), Some(PROVIDER)])
        .collect();
    let structure = |texts| Structure {
        numbers: &NUMBERS,
        texts,
    };
    let structures: Vec<Structure<'_>> = texts.iter().map(|texts| structure(texts)).collect();
    let mut needed = 0;
    let mut fitting = 0;
    for structure in &structures {
        needed += structure.head(room.pointer) + structure.tail();
        if needed > room.capacity {
            break;
        }
        fitting += 1;
    }
    match (fitting, structures.get(..fitting)) {
        (0, _) if !structures.is_empty() => Err(TooSmall(needed)),
        (_, Some(structures)) => Ok((lay(room, structures), fitting)),
        (_, None) => Err(TooSmall(needed)),
    }
}

/// Numbers of 32 bits, then pointers to texts.
#[derive(Debug, Clone, Copy)]
struct Structure<'a> {
    numbers: &'a [u32],
    texts: &'a [Text<'a>],
}

impl Structure<'_> {
    /// The bytes of the structure itself: no numbers, or an even count of
    /// them, so that pointers are where they should be.
    fn head(&self, pointer: usize) -> usize {
        4 * self.numbers.len() + pointer * self.texts.len()
    }

    /// The bytes of its texts, with their NULs.
    fn tail(&self) -> usize {
        let texts = self.texts.iter().flatten();
        texts
            .map(|text| 2 * (text.encode_utf16().count() + 1))
            .sum()
    }
}

fn lay(room: Room, structures: &[Structure<'_>]) -> Vec<u8> {
    let head: usize = structures.iter().map(|one| one.head(room.pointer)).sum();
    let (mut heads, mut tails) = (Vec::with_capacity(head), Vec::new());
    for structure in structures {
        for number in structure.numbers {
            heads.extend_from_slice(&number.to_le_bytes());
        }
        for text in structure.texts {
            let at = match text {
                Some(_) => room.address + (head + tails.len()) as u64,
                None => 0,
            };
            heads.extend_from_slice(at.to_le_bytes().get(..room.pointer).unwrap_or_default());
            let units = text.iter().flat_map(|text| text.encode_utf16().chain([0]));
            tails.extend(units.flat_map(u16::to_le_bytes));
        }
    }
    heads.append(&mut tails);
    heads
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{Drive, RemoteName};

    const WIDE: Room = Room {
        address: 0x1_0000_1000,
        capacity: 4096,
        pointer: 8,
    };
    const NARROW: Room = Room {
        address: 0x1000,
        capacity: 4096,
        pointer: 4,
    };

    fn pointer(room: Room, bytes: &[u8], at: usize) -> u64 {
        let mut wide = [0; 8];
        wide[..room.pointer].copy_from_slice(&bytes[at..at + room.pointer]);
        u64::from_le_bytes(wide)
    }

    fn text(room: Room, bytes: &[u8], at: usize) -> Option<String> {
        let pointer = pointer(room, bytes, at);
        if pointer == 0 {
            return None;
        }
        let from = (pointer - room.address) as usize;
        let units = bytes[from..].as_chunks::<2>().0.iter();
        let units: Vec<u16> = units
            .map(|&pair| u16::from_le_bytes(pair))
            .take_while(|&unit| unit != 0)
            .collect();
        Some(String::from_utf16(&units).unwrap())
    }

    fn connection(drive: &str, instance: &str) -> Connection {
        Connection {
            name: RemoteName::new("memfs64", instance),
            drive: Drive::parse(drive),
        }
    }

    #[test]
    fn a_universal_name_is_one_pointer_and_its_text() {
        for room in [WIDE, NARROW] {
            let bytes = universal(room, UNIVERSAL_NAME, r"\\a\b", r"\c\ä").unwrap();
            assert_eq!(text(room, &bytes, 0).as_deref(), Some(r"\\a\b\c\ä"));
            assert_eq!(bytes.len(), room.pointer + 2 * 10);
        }
    }

    #[test]
    fn a_remote_name_is_the_whole_the_connection_and_the_rest() {
        for room in [WIDE, NARROW] {
            let bytes = universal(room, REMOTE_NAME, r"\\a\b", r"\c").unwrap();
            let at = |index: usize| text(room, &bytes, index * room.pointer);
            let expected = [r"\\a\b\c", r"\\a\b", r"\c"].map(|text| Some(text.to_owned()));
            assert_eq!([at(0), at(1), at(2)], expected);
            let bytes = universal(room, REMOTE_NAME, r"\\a\b", "").unwrap();
            assert_eq!(text(room, &bytes, 2 * room.pointer).as_deref(), Some(""));
        }
    }

    #[test]
    fn a_buffer_that_is_a_byte_too_small_gets_nothing_but_the_size() {
        for level in [UNIVERSAL_NAME, REMOTE_NAME] {
            let whole = universal(WIDE, level, r"\\a\b", r"\c").unwrap().len();
            let room = |capacity| Room { capacity, ..WIDE };
            let fits = universal(room(whole), level, r"\\a\b", r"\c").unwrap();
            assert_eq!(fits.len(), whole);
            for capacity in [0, 1, whole - 1] {
                let refused = universal(room(capacity), level, r"\\a\b", r"\c");
                assert_eq!(refused, Err(TooSmall(whole)));
            }
        }
    }

    #[test]
    fn resources_are_laid_out_as_windows_has_them() {
        let connections = [connection("Z:", "share"), connection("", "ä")];
        for (room, size) in [(WIDE, 48), (NARROW, 32)] {
            let (bytes, count) = resources(room, &connections, usize::MAX).unwrap();
            assert_eq!(count, 2);
            for (index, (drive, name)) in [(Some("Z:"), r"\\memfs64\share"), (None, r"\\memfs64\ä")]
                .into_iter()
                .enumerate()
            {
                let at = index * size;
                let numbers = &bytes[at..at + 16];
                assert_eq!(numbers, [1, 0, 0, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0]);
                let text = |field: usize| text(room, &bytes, at + 16 + field * room.pointer);
                assert_eq!(text(0).as_deref(), drive);
                assert_eq!(text(1).as_deref(), Some(name));
                assert_eq!(text(2).as_deref(), Some(""));
                assert_eq!(text(3).as_deref(), Some(PROVIDER));
            }
        }
    }

    #[test]
    fn as_many_resources_as_fit_are_given_and_no_more_than_asked_for() {
        let connections = [connection("Y:", "one"), connection("Z:", "two")];
        let one = resources(WIDE, &connections, 1).unwrap();
        assert_eq!(one.1, 1);
        let both = resources(WIDE, &connections, 2).unwrap();
        assert_eq!(both.1, 2);
        let room = |capacity| Room { capacity, ..WIDE };
        let almost = resources(room(both.0.len() - 1), &connections, usize::MAX).unwrap();
        assert_eq!((almost.1, almost.0.len()), (1, one.0.len()));
        let exactly = resources(room(both.0.len()), &connections, usize::MAX).unwrap();
        assert_eq!(exactly.1, 2);
        for capacity in [0, one.0.len() - 1] {
            let none = resources(room(capacity), &connections, usize::MAX);
            assert_eq!(none, Err(TooSmall(one.0.len())));
        }
    }
}
