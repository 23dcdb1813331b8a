//! What a user can get wrong, in words.

/// What is wrong with what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Usage {
    #[error("{0}")]
    Option(String),
    #[error("usage: mount.fslaunch SOURCE FOLDER [-sfnv] [-t TYPE] [-o OPTIONS]")]
    MountSynopsis,
    #[error("usage: umount.fslaunch FOLDER [-flnrv]")]
    UmountSynopsis,
    #[error("{0} is not UTF-8: a part of it is no character")]
    NotUtf8(&'static str),
    #[error("other mount namespaces (-N) can't be reached: run it in there")]
    Namespace,
    #[error(
        "it has been given the rights of another user (set-user-ID or set-group-ID), and needs none"
    )]
    ForeignRights,
    #[error("the type '{0}' is not fslaunch or fslaunch.CLASS")]
    Type(String),
    #[error(
        "'{0}' is not //CLASS/INSTANCE; with the class in the type, -t fslaunch.CLASS, INSTANCE alone is enough"
    )]
    Source(String),
    #[error(
        "option '{0}' would show a secret to everybody: leave it out and you are asked for it, or say credentials=FILE (- is standard input)"
    )]
    SecretInOptions(String),
    #[error("option '{0}' does nothing here; see mount.fslaunch(8)")]
    Unsupported(String),
    #[error("option '{0}' has to be {0}=VALUE")]
    NoValue(String),
    #[error("option '{0}' takes no value")]
    Valued(String),
    #[error("option '{0}' is given twice")]
    Repeated(String),
    #[error("option list '{0}' has a \" without a second one")]
    Quote(String),
    #[error("class '{class}' has no option '{option}'; {has}")]
    UnknownOption {
        class: String,
        option: String,
        has: String,
    },
    #[error("option '{0}' is what mount fills in itself: leave it out")]
    FilledIn(String),
    #[error(
        "class '{0}' names none of its arguments 'mount-point': it can't be told where to mount, and is for launchctl only"
    )]
    NoMountPoint(String),
    #[error("class '{0}' takes no secret: leave out credentials and remember")]
    NoSecret(String),
    #[error("no class '{class}' is registered, or you may do nothing with it; {has}")]
    NoClass { class: String, has: String },
    #[error("class '{class}' can't be used: {problem}")]
    Unusable { class: String, problem: String },
    #[error("the mount point is empty")]
    NoFolder,
}

impl From<lexopt::Error> for Usage {
    fn from(error: lexopt::Error) -> Self {
        Self::Option(error.to_string())
    }
}
