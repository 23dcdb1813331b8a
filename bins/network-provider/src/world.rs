//! All that the provider asks of the world around it.

use std::time::Duration;

use fslaunch_protocol::{Info, State, Target};
use zeroize::Zeroizing;

use crate::class::{Class, Package};
use crate::credentials::Credentials;
use crate::name::{Drive, RemoteName};

/// The world: the registry, the launcher, the drives, the user. One instance
/// is one call of the library.
pub(crate) trait World {
    /// A registered class; `None` for all other names. Asks nobody but the
    /// registry.
    fn class(&mut self, name: &RemoteName) -> Option<Class>;

    /// Whether the letter leads anywhere.
    fn is_in_use(&mut self, drive: Drive) -> bool;

    /// What the letter leads to, in the system's own words.
    fn leads_to(&mut self, drive: Drive) -> Option<String>;

    /// The volumes of the WinFsp driver, as their devices are called; `None`
    /// where there is no driver.
    fn volumes(&mut self) -> Option<Vec<String>>;

    /// Sends a message through the WinFsp pipe and gives the answer. With
    /// `lend` the launcher may act as the caller.
    fn say(&mut self, message: &[u8], lend: bool, patience: Duration) -> Said;

    /// Asks the launcher's other pipe for all that is known of an instance.
    fn info(&mut self, target: &Target, patience: Duration) -> Fate;

    /// Asks the launcher's other pipe for the instances; `None` if it has no
    /// such pipe, or does not tell in time.
    fn instances(&mut self, patience: Duration) -> Option<Vec<fslaunch_protocol::Instance>>;

    /// Whether a folder can be opened now.
    fn opens(&mut self, folder: &str) -> bool;

    /// Whether a program is where a class says.
    fn is_there(&mut self, file: &str) -> bool;

    /// Credentials that the user had the system remember.
    fn remembered(&mut self, target: &str) -> Option<Credentials>;

    /// Has the system remember credentials.
    ///
    /// # Errors
    /// The system's code.
    fn remember(&mut self, target: &str, credentials: &Credentials) -> Result<(), u32>;

    /// Asks the user; `None` if there is nothing that the user wants to say.
    ///
    /// # Errors
    /// The system's code: there is no dialog.
    fn ask(&mut self, question: &Question<'_>) -> Result<Option<Told>, u32>;

    /// The time since some moment.
    fn now(&mut self) -> Duration;

    fn sleep(&mut self, pause: Duration);
}

/// What came of a message.
pub(crate) type Said = Result<Zeroizing<Vec<u8>>, Unsaid>;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsaid {
    /// Nobody listens.
    NoLauncher,
    /// All of its ends stay taken.
    Busy,
    /// The pipe is not the launcher's: nothing was sent.
    NotTrusted,
    /// It did not answer in time.
    Late,
    /// Anything else, with the system's code.
    Broken(u32),
}

/// What is known of an instance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fate {
    Known(Box<Info>),
    /// There is none.
    Gone,
    /// The launcher does not tell.
    Untold,
}

impl Fate {
    /// Whether it has ended; with the words of how, if there are any.
    pub(crate) fn ended(&self) -> Option<Option<&str>> {
        match self {
            Fate::Known(info) if info.instance.state == State::Failed => {
                Some(info.instance.failure.as_deref())
            }
            Fate::Gone => Some(None),
            Fate::Known(_) | Fate::Untold => None,
        }
    }
}

/// What the user is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question<'a> {
    /// The remote name as it was given.
    pub(crate) caption: &'a str,
    pub(crate) user: &'a str,
    pub(crate) package: Option<&'a Package>,
    /// Whether what was told before was refused.
    pub(crate) again: bool,
}

/// What the user told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) credentials: Credentials,
    /// Whether they are to be remembered.
    pub(crate) remember: bool,
}
