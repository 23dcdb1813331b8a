//! The option list of mount(8): what is asked of the mount, and what is meant
//! for the class.

use std::collections::BTreeMap;

use fslaunch_os::mounted::is_restriction;

use super::usage::Usage;

/// What an option list says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// What the mount must forbid, such as `nosuid`, each once.
    pub(crate) restrictions: Vec<String>,
    /// `NAME=VALUE`, for the class.
    pub(crate) named: BTreeMap<String, String>,
    /// Words that mean nothing to us and have no value.
    pub(crate) bare: Vec<String>,
    /// `instance=`: another name than the source says.
    pub(crate) instance: Option<String>,
    /// `credentials=`: a file, or `-`.
    pub(crate) credentials: Option<String>,
    pub(crate) remember: bool,
    /// `uhelper=fslaunch`: umount(8) is to ask us.
    pub(crate) note_helper: bool,
}

/// What a mount allows unless it is told otherwise, and what takes it away.
const PERMISSIONS: [(&str, &str); 8] = [
    ("rw", "ro"),
    ("suid", "nosuid"),
    ("dev", "nodev"),
    ("exec", "noexec"),
    ("symfollow", "nosymfollow"),
    ("atime", "noatime"),
    ("diratime", "nodiratime"),
    ("relatime", "noatime"),
];

/// For mount(8) and its kin alone, or so already.
const OF_OTHERS: [&str; 17] = [
    "defaults",
    "auto",
    "noauto",
    "user",
    "nouser",
    "users",
    "nousers",
    "owner",
    "noowner",
    "group",
    "nogroup",
    "nofail",
    "_netdev",
    "async",
    "nolazytime",
    "nostrictatime",
    "loud",
];

/// What nobody here can do.
const UNSUPPORTED: [&str; 20] = [
    "remount",
    "bind",
    "rbind",
    "move",
    "shared",
    "rshared",
    "private",
    "rprivate",
    "slave",
    "rslave",
    "unbindable",
    "runbindable",
    "sync",
    "dirsync",
    "mand",
    "lazytime",
    "strictatime",
    "norelatime",
    "iversion",
    "loop",
];

/// What people write before a secret.
const SECRETS: [&str; 8] = [
    "password",
    "passwd",
    "pass",
    "pwd",
    "passphrase",
    "secret",
    "pin",
    "token",
];

/// Reads option lists; of what contradicts, the last counts.
pub(crate) fn parse(lists: &[String]) -> Result<Options, Usage> {
    let mut options = Options::default();
    for list in lists {
        for word in split(list)? {
            add(&mut options, &word)?;
        }
    }
    Ok(options)
}

/// Cuts at commas that are not between quotes.
fn split(list: &str) -> Result<Vec<String>, Usage> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for character in list.chars() {
        match (character, words.last_mut()) {
            ('"', _) => quoted = !quoted,
            (',', _) if !quoted => words.push(String::new()),
            (other, Some(word)) => word.push(other),
            (_, None) => {}
        }
    }
    if quoted {
        // What it says may be a secret, so only its names are shown.
        let names = list
            .split(',')
            .map(|word| word.split('=').next().unwrap_or_default());
        return Err(Usage::Quote(names.collect::<Vec<_>>().join(",")));
    }
    words.retain(|word| !word.is_empty());
    Ok(words)
}

fn add(options: &mut Options, word: &str) -> Result<(), Usage> {
    let (name, value) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (word, None),
    };
    let lower = name.to_ascii_lowercase();
    if SECRETS.contains(&lower.as_str()) {
        return Err(Usage::SecretInOptions(name.to_owned()));
    }
    match (name, value) {
        ("instance", Some(value)) => once(&mut options.instance, name, value),
        ("credentials", Some(value)) => once(&mut options.credentials, name, value),
        ("instance" | "credentials", None) => Err(Usage::NoValue(name.to_owned())),
        ("remember", None) => {
            options.remember = true;
            Ok(())
        }
        ("remember", Some(_)) => Err(Usage::Valued(name.to_owned())),
        ("uhelper", Some(value)) => {
            options.note_helper = value == "fslaunch";
            Ok(())
        }
        ("comment" | "helper", _) => Ok(()),
        _ if lower.starts_with("x-") => Ok(()),
        (_, None) => add_bare(options, name),
        ("", Some(_)) => Err(Usage::Option(format!(
            "'{word}' has no name before the '='"
        ))),
        (_, Some(value)) => match options.named.insert(name.to_owned(), value.to_owned()) {
            Some(_) => Err(Usage::Repeated(name.to_owned())),
            None => Ok(()),
        },
    }
}

fn add_bare(options: &mut Options, name: &str) -> Result<(), Usage> {
    if is_restriction(name) {
        if !options.restrictions.iter().any(|known| known == name) {
            options.restrictions.push(name.to_owned());
        }
        return Ok(());
    }
    let lifted: Vec<_> = PERMISSIONS
        .iter()
        .filter(|(word, _)| *word == name)
        .collect();
    if !lifted.is_empty() {
        options
            .restrictions
            .retain(|known| !lifted.iter().any(|(_, other)| other == known));
        return Ok(());
    }
    if UNSUPPORTED.contains(&name) {
        return Err(Usage::Unsupported(name.to_owned()));
    }
    if !OF_OTHERS.contains(&name) {
        options.bare.push(name.to_owned());
    }
    Ok(())
}

fn once(place: &mut Option<String>, name: &str, value: &str) -> Result<(), Usage> {
    match place.replace(value.to_owned()) {
        Some(_) => Err(Usage::Repeated(name.to_owned())),
        None if value.is_empty() => Err(Usage::NoValue(name.to_owned())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(list: &str) -> Options {
        parse(&[list.to_owned()]).unwrap()
    }

    fn refused(list: &str) -> Usage {
        parse(&[list.to_owned()]).unwrap_err()
    }

    #[test]
    fn what_fstab_s_user_implies_is_asked_of_the_mount() {
        let options = parsed("rw,noexec,nosuid,nodev,user");
        assert_eq!(options.restrictions, ["noexec", "nosuid", "nodev"]);
        assert!(options.named.is_empty() && options.bare.is_empty());
        // As mount(8) puts it for root who says user=anna.
        let options = parsed("ro,user=anna,exec,suid,dev");
        assert_eq!(options.restrictions, ["ro"]);
        assert_eq!(options.named["user"], "anna");
    }

    #[test]
    fn of_what_contradicts_the_last_counts() {
        assert!(parsed("noexec,ro,exec,rw").restrictions.is_empty());
        assert_eq!(parsed("exec,noexec,noexec").restrictions, ["noexec"]);
    }

    #[test]
    fn a_value_may_hold_commas_between_quotes() {
        let options = parsed(r#"list="a,b=c",other=x=y,empty="#);
        assert_eq!(options.named["list"], "a,b=c");
        assert_eq!(options.named["other"], "x=y");
        assert_eq!(options.named["empty"], "");
        let Usage::Quote(shown) = refused(r#"key="hunter2,b"#) else {
            panic!("it is taken");
        };
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn what_is_for_others_is_left_to_them() {
        let others =
            "defaults,noauto,x-systemd.automount,X-mount.mkdir=0700,comment=a,_netdev,nofail";
        assert_eq!(parsed(others), Options::default());
    }

    #[test]
    fn what_can_t_be_done_is_named() {
        for word in UNSUPPORTED {
            assert_eq!(
                refused(&format!("rw,{word}")),
                Usage::Unsupported(word.into())
            );
        }
    }

    #[test]
    fn a_secret_in_options_is_refused_and_not_repeated() {
        for name in SECRETS {
            for list in [format!("{name}=hunter2"), name.to_uppercase() + "=hunter2"] {
                let words = refused(&list).to_string();
                assert!(words.contains("credentials="), "{words}");
                assert!(!words.contains("hunter2"), "{words}");
            }
        }
    }

    #[test]
    fn own_options_are_read_and_those_of_others_kept() {
        let options = parsed("instance=two,credentials=-,remember,uhelper=fslaunch,reconnect");
        assert_eq!(options.instance.as_deref(), Some("two"));
        assert_eq!(options.credentials.as_deref(), Some("-"));
        assert!(options.remember && options.note_helper);
        assert_eq!(options.bare, ["reconnect"]);
        assert_eq!(refused("a=1,a=2"), Usage::Repeated("a".into()));
        assert_eq!(refused("instance"), Usage::NoValue("instance".into()));
        assert_eq!(refused("instance="), Usage::NoValue("instance".into()));
        assert_eq!(refused("remember=1"), Usage::Valued("remember".into()));
        assert!(matches!(refused("=1"), Usage::Option(_)));
    }
}
