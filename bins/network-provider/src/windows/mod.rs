//! The world as it is on Windows.
//!
//! Unsafe code is at the edge only: `exports` and `raw` (the caller's
//! pointers), and one file for each thing that is asked of the system.

mod boundary;
mod dialog;
mod drives;
pub(crate) mod exports;
mod launcher;
mod library;
mod listings;
mod overlapped;
mod owner;
mod pinned;
mod pipe;
mod raw;
mod registry;
#[cfg(feature = "test-seams")]
mod seam;
mod vault;
mod volumes;
mod words;

use std::thread;
use std::time::{Duration, Instant};

use fslaunch_protocol::{Instance, Target};

use crate::class::Class;
use crate::credentials::Credentials;
use crate::name::{Drive, RemoteName};
use crate::world::{Fate, Question, Said, Told, World};
use launcher::Conversation;

/// What one call of the library needs of the system.
pub(crate) struct System {
    began: Instant,
    /// Whose dialog it would be.
    window: dialog::Window,
    /// A conversation by the launcher's other pipe, once there is one.
    conversation: Option<Conversation>,
}

impl System {
    pub(crate) fn new(window: dialog::Window) -> System {
        System {
            began: Instant::now(),
            window,
            conversation: None,
        }
    }

    fn converse(&mut self, deadline: Instant) -> Option<&mut Conversation> {
        if self.conversation.is_none() {
            self.conversation = Conversation::begin(deadline);
        }
        self.conversation.as_mut()
    }
}

impl World for System {
    fn class(&mut self, name: &RemoteName) -> Option<Class> {
        registry::class(&name.class)
    }

    fn is_in_use(&mut self, drive: Drive) -> bool {
        drives::device(drive).is_some()
    }

    fn leads_to(&mut self, drive: Drive) -> Option<String> {
        drives::device(drive)
    }

    fn volumes(&mut self) -> Option<Vec<String>> {
        volumes::all()
    }

    fn say(&mut self, message: &[u8], lend: bool, patience: Duration) -> Said {
        launcher::say(message, lend, patience)
    }

    fn info(&mut self, target: &Target, patience: Duration) -> Fate {
        let deadline = Instant::now() + patience;
        let told = self
            .converse(deadline)
            .map(|conversation| conversation.info(target, deadline));
        match told {
            Some(Ok(fate)) => fate,
            Some(Err(launcher::Over)) => {
                self.conversation = None;
                Fate::Untold
            }
            None => Fate::Untold,
        }
    }

    fn instances(&mut self, patience: Duration) -> Option<Vec<Instance>> {
        let deadline = Instant::now() + patience;
        match self.converse(deadline)?.instances(deadline) {
            Ok(instances) => instances,
            Err(launcher::Over) => {
                self.conversation = None;
                None
            }
        }
    }

    fn opens(&mut self, folder: &str) -> bool {
        drives::opens(folder)
    }

    fn is_there(&mut self, file: &str) -> bool {
        std::path::Path::new(file).is_file()
    }

    fn remembered(&mut self, target: &str) -> Option<Credentials> {
        vault::read(target)
    }

    fn remember(&mut self, target: &str, credentials: &Credentials) -> Result<(), u32> {
        vault::write(target, credentials)
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Option<Told>, u32> {
        dialog::ask(self.window, question)
    }

    fn now(&mut self) -> Duration {
        self.began.elapsed()
    }

    fn sleep(&mut self, pause: Duration) {
        thread::sleep(pause);
    }
}

/// A text for the system: UTF-16 with a NUL.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// A text of the system, up to its NUL.
fn narrow(units: &[u16]) -> String {
    let text = units.split(|&unit| unit == 0).next().unwrap_or_default();
    String::from_utf16_lossy(text)
}
