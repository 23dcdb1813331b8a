//! The mounts of this process's namespace, as `/proc/self/mountinfo` lists them.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mounted {
    pub(super) id: u32,
    pub(super) parent: u32,
    /// `major:minor` of the file system; all its mounts share it.
    pub(super) device: String,
    pub(super) point: PathBuf,
    /// Such as `fuse.memfs`.
    pub(super) kind: String,
    pub(super) source: OsString,
}

impl Mounted {
    pub(super) fn is_fuse(&self) -> bool {
        matches!(self.kind.split('.').next(), Some("fuse" | "fuseblk"))
    }
}

/// Source and type.
impl fmt::Display for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.source.display(), self.kind)
    }
}

/// All of them, later ones over earlier ones.
pub(super) fn read() -> io::Result<Vec<Mounted>> {
    Ok(parse(&std::fs::read("/proc/self/mountinfo")?))
}

fn parse(text: &[u8]) -> Vec<Mounted> {
    text.split(|byte| *byte == b'\n').filter_map(line).collect()
}

/// `36 35 98:0 /root /point options tags... - kind source options`
fn line(text: &[u8]) -> Option<Mounted> {
    let word = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let mut fields = text.split(|byte| *byte == b' ');
    let id = word(fields.next()?)?.parse().ok()?;
    let parent = word(fields.next()?)?.parse().ok()?;
    let device = word(fields.next()?)?;
    let point = unescape(fields.nth(1)?).into();
    fields.find(|field| *field == b"-")?;
    let kind = word(fields.next()?)?;
    Some(Mounted {
        id,
        parent,
        device,
        point,
        kind,
        source: unescape(fields.next()?),
    })
}

/// Space, tab, newline and `\` are written as `\` and three octal digits.
fn unescape(field: &[u8]) -> OsString {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, after @ ..] = rest {
        let code = after
            .get(..3)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(code) if *first == b'\\' => {
                bytes.push(code);
                rest = &after[3..];
            }
            Some(_) | None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    OsString::from_vec(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_tags_and_escapes_is_understood() {
        let text = b"36 35 0:57 / /mnt/a\\040b rw,nosuid shared:1 master:2 - fuse.memfs \\134memfs64\\134share rw\n";
        let mounted = Mounted {
            id: 36,
            parent: 35,
            device: "0:57".to_owned(),
            point: "/mnt/a b".into(),
            kind: "fuse.memfs".to_owned(),
            source: r"\memfs64\share".into(),
        };
        assert!(mounted.is_fuse());
        assert_eq!(parse(text), [mounted]);
    }

    #[test]
    fn a_line_without_tags_is_understood_and_a_broken_one_left_out() {
        let mounts = parse(b"22 1 8:1 / / rw - ext4 /dev/sda1 rw\nnonsense\n1 2 3:4 / /x rw\n");
        assert_eq!(mounts.len(), 1);
        assert_eq!(
            (mounts[0].kind.as_str(), mounts[0].is_fuse()),
            ("ext4", false)
        );
    }

    #[test]
    fn a_backslash_that_escapes_nothing_stays() {
        assert_eq!(unescape(br"a\09x\13"), OsString::from(r"a\09x\13"));
    }
}
