//! The way of one start, from the request to a supervised process.

use std::{
    future::pending,
    path::PathBuf,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use fslaunch_core::{
    instance::{AnswerAt, Event, Exit},
    table::InstanceId,
};
use fslaunch_os::{
    peer::Peer,
    process::{ExitStatus, Process},
    random::random_u64,
    spawner::Launched,
};
use fslaunch_protocol::{Error, Instance, Start};
use tokio::{
    sync::oneshot,
    task::{spawn_blocking, spawn_local},
};

use crate::{
    again::Next,
    create::NotCreated,
    launcher::{Launcher, Manner},
    live::Live,
    outputs::drain,
    prepare::{Context, MadeOf, Prepared, prepare},
};

/// When a program that goes to the background does so.
const FIRST_MOMENTS: Duration = Duration::from_secs(3);

impl Launcher {
    /// Starts an instance; returns when it is ready or has failed, or when it is
    /// begun. It goes on when the caller leaves.
    pub(crate) async fn start(
        self: &Rc<Self>,
        peer: &Arc<Peer>,
        start: Start,
        manner: Manner,
    ) -> Result<Instance, Error> {
        self.start_until(peer, start, manner, pending()).await
    }

    /// The same; a start that is not decided when its caller has left is
    /// cancelled, and still answered.
    pub(crate) async fn start_until(
        self: &Rc<Self>,
        peer: &Arc<Peer>,
        start: Start,
        manner: Manner,
        left: impl Future<Output = ()>,
    ) -> Result<Instance, Error> {
        let id = InstanceId(random_u64().map_err(internal)?);
        let _in_flight = self
            .starts
            .admit(peer.sid(), || peer.is_administrator(), 1)
            .map_err(|reached| reached.error("starts in flight"))?;
        let prepared = self.prepare(id, peer, start, manner).await?;
        if self.stopping.get() {
            return Err(Error::ShuttingDown {});
        }
        let Prepared {
            entry,
            made_of,
            standing,
        } = prepared;
        let next = standing.map(|standing| Next {
            made_of: made_of.clone(),
            starter: Arc::clone(peer),
            standing,
        });
        self.table.borrow_mut().reserve(id, entry)?;
        let (sender, mut receiver) = oneshot::channel();
        self.live.borrow_mut().insert(
            id,
            Live {
                next,
                starter: Some(sender),
                ..Live::default()
            },
        );
        spawn_local(Rc::clone(self).spawn(id, made_of));
        let outcome = tokio::select! {
            biased;
            outcome = &mut receiver => outcome,
            () = left => {
                self.apply(id, Event::StopRequested);
                receiver.await
            }
        };
        self.parts.spawner.rest();
        outcome.unwrap_or_else(|_| Err(internal("the start was forgotten")))
    }

    async fn prepare(
        &self,
        id: InstanceId,
        peer: &Arc<Peer>,
        start: Start,
        manner: Manner,
    ) -> Result<Prepared, Error> {
        let (store, identities) = (
            Arc::clone(&self.parts.store),
            Arc::clone(&self.parts.identities),
        );
        let peer = Arc::clone(peer);
        let answer = match manner {
            Manner::Done => AnswerAt::Ready,
            Manner::Begun => AnswerAt::Begun,
        };
        let staged = match &self.parts.staging {
            Some(staging) => staging.mount_point(&id.to_string()),
            None => PathBuf::new(),
        };
        let recovery_delay = self.parts.config.recovery_delay();
        let pass = self.gates.pass(peer.sid()).await;
        let decide = move || {
            let _pass = pass;
            let context = Context {
                store: &store,
                identities: &identities,
                answer,
                staged,
                recovery_delay,
            };
            prepare(&context, &peer, start)
        };
        spawn_blocking(decide).await.map_err(internal)?
    }

    pub(crate) async fn spawn(self: Rc<Self>, id: InstanceId, made_of: MadeOf) {
        match self.create(id, made_of).await {
            Ok(launched) => self.take_over(id, launched),
            Err(NotCreated {
                error,
                process: None,
            }) => {
                // Answered when all is cleared away: it can be tried again at once.
                self.clear_away(id).await;
                let reason = error.to_string();
                self.answer(id, |_| Err(error));
                self.apply(id, Event::SpawnFailed(reason));
            }
            Err(NotCreated {
                error,
                process: Some(process),
            }) => {
                self.answer(id, |_| Err(error));
                self.supervise(id, Rc::new(process));
                self.apply(id, Event::SpawnHung);
            }
        }
    }

    /// Takes charge of a process that runs.
    fn take_over(self: &Rc<Self>, id: InstanceId, launched: Launched) {
        let Launched {
            process,
            stdout,
            stderr,
            mount_point: _,
            keeper,
        } = launched;
        let process = Rc::new(process);
        if let Some(entry) = self.table.borrow_mut().get_mut(id) {
            entry.pid = Some(process.pid());
            if entry.life.row > 0 && self.lines.admit(&entry.starter) {
                tracing::info!(%id, pid = entry.pid, "started again");
            }
        }
        self.with_live(id, |live| {
            live.since = Some(Instant::now());
            live.stdout = Some(stdout);
            live.keeper = keeper;
            if let Some(stderr) = stderr {
                live.readers
                    .push(spawn_local(drain(Rc::clone(self), id, stderr, None)));
            }
        });
        self.supervise(id, process);
        self.apply(id, Event::Spawned);
        // Nobody asked anything of its output.
        self.with_live(id, |live| {
            if let Some(stdout) = live.stdout.take() {
                live.readers
                    .push(spawn_local(drain(Rc::clone(self), id, stdout, None)));
            }
        });
    }

    /// Reports the end of a process.
    pub(crate) fn supervise(self: &Rc<Self>, id: InstanceId, process: Rc<Process>) {
        self.with_live(id, |live| live.process = Some(Rc::clone(&process)));
        let launcher = Rc::clone(self);
        spawn_local(async move {
            let exit = match process.wait().await {
                Ok(ExitStatus::Exited(0)) => launcher.good_end(id, &process),
                Ok(ExitStatus::Exited(code)) => Exit::Code(code),
                Ok(ExitStatus::Signaled(signal)) => Exit::Signal(signal),
                Ok(ExitStatus::Unknown) => Exit::Unknown,
                Err(error) => {
                    tracing::error!(%id, %error, "failed to wait for a process");
                    Exit::Unknown
                }
            };
            launcher.apply(id, Event::Exited(exit));
        });
    }
}

impl Launcher {
    /// A program that ends well soon after its start and leaves descendants
    /// has gone to the background. Later, they are on their way out with it.
    fn good_end(&self, id: InstanceId, process: &Process) -> Exit {
        let since = self.with_live(id, |live| live.since);
        if since.is_none_or(|since| since.elapsed() > FIRST_MOMENTS) {
            return Exit::Code(0);
        }
        let left = process.job().and_then(|job| job.processes().ok());
        match left.map_or(0, |left| left.len()) {
            0 => Exit::Code(0),
            count => Exit::WentAway(count),
        }
    }
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal {
        reason: error.to_string(),
    }
}
