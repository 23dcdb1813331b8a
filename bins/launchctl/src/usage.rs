//! What the program says about its own use.

/// What `launchctl help` prints.
pub(crate) const HELP: &str = "\
launchctl starts, stops and lists the instances of service classes.

usage: launchctl [OPTION]... VERB ...

  start [-o NAME=VALUE]... [--ask-secret | --secret-stdin] [--remember]
        CLASS INSTANCE [ARG]...  start an instance; wait until it is ready;
                                 remember the secret once it has worked
  startWithSecret CLASS INSTANCE [ARG]... SECRET
                                 the same; anybody can see the secret in the
                                 list of processes: better ask for it
  stop CLASS INSTANCE            stop an instance; wait until it is gone
  info CLASS INSTANCE            show all that is known of an instance
  list [--all]                   list what runs; with --all what failed, too
  classes                        list the registered classes
  register FILE.toml|FILE.reg [--force]
                                 register a class, or those of a .reg file
  unregister CLASS               forget a class
  export [--toml] CLASS...|--all
                                 print classes as a .reg file, or one as a
                                 class file
  doctor                         look for what is wrong with the launcher and
                                 the registered classes, or may surprise
  credentials list               list the secrets that you let it remember
  credentials remove CLASS INSTANCE
                                 forget one
  help                           show this

  --json                         print one JSON document instead of words
  --socket PATH                  talk to the launcher that listens there
                                 (or set FSLAUNCH_SOCKET)
  --pipe PIPE                    talk to WinFsp's launcher, on Windows; with
                                 --socket, if no launcher listens there
                                 (or set FSLAUNCH_PIPE)
  --system, --user               talk to the launcher of the system, or your own
  --classes PLACE                where register, unregister and export find
                                 classes: a folder, on Windows a registry key
                                 (or set FSLAUNCH_CLASSES)
  --config-dir DIR               the same, for the folder DIR/services.d
                                 (or set FSLAUNCH_CONFIG_DIR)
  --version                      show the version

Everything after CLASS of a start belongs to the file system, also what begins
with a dash. Exit code 0 is success; see launchctl(1) for the others.
";

/// What is wrong with the arguments of the program.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Usage {
    #[error(
        "say what to do: start, stop, info, list, classes, register, unregister, export, doctor or credentials"
    )]
    NoVerb,
    #[error("there is no verb '{0}'")]
    UnknownVerb(String),
    #[error("usage: launchctl {0}")]
    Synopsis(&'static str),
    #[error("{0}")]
    Option(String),
    #[error("give either {0} or {1}")]
    Conflict(&'static str, &'static str),
    #[error("-o takes NAME=VALUE, and '{0}' has no name before a '='")]
    NotNamed(String),
    #[error("argument '{0}' is given twice")]
    Repeated(String),
    #[error("{0} is not UTF-8: a part of it is no character")]
    NotUtf8(String),
    #[error("{0} arguments are too many: a class takes at most {limit}", limit = fslaunch_protocol::limits::ARGUMENTS)]
    TooManyArguments(usize),
    #[error("{0}")]
    Secret(String),
}

impl From<lexopt::Error> for Usage {
    fn from(error: lexopt::Error) -> Self {
        Self::Option(error.to_string())
    }
}
