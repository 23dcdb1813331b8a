//! The names of the fields.

/// A field that the launcher knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    /// Its name in the registry.
    pub(super) name: &'static str,
    /// Its key in a class file.
    pub(super) key: &'static str,
    /// Whether a class file may say `true` and `false`.
    pub(super) boolean: bool,
}

macro_rules! fields {
    ($($constant:ident $name:literal $key:literal $boolean:literal;)*) => {
        $(pub(super) const $constant: Field = Field { name: $name, key: $key, boolean: $boolean };)*
        /// All of them, in the order in which they are written.
        pub(super) const ALL: &[Field] = &[$($constant),*];
    };
}

fields! {
    EXECUTABLE "Executable" "executable" false;
    COMMAND_LINE "CommandLine" "command-line" false;
    ARGUMENTS "Arguments" "arguments" false;
    WORK_DIRECTORY "WorkDirectory" "work-directory" false;
    RUN_AS "RunAs" "run-as" false;
    SECURITY "Security" "security" false;
    ALLOW_START "AllowStart" "allow-start" false;
    ALLOW_STOP "AllowStop" "allow-stop" false;
    ALLOW_QUERY "AllowQuery" "allow-query" false;
    ALLOW_OPTION_ARGUMENTS "AllowOptionArguments" "allow-option-arguments" true;
    MOUNT_POINT "MountPoint" "mount-point" false;
    MOUNT_UNDER "MountUnder" "mount-under" false;
    READY "Ready" "ready" false;
    START_TIMEOUT "StartTimeout" "start-timeout" false;
    STOP_GRACE "StopGrace" "stop-grace" false;
    CREDENTIALS "Credentials" "credentials" false;
    SECRET_REPLY "SecretReply" "secret-reply" false;
    SECRET_TIMEOUT "SecretTimeout" "secret-timeout" false;
    AUTH_PACKAGE "AuthPackage" "auth-package" false;
    AUTH_PACKAGE_ID "AuthPackageId" "auth-package-id" false;
    STDERR "Stderr" "stderr" false;
    JOB_CONTROL "JobControl" "job-control" true;
    RECOVERY "Recovery" "recovery" true;
    AGENT "Agent" "agent" false;
}

/// The field of this name, in any case, with or without `-` and `_`: both
/// spellings are read in both formats.
pub(super) fn find(name: &str) -> Option<Field> {
    let plain = plain(name);
    ALL.iter()
        .copied()
        .find(|field| field.name.eq_ignore_ascii_case(&plain))
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '-' | '_')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_found_by_both_its_names_and_by_no_other() {
        for field in ALL {
            assert_eq!(find(field.name), Some(*field));
            assert_eq!(find(field.key), Some(*field));
            assert_eq!(
                find(&field.key.replace('-', "_").to_uppercase()),
                Some(*field)
            );
        }
        assert_eq!(find("sshfs.rootdir"), None);
        assert_eq!(find(""), None);
    }

    #[test]
    fn each_field_is_in_the_documents_under_both_its_names() {
        let document = include_str!("../../../../docs/class-file.md");
        let page = include_str!("../../../../docs/man/fslaunch-class.5");
        for Field { name, key, .. } in ALL {
            let row = format!("| `{key}` | `{name}` | ");
            assert!(document.contains(&row), "{row}");
            let entry = format!("\n.BI \"{} = ", key.replace('-', "\\-"));
            assert!(page.contains(&entry), "{entry}");
        }
    }
}
