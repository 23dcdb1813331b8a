//! What is mounted: class and instance from the source and the type.

use super::usage::Usage;

/// What a source means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) class: String,
    /// All after the class; from a source with `/` as Windows writes it.
    pub(crate) instance: String,
    /// The name as Windows passes it to file systems: `\class\instance`.
    pub(crate) unc: String,
    /// The source after the class, as it was written.
    pub(crate) rest: String,
}

/// Understands `//class/instance`, `\\class\instance`, and with the class in
/// the type, `fslaunch.class`, anything as the instance.
pub(crate) fn parse(kind: Option<&str>, source: &str) -> Result<Source, Usage> {
    let unusable = || Usage::Source(source.to_owned());
    let class = class_of(kind)?;
    let named = by_name(source);
    match (class, named) {
        // The class may be there twice.
        (Some(class), Some((name, rest))) if name.eq_ignore_ascii_case(class) => {
            unc(class, rest, source).ok_or_else(unusable)
        }
        (Some(class), _) => of_class(class, source).ok_or_else(unusable),
        (None, Some((name, rest))) => unc(name, rest, source).ok_or_else(unusable),
        (None, None) => Err(unusable()),
    }
}

fn class_of(kind: Option<&str>) -> Result<Option<&str>, Usage> {
    let Some(kind) = kind else { return Ok(None) };
    let class = match kind.strip_prefix("fslaunch") {
        Some("") => return Ok(None),
        Some(rest) => rest.strip_prefix('.').filter(|class| !class.is_empty()),
        None => None,
    };
    class.map(Some).ok_or_else(|| Usage::Type(kind.to_owned()))
}

/// The first component and the rest, of a name as Windows or a URL has them.
/// One backslash is what is left of two where a file was read that has them
/// for something else.
fn by_name(source: &str) -> Option<(&str, &str)> {
    let slashes = source.strip_prefix("//").map(|rest| rest.split_once('/'));
    let backslashes = || {
        let rest = source.strip_prefix('\\')?;
        let rest = rest.strip_prefix('\\').unwrap_or(rest);
        Some(rest.split_once('\\'))
    };
    slashes.or_else(backslashes).flatten()
}

fn unc(class: &str, rest: &str, source: &str) -> Option<Source> {
    let rest = rest.trim_end_matches(['/', '\\']);
    let instance = match source.starts_with('/') {
        true => rest.replace('/', "\\"),
        false => rest.to_owned(),
    };
    (!class.is_empty() && !instance.is_empty()).then(|| Source {
        class: class.to_owned(),
        unc: format!(r"\{class}\{instance}"),
        instance,
        rest: rest.to_owned(),
    })
}

fn of_class(class: &str, source: &str) -> Option<Source> {
    let path = source.replace('/', "\\");
    let path = path.trim_matches('\\');
    (!source.is_empty()).then(|| Source {
        class: class.to_owned(),
        instance: source.to_owned(),
        unc: format!(r"\{class}\{path}"),
        rest: source.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(kind: Option<&str>, source: &str) -> [String; 4] {
        let Source {
            class,
            instance,
            unc,
            rest,
        } = parse(kind, source).unwrap();
        [class, instance, unc, rest]
    }

    #[test]
    fn both_ways_to_write_a_name_mean_the_same_instance() {
        for source in [
            "//sshfs/anna@host/a/b",
            r"\\sshfs\anna@host\a\b",
            "//sshfs/anna@host/a/b/",
        ] {
            let [class, instance, unc, _] = parts(Some("fslaunch"), source);
            assert_eq!(class, "sshfs");
            assert_eq!(instance, r"anna@host\a\b");
            assert_eq!(unc, r"\sshfs\anna@host\a\b");
        }
        // What fstab readers leave of two backslashes.
        let [class, instance, ..] = parts(None, r"\memfs64\share");
        assert_eq!([class, instance], ["memfs64", "share"]);
    }

    #[test]
    fn with_the_class_in_the_type_the_source_is_the_instance() {
        let [class, instance, unc, rest] = parts(Some("fslaunch.memfs64"), "share");
        assert_eq!([class, instance], ["memfs64", "share"]);
        assert_eq!([unc, rest], [r"\memfs64\share", "share"]);
        let [_, instance, unc, rest] = parts(Some("fslaunch.bindfs"), "/srv/docs");
        assert_eq!([instance, rest], ["/srv/docs", "/srv/docs"]);
        assert_eq!(unc, r"\bindfs\srv\docs");
        let twice = parts(Some("fslaunch.memfs64"), "//MEMFS64/share");
        assert_eq!(twice[1], "share");
        let [class, instance, ..] = parts(Some("fslaunch.nfs"), "//server/path");
        assert_eq!([class, instance], ["nfs", "//server/path"]);
        assert_eq!(parts(Some("fslaunch.a.b"), "x")[0], "a.b");
    }

    #[test]
    fn a_source_without_class_or_instance_is_refused() {
        for source in [
            "",
            "share",
            "/class/share",
            "//class",
            "//class/",
            "///x",
            r"\\class",
            "class:x",
        ] {
            let error = parse(Some("fslaunch"), source).unwrap_err();
            assert_eq!(error, Usage::Source(source.to_owned()));
        }
        assert!(parse(Some("fslaunch.c"), "").is_err());
        for kind in ["fslaunch.", "fslaunchd", "nfs"] {
            assert_eq!(parse(Some(kind), "//c/i"), Err(Usage::Type(kind.into())));
        }
    }
}
