//! A world of which everything is known beforehand.

use std::collections::VecDeque;
use std::time::Duration;

use fslaunch_protocol::{Info, Instance, State, Target};

use crate::class::Class;
use crate::credentials::Credentials;
use crate::name::{Drive, RemoteName};
use crate::world::{Fate, Question, Said, Told, Unsaid, World};

/// What the fake launcher does with a message.
pub(crate) type Answer = Result<&'static str, Unsaid>;

#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) classes: Vec<(&'static str, Class)>,
    pub(crate) used: Vec<&'static str>,
    pub(crate) devices: Vec<(&'static str, &'static str)>,
    pub(crate) volumes: Option<Vec<String>>,
    /// Answers to messages, in order; afterwards there is no launcher.
    pub(crate) answers: VecDeque<Answer>,
    /// What the other pipe tells; `None` where there is no such pipe.
    pub(crate) instances: Option<Vec<Info>>,
    /// When a root opens, if it does at all.
    pub(crate) opens_at: Option<Duration>,
    /// How long each question to the launcher takes.
    pub(crate) takes: Duration,
    /// When the instances end.
    pub(crate) ends_at: Option<Duration>,
    pub(crate) remembered: Vec<(String, Credentials)>,
    pub(crate) told: VecDeque<Result<Option<Told>, u32>>,
    pub(crate) clock: Duration,
    /// Messages that were sent, as text, with what was lent after `!`.
    pub(crate) sent: Vec<String>,
    /// Everything else that somebody was asked.
    pub(crate) asked: Vec<String>,
}

/// An instance that runs.
pub(crate) fn running(class: &str, instance: &str, words: &[&str]) -> Info {
    Info {
        instance: Instance {
            class: class.to_owned(),
            instance: instance.to_owned(),
            state: State::Running,
            pid: Some(1),
            starter: String::new(),
            run_as: String::new(),
            since: String::new(),
            mount_point: None,
            failure: None,
        },
        command_line: String::new(),
        arguments: words.iter().map(|&word| word.to_owned()).collect(),
        output: None,
    }
}

impl Fake {
    /// Whether an answer comes in time.
    fn waits(&mut self, patience: Duration) -> bool {
        assert!(
            !patience.is_zero(),
            "nothing is asked when there is no time"
        );
        self.clock += self.takes.min(patience);
        self.takes <= patience
    }
}

impl World for Fake {
    fn class(&mut self, name: &RemoteName) -> Option<Class> {
        let found = self.classes.iter().find(|(class, _)| *class == name.class);
        found.map(|(_, class)| class.clone())
    }

    fn is_in_use(&mut self, drive: Drive) -> bool {
        self.used.contains(&drive.to_string().as_str())
    }

    fn leads_to(&mut self, drive: Drive) -> Option<String> {
        let drive = drive.to_string();
        let found = self.devices.iter().find(|(letter, _)| *letter == drive);
        found.map(|(_, device)| (*device).to_owned())
    }

    fn volumes(&mut self) -> Option<Vec<String>> {
        self.volumes.clone()
    }

    fn say(&mut self, message: &[u8], lend: bool, patience: Duration) -> Said {
        let late = !self.waits(patience);
        let units = message.as_chunks::<2>().0.iter();
        let units: Vec<u16> = units.map(|&pair| u16::from_le_bytes(pair)).collect();
        let mut text = String::from_utf16(&units).unwrap().replace('\0', "|");
        if lend {
            text.push('!');
        }
        self.sent.push(text);
        if late {
            return Err(Unsaid::Late);
        }
        let answer = self
            .answers
            .pop_front()
            .unwrap_or(Err(Unsaid::NoLauncher))?;
        let bytes: Vec<u8> = answer.encode_utf16().flat_map(u16::to_le_bytes).collect();
        Ok(bytes.into())
    }

    fn info(&mut self, target: &Target, patience: Duration) -> Fate {
        self.asked.push(format!("info {}", target.instance));
        if !self.waits(patience) {
            return Fate::Untold;
        }
        let Some(instances) = &self.instances else {
            return Fate::Untold;
        };
        if self.ends_at.is_some_and(|at| self.clock >= at) {
            return Fate::Gone;
        }
        let found = instances.iter().find(|info| {
            info.instance.class == target.class && info.instance.instance == target.instance
        });
        found.map_or(Fate::Gone, |info| Fate::Known(Box::new(info.clone())))
    }

    fn instances(&mut self, patience: Duration) -> Option<Vec<Instance>> {
        self.asked.push("list".to_owned());
        if !self.waits(patience) {
            return None;
        }
        let infos = self.instances.as_ref()?;
        Some(infos.iter().map(|info| info.instance.clone()).collect())
    }

    fn opens(&mut self, folder: &str) -> bool {
        self.asked.push(format!("open {folder}"));
        self.opens_at.is_some_and(|at| self.clock >= at)
    }

    fn is_there(&mut self, _: &str) -> bool {
        false
    }

    fn remembered(&mut self, target: &str) -> Option<Credentials> {
        let found = self.remembered.iter().find(|(kept, _)| kept == target);
        found.map(|(_, credentials)| credentials.clone())
    }

    fn remember(&mut self, target: &str, credentials: &Credentials) -> Result<(), u32> {
        self.remembered
            .push((target.to_owned(), credentials.clone()));
        Ok(())
    }

    fn ask(&mut self, question: &Question<'_>) -> Result<Option<Told>, u32> {
        let Question {
            caption,
            user,
            again,
            package,
        } = question;
        let mut asked = format!("ask {caption} {user:?} {again}");
        if let Some(package) = package {
            asked.push_str(&format!(" {package:?}"));
        }
        self.asked.push(asked);
        self.told.pop_front().unwrap_or(Ok(None))
    }

    fn now(&mut self) -> Duration {
        self.clock
    }

    fn sleep(&mut self, pause: Duration) {
        assert!(!pause.is_zero(), "no time passes");
        self.clock += pause;
    }
}
