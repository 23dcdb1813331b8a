//! Making the next process of an instance that ended by itself.
//!
//! Days may have passed since its start was decided: what allowed it then is
//! asked again before anything is made.

use std::{path::Path, rc::Rc, sync::Arc, time::Duration};

use fslaunch_core::{
    instance::Event,
    name::ClassName,
    rights,
    table::{Entry, InstanceId},
};
use fslaunch_os::{peer::Peer, standing::Standing, store::ClassStore};
use fslaunch_protocol::Error;
use tokio::{
    task::{spawn_blocking, spawn_local},
    time::sleep,
};

use crate::{launcher::Launcher, prepare::MadeOf};

/// What it takes to make the next process.
#[derive(Clone)]
pub(crate) struct Next {
    /// What it is made of: the same as the first.
    pub made_of: MadeOf,
    /// Who started the instance.
    pub starter: Arc<Peer>,
    /// Who that was, and who it runs as.
    pub standing: Standing,
}

/// When a place among the starts in flight is looked for again.
const NEXT_LOOK: Duration = Duration::from_millis(500);

impl Launcher {
    /// Waits for a place among the starts in flight of its starter, as any
    /// start has to have one. A stop ends this with the timer that it is part of.
    pub(crate) async fn await_turn(&self, id: InstanceId) {
        let starter = |entry: &Entry| (entry.starter.sid, entry.starter.administrator);
        let Some((sid, administrator)) = self.table.borrow().get(id).map(starter) else {
            return;
        };
        let turn = loop {
            match self.starts.admit(&sid, || administrator, 1) {
                Ok(turn) => break turn,
                Err(_) => tracing::debug!(%id, "too many starts in flight: it goes on waiting"),
            }
            sleep(NEXT_LOOK).await;
        };
        self.with_live(id, |live| live.turn = Some(turn));
    }

    /// Makes the next process of an instance that ended by itself.
    pub(crate) fn spawn_again(self: &Rc<Self>, id: InstanceId) {
        let class = self.table.borrow().get(id).map(|entry| entry.class.clone());
        let turn = self.with_live(id, |live| live.turn.take());
        let next = self.with_live(id, |live| live.next.clone());
        let (Some(class), Some(next)) = (class, next) else {
            let reason = "what it was made of is not known any more";
            return self.apply(id, Event::SpawnRefused(reason.into()));
        };
        let launcher = Rc::clone(self);
        spawn_local(async move {
            match launcher.still_allowed(class, &next).await {
                Ok(()) => Rc::clone(&launcher).spawn(id, next.made_of).await,
                Err(refused) => launcher.apply(id, refused),
            }
            drop(turn);
            launcher.parts.spawner.rest();
        });
    }

    /// Reads files and asks name services, beside the loop.
    async fn still_allowed(&self, class: ClassName, next: &Next) -> Result<(), Event> {
        let store = Arc::clone(&self.parts.store);
        let (starter, standing) = (Arc::clone(&next.starter), next.standing.clone());
        let executable = next.made_of.plan.executable.clone();
        let pass = self.gates.pass(starter.sid()).await;
        let look = move || {
            let _pass = pass;
            standing.check().map_err(Event::SpawnRefused)?;
            check_class(&store, &class, &executable, &starter)
        };
        match spawn_blocking(look).await {
            Ok(looked) => looked,
            Err(error) => Err(Event::SpawnFailed(error.to_string())),
        }
    }
}

/// The class must be there, be usable, and grant its starter the start. What
/// it says of the rest is for the next start; the program is the first one's.
fn check_class(
    store: &ClassStore,
    class: &ClassName,
    executable: &Path,
    starter: &Peer,
) -> Result<(), Event> {
    let refused = |reason: &str| Event::SpawnRefused(reason.to_owned());
    let mut record = store.read(class).map_err(|error| {
        // Who may query the instance may not be one to read the class.
        refused(match matches!(error, Error::ClassNotFound { .. }) {
            true => "its class is not registered any more",
            false => "its class can't be used: an administrator sees why in the list of classes",
        })
    })?;
    if !starter.may(&record.security, rights::START) {
        return Err(refused(
            "its class does not let its starter start it any more",
        ));
    }
    record.executable = executable.to_string_lossy().into_owned();
    match store.check_executable(class, &record) {
        Ok(()) => Ok(()),
        // It may be on its way, as when it is updated.
        Err(error @ Error::ExecutableNotFound { .. }) => Err(Event::SpawnFailed(error.to_string())),
        Err(error) => Err(Event::SpawnRefused(error.to_string())),
    }
}
