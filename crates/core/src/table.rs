//! The instances that there are, by name and by id.

use std::{collections::HashMap, fmt, time::SystemTime};

use fslaunch_access::{SecurityDescriptor, Sid};
use fslaunch_protocol::{Error, State};

use crate::{
    instance::{Effect, Event, Failure, Life, Phase, Settings, step},
    limits::Limits,
    name::{ClassName, InstanceName},
    tail::Tail,
};

/// Names an instance where its name must not: in paths, cgroups and files.
/// Random, so that no id comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u64);

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl std::str::FromStr for InstanceId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<InstanceId, Self::Err> {
        u64::from_str_radix(text, 16).map(InstanceId)
    }
}

/// Who started an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starter {
    /// Account name.
    pub name: String,
    /// Security identifier: what the limits count by.
    pub sid: Sid,
    /// Bound by totals only.
    pub administrator: bool,
}

/// What is known of an instance.
#[derive(Debug)]
pub struct Entry {
    /// The class.
    pub class: ClassName,
    /// The instance, as its starter wrote it.
    pub instance: InstanceName,
    /// Who started it.
    pub starter: Starter,
    /// Account name that it runs as.
    pub run_as: String,
    /// When it was started.
    pub since: SystemTime,
    /// Who may stop and query it.
    pub descriptor: SecurityDescriptor,
    /// How it is supervised.
    pub settings: Settings,
    /// Its command line; the executable first.
    pub command_line: Vec<String>,
    /// The same as a text, in the way of the system.
    pub command_text: String,
    /// Its process, while there is one.
    pub pid: Option<u32>,
    /// Where it is mounted, once that is known.
    pub mount_point: Option<String>,
    /// The end of what it wrote.
    pub output: Tail,
    /// Where it is in its life.
    pub life: Life,
    /// How it failed, once it has.
    pub failure: Option<Failure>,
}

impl Entry {
    /// What the instance is doing, as clients are told.
    pub fn state(&self) -> State {
        match self.life.phase {
            Phase::Spawning { .. }
            | Phase::Answering
            | Phase::Readying { .. }
            | Phase::Waiting(_) => State::Starting,
            Phase::Running => State::Running,
            Phase::Stopping(_) | Phase::Killing(_) | Phase::Clearing(_) => State::Stopping,
            Phase::Ended => State::Failed,
        }
    }

    fn key(&self) -> Key {
        key(&self.class, &self.instance)
    }
}

type Key = (String, String);

fn key(class: &ClassName, instance: &InstanceName) -> Key {
    (class.key().to_owned(), instance.key().to_owned())
}

/// All instances, those that failed included.
#[derive(Debug, Default)]
pub struct Table {
    entries: HashMap<InstanceId, Entry>,
    names: HashMap<Key, InstanceId>,
    limits: Limits,
}

impl Table {
    /// An empty table.
    pub fn new(limits: Limits) -> Table {
        Table {
            limits,
            ..Table::default()
        }
    }

    /// Takes the name for a new instance. A failure under that name is forgotten.
    ///
    /// # Errors
    /// The name is taken, or a limit is reached; then nothing has changed.
    pub fn reserve(&mut self, id: InstanceId, entry: Entry) -> Result<(), Error> {
        self.vacant(&entry.class, &entry.instance)?;
        self.admit(&entry.starter)?;
        self.insert(id, entry);
        Ok(())
    }

    /// Takes in an instance that is there already, whatever the limits.
    ///
    /// # Errors
    /// The name is taken.
    pub fn adopt(&mut self, id: InstanceId, entry: Entry) -> Result<(), Error> {
        self.vacant(&entry.class, &entry.instance)?;
        self.insert(id, entry);
        Ok(())
    }

    /// Whether an instance of this name could be started.
    ///
    /// # Errors
    /// [`Error::InstanceExists`], with the name as it was started.
    pub fn vacant(&self, class: &ClassName, instance: &InstanceName) -> Result<(), Error> {
        match self.find(class, instance) {
            Some((_, taken)) if taken.state().is_live() => Err(Error::InstanceExists {
                class: taken.class.as_str().into(),
                instance: taken.instance.as_str().into(),
                state: taken.state(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// The instance of this name.
    pub fn find(&self, class: &ClassName, instance: &InstanceName) -> Option<(InstanceId, &Entry)> {
        let id = *self.names.get(&key(class, instance))?;
        Some((id, self.entries.get(&id)?))
    }

    /// The instance with this id.
    pub fn get(&self, id: InstanceId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// The instance with this id, to note what becomes known of it.
    pub fn get_mut(&mut self, id: InstanceId) -> Option<&mut Entry> {
        self.entries.get_mut(&id)
    }

    /// All instances, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (InstanceId, &Entry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    /// The instances that a caller may query, by class and name. Whether a
    /// descriptor lets it is for the system to say, which is asked of each
    /// once: many instances have the same.
    pub fn visible(&self, may_query: impl Fn(&SecurityDescriptor) -> bool) -> Vec<&Entry> {
        let mut known = HashMap::new();
        self.sorted(self.entries.values().filter(|entry| {
            let descriptor = &entry.descriptor;
            *known
                .entry(descriptor)
                .or_insert_with(|| may_query(descriptor))
        }))
    }

    /// All instances, by class and name.
    pub fn all(&self) -> Vec<&Entry> {
        self.sorted(self.entries.values())
    }

    fn sorted<'a>(&self, entries: impl Iterator<Item = &'a Entry>) -> Vec<&'a Entry> {
        let mut entries: Vec<&Entry> = entries.collect();
        entries.sort_by(|one, other| {
            let key = |entry: &&'a Entry| (entry.class.key(), entry.instance.key());
            key(one).cmp(&key(other))
        });
        entries
    }

    /// Lets something happen to an instance; returns what is to be done. An
    /// instance that is gone takes no events.
    pub fn apply(&mut self, id: InstanceId, event: Event) -> Vec<Effect> {
        let Some(entry) = self.entries.get_mut(&id) else {
            return vec![];
        };
        let life = std::mem::replace(&mut entry.life, Phase::Ended.into());
        let (life, effects) = step(&entry.settings, life, event);
        entry.life = life;
        effects
    }

    /// Frees the name of an ended instance.
    pub fn release(&mut self, id: InstanceId) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.names.remove(&entry.key());
        Some(entry)
    }

    /// Keeps an ended instance visible as failed; the oldest failures make room.
    pub fn keep_failure(&mut self, id: InstanceId, failure: Failure) {
        let Some(entry) = self.entries.get_mut(&id) else {
            return;
        };
        entry.failure = Some(failure);
        entry.pid = None;
        let starter = entry.starter.clone();
        let limit = self.limits.failures;
        loop {
            let failures = || {
                self.entries
                    .iter()
                    .filter(|(_, entry)| entry.failure.is_some())
            };
            let of_user = failures().filter(|(_, entry)| entry.starter.sid == starter.sid);
            let (of_user, in_all) = (of_user.count(), failures().count());
            if limit
                .admit(starter.administrator, of_user, in_all, 0)
                .is_ok()
            {
                return;
            }
            let own = in_all <= limit.total;
            let oldest = failures()
                .filter(|(_, entry)| !own || entry.starter.sid == starter.sid)
                .min_by_key(|(_, entry)| entry.since)
                .map(|(id, _)| *id);
            match oldest {
                Some(oldest) => self.release(oldest),
                None => return,
            };
        }
    }

    fn insert(&mut self, id: InstanceId, entry: Entry) {
        if let Some(failed) = self.names.insert(entry.key(), id) {
            self.entries.remove(&failed);
        }
        self.entries.insert(id, entry);
    }

    fn admit(&self, starter: &Starter) -> Result<(), Error> {
        let live = || {
            self.entries
                .values()
                .filter(|entry| entry.state().is_live())
        };
        let of_user = live().filter(|entry| entry.starter.sid == starter.sid);
        self.limits
            .instances
            .admit(starter.administrator, of_user.count(), live().count(), 1)
            .map_err(|reached| reached.error("instances"))
    }
}

#[cfg(test)]
mod tests;
