//! The launcher: the table of instances, and what is held for each of them.
//!
//! All of it lives on one thread. Nothing here waits while it holds a part.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use tokio::{sync::Notify, time::timeout};

use fslaunch_core::table::{Entry, InstanceId, Table};
use fslaunch_core::{
    instance::{Event, KILL_WAIT, Phase},
    name::{ClassName, InstanceName},
    rights,
};
use fslaunch_os::{
    drives::Drives, identity, peer::Peer, places::Places, spawner::Spawner, staging::Staging,
    state::StateFolder, store::ClassStore,
};
use fslaunch_protocol::{Class, Error, Info, Instance, Reply, Request, Target};

use crate::{
    config::Config, describe, gates::Gates, lines::Lines, live::Live, mounting::Mounting,
    tallies::Tallies,
};

/// What it takes to clear away, beside the grace and the kill.
const MARGIN: Duration = Duration::from_secs(2);

/// The launcher.
pub(crate) struct Launcher {
    pub(crate) table: RefCell<Table>,
    pub(crate) live: RefCell<HashMap<InstanceId, Live>>,
    pub(crate) mounting: Mounting,
    pub(crate) parts: Parts,
    pub(crate) stopping: Cell<bool>,
    /// The starts that are not answered.
    pub(crate) starts: Rc<Tallies>,
    /// The bytes of long messages that are held.
    pub(crate) bytes: Rc<Tallies>,
    pub(crate) gates: Gates,
    pub(crate) lines: Lines,
    /// The drive letters that were asked for.
    pub(crate) drives: Arc<Drives>,
    /// Told whenever an instance is gone.
    pub(crate) gone: Notify,
    /// Cloned by each connection that answers a request.
    busy: Rc<()>,
}

/// When a caller is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// When an instance is ready, or is gone.
    Done,
    /// When its process runs and has accepted its secret, or was asked to end:
    /// as the original launcher does.
    Begun,
}

/// What the launcher was given to work with.
pub(crate) struct Parts {
    /// The settings.
    pub config: Config,
    /// Which accounts there are to run as.
    pub identities: Arc<identity::Settings>,
    /// The registered classes.
    pub store: Arc<ClassStore>,
    /// Makes processes.
    pub spawner: Spawner,
    /// Where mounts for others are made, in system mode.
    pub staging: Option<Staging>,
    /// The boot that this is.
    pub boot: String,
    /// What outlives the daemon.
    pub state: StateFolder,
    /// Where things are.
    pub places: Places,
}

impl Launcher {
    /// A launcher without instances.
    pub(crate) fn new(parts: Parts) -> Rc<Launcher> {
        let limits = parts.config.limits();
        Rc::new(Launcher {
            starts: Tallies::new(limits.starts),
            bytes: Tallies::new(limits.message_bytes),
            gates: Gates::default(),
            lines: Lines::default(),
            drives: Arc::new(Drives::new()),
            table: RefCell::new(Table::new(limits)),
            live: RefCell::default(),
            mounting: Mounting::default(),
            parts,
            stopping: Cell::new(false),
            gone: Notify::new(),
            busy: Rc::new(()),
        })
    }

    /// Does what a caller asks for, if it may.
    ///
    /// # Errors
    /// Why not; nothing has changed then, but for starts that failed on the way.
    pub(crate) async fn handle(
        self: &Rc<Self>,
        peer: &Arc<Peer>,
        request: Request,
        manner: Manner,
    ) -> Result<Reply, Error> {
        match request {
            Request::Start(start) => self.start(peer, start, manner).await.map(Reply::Started),
            Request::Stop(target) => {
                let stopped = self.stop(peer, &target, manner).await;
                stopped.map(|()| Reply::Stopped)
            }
            Request::StopIdle(target) => {
                let stopped = self.stop_idle(peer, &target).await;
                stopped.map(|()| Reply::Stopped)
            }
            Request::Info(target) => self
                .info(peer, &target)
                .map(|info| Reply::Info(Box::new(info))),
            Request::List => Ok(Reply::Instances(self.list(peer))),
            Request::Classes => self.classes(peer).await.map(Reply::Classes),
        }
    }

    async fn stop(
        self: &Rc<Self>,
        peer: &Peer,
        target: &Target,
        manner: Manner,
    ) -> Result<(), Error> {
        let id = self.permitted(peer, target, rights::STOP, "stop")?;
        self.finish(id, target, manner).await
    }

    /// Ends an instance for who may do that.
    pub(crate) async fn finish(
        self: &Rc<Self>,
        id: InstanceId,
        target: &Target,
        manner: Manner,
    ) -> Result<(), Error> {
        if self
            .table
            .borrow()
            .get(id)
            .is_some_and(|entry| entry.life.phase == Phase::Ended)
        {
            return match manner {
                // To stop what has failed is to say that its failure was seen.
                Manner::Done => {
                    self.table.borrow_mut().release(id);
                    Ok(())
                }
                // The original knows no instances that have failed.
                Manner::Begun => Err(not_found(target)),
            };
        }
        let end = self.await_end(id);
        self.apply(id, Event::StopRequested);
        match manner {
            Manner::Done => end.await.unwrap_or(Ok(())),
            Manner::Begun => Ok(()),
        }
    }

    fn info(&self, peer: &Peer, target: &Target) -> Result<Info, Error> {
        let id = self.permitted(peer, target, rights::QUERY, "query")?;
        let table = self.table.borrow();
        let entry = table.get(id).ok_or_else(|| not_found(target))?;
        let with_output = peer.is_administrator() || *peer.sid() == entry.starter.sid;
        Ok(describe::info(entry, with_output))
    }

    fn list(&self, peer: &Peer) -> Vec<Instance> {
        let table = self.table.borrow();
        let entries = match self.parts.config.list_all {
            true => table.all(),
            false => table.visible(|descriptor| peer.may(descriptor, rights::QUERY)),
        };
        entries.into_iter().map(describe::instance).collect()
    }

    /// The instance that is meant, if the caller has the right on it.
    pub(crate) fn permitted(
        &self,
        peer: &Peer,
        target: &Target,
        right: fslaunch_access::AccessMask,
        verb: &str,
    ) -> Result<InstanceId, Error> {
        let class = ClassName::parse(&target.class)?;
        let instance = InstanceName::parse(&target.instance)?;
        let table = self.table.borrow();
        let (id, entry) = table
            .find(&class, &instance)
            .ok_or_else(|| not_found(target))?;
        if peer.may(&entry.descriptor, right) {
            return Ok(id);
        }
        Err(Error::AccessDenied {
            right: verb.into(),
            class: entry.class.as_str().into(),
            instance: Some(entry.instance.as_str().into()),
        })
    }

    async fn classes(&self, peer: &Peer) -> Result<Vec<Class>, Error> {
        let store = Arc::clone(&self.parts.store);
        let pass = self.gates.pass(peer.sid()).await;
        let list = move || {
            let _pass = pass;
            store.list()
        };
        let listed = tokio::task::spawn_blocking(list).await;
        let listed = listed.map_err(|error| Error::Internal {
            reason: error.to_string(),
        })?;
        let table = self.table.borrow();
        let visible = match self.parts.config.list_all {
            true => table.all(),
            false => table.visible(|descriptor| peer.may(descriptor, rights::QUERY)),
        };
        let mut classes = vec![];
        for (name, record) in listed {
            let live = visible
                .iter()
                .filter(|entry| entry.state().is_live() && entry.class.key() == name.key());
            let instances = live.count() as u32;
            let class = name.as_str().to_owned();
            match record {
                Ok(record) if peer.is_administrator() || peer.may_any(&record.security) => {
                    classes.push(Class {
                        class,
                        problem: None,
                        instances,
                        arguments: record
                            .arguments
                            .iter()
                            .map(|argument| argument.name.clone())
                            .collect(),
                        credentials: record.credentials.number(),
                        start_timeout: Some(describe::seconds(record.start_timeout)),
                    });
                }
                // Who may know of a class that can't be read, nobody can tell.
                Err(error) if peer.is_administrator() => {
                    let problem = Some(error.to_string());
                    classes.push(Class {
                        class,
                        problem,
                        instances,
                        arguments: vec![],
                        credentials: 0,
                        start_timeout: None,
                    });
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(classes)
    }

    /// Held while a request is answered.
    pub(crate) fn busy(&self) -> Rc<()> {
        Rc::clone(&self.busy)
    }

    /// Gives the connections that are answering a moment to do so.
    pub(crate) async fn say_goodbye(&self) {
        for _ in 0..100 {
            if Rc::strong_count(&self.busy) == 1 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends all instances; returns when they are gone, or have had their time.
    /// What the system does not let go of is left to the next daemon.
    pub(crate) async fn shut_down(self: &Rc<Self>) {
        self.stopping.set(true);
        let (ids, graces): (Vec<InstanceId>, Vec<Duration>) = self
            .table
            .borrow()
            .iter()
            .map(|(id, entry)| (id, entry.settings.stop_grace))
            .unzip();
        let longest = graces.into_iter().max().unwrap_or_default();
        for id in ids {
            self.apply(id, Event::LauncherStops);
        }
        if timeout(longest + KILL_WAIT + MARGIN, self.all_gone())
            .await
            .is_err()
        {
            tracing::error!("some instances can't be ended: the next launcher clears them away");
        }
    }

    async fn all_gone(&self) {
        loop {
            let gone = self.gone.notified();
            let live = |(_, entry): (InstanceId, &Entry)| entry.life.phase != Phase::Ended;
            if !self.table.borrow().iter().any(live) {
                return;
            }
            gone.await;
        }
    }
}

fn not_found(target: &Target) -> Error {
    Error::InstanceNotFound {
        class: target.class.clone(),
        instance: target.instance.clone(),
    }
}
