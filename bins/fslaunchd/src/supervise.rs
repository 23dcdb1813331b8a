//! Carries out what the state machine decides.

use std::{rc::Rc, sync::Arc, time::Duration};

use fslaunch_core::{
    instance::{Effect, Event, Failure, Phase, Timer, Why},
    record::Ready,
    table::{Entry, InstanceId},
};
use fslaunch_os::job::Job;
use fslaunch_protocol::{Error, Instance};
use tokio::{
    sync::oneshot,
    task::spawn_local,
    time::{sleep, timeout},
};

use crate::{
    describe,
    launcher::Launcher,
    live::{Live, Task},
    outputs::{Question, drain},
};

/// How long the last output of a process that is gone is waited for: a
/// descendant may hold the pipe open.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// How long an empty job may take to go.
const REMOVAL: Duration = Duration::from_secs(1);

impl Launcher {
    /// Lets something happen to an instance, and does what follows.
    pub(crate) fn apply(self: &Rc<Self>, id: InstanceId, event: Event) {
        tracing::debug!(%id, %event);
        let effects = self.table.borrow_mut().apply(id, event);
        for effect in effects {
            self.carry_out(id, effect);
        }
        let running = |entry: &Entry| entry.life.phase == Phase::Running;
        if self.table.borrow().get(id).is_some_and(running) {
            self.decide(id);
        }
    }

    /// An instance is ready. If it may outlive the daemon, that is remembered
    /// before anybody is told.
    fn decide(self: &Rc<Self>, id: InstanceId) {
        let Some(undecided) = self.with_live(id, |live| live.undecided.take()) else {
            if !self.with_live(id, |live| live.deciding.is_some()) {
                self.answer_started(id);
            }
            return;
        };
        let launcher = Rc::clone(self);
        let task = spawn_local(async move {
            launcher.remember_decided(id, undecided).await;
            launcher.answer_started(id);
        });
        self.with_live(id, |live| live.deciding = Some(task));
    }

    /// Tells the starter what there is.
    fn answer_started(&self, id: InstanceId) {
        self.answer(id, |launcher| {
            let table = launcher.table.borrow();
            table.get(id).map(describe::instance).ok_or_else(gone)
        });
    }

    fn carry_out(self: &Rc<Self>, id: InstanceId, effect: Effect) {
        match effect {
            Effect::AwaitAnswer => self.ask(id, Question::Secret),
            Effect::AwaitReady => self.await_ready(id),
            Effect::SetTimer(timer, duration) => self.set_timer(id, timer, duration),
            Effect::ClearTimer => self.with_live(id, |live| live.timer = None),
            Effect::AnswerReady => self.decide(id),
            Effect::AnswerBegun => self.answer_started(id),
            Effect::AnswerStillStarting => self.answer(id, |launcher| {
                let table = launcher.table.borrow();
                let entry = table.get(id).ok_or_else(gone)?;
                Err(Error::StillStarting {
                    class: entry.class.as_str().into(),
                    instance: entry.instance.as_str().into(),
                    seconds: describe::seconds(entry.settings.start_timeout),
                })
            }),
            Effect::AnswerFailed(why) => self.answer(id, |launcher| {
                let table = launcher.table.borrow();
                Err(table
                    .get(id)
                    .map_or_else(gone, |entry| describe::failure(entry, why)))
            }),
            Effect::Terminate => self.terminate(id),
            Effect::Kill => {
                self.signal(id, "kill", |process| process.kill());
            }
            Effect::AnswerStuck => self.answer_stuck(id),
            Effect::Clear => drop(spawn_local(Rc::clone(self).clear(id))),
            Effect::EndRun(why) => self.end_run(id, &why),
            Effect::Spawn => self.spawn_again(id),
            Effect::KeepFailure(failure) => self.keep_failure(id, failure),
            Effect::Release => self.release(id),
        }
    }

    pub(crate) fn with_live<T>(&self, id: InstanceId, act: impl FnOnce(&mut Live) -> T) -> T
    where
        T: Default,
    {
        self.live
            .borrow_mut()
            .get_mut(&id)
            .map(act)
            .unwrap_or_default()
    }

    /// Reads standard output for the answer to a question.
    fn ask(self: &Rc<Self>, id: InstanceId, question: Question) {
        self.with_live(id, |live| {
            if let Some(stdout) = live.stdout.take() {
                let reader = drain(Rc::clone(self), id, stdout, Some(question));
                live.readers.push(spawn_local(reader));
            }
        });
    }

    fn await_ready(self: &Rc<Self>, id: InstanceId) {
        let ready = self
            .table
            .borrow()
            .get(id)
            .map(|entry| entry.settings.ready);
        match ready {
            Some(Ready::Ok) => self.ask(id, Question::Readiness),
            Some(Ready::Mount) => self.mounting.watch(id),
            Some(Ready::Notify) => self.await_notice(id),
            Some(Ready::Process) | None => {}
        }
    }

    fn await_notice(self: &Rc<Self>, id: InstanceId) {
        self.with_live(id, |live| {
            let Some(socket) = live.notice.take() else {
                return;
            };
            let launcher = Rc::clone(self);
            let task = spawn_local(async move {
                match socket.ready().await {
                    Ok(()) => launcher.apply(id, Event::Ready),
                    Err(error) => tracing::warn!(%id, %error, "failed to wait for READY=1"),
                }
            });
            live.tasks.push(Task::of(&task));
        });
    }

    fn set_timer(self: &Rc<Self>, id: InstanceId, timer: Timer, duration: Duration) {
        let launcher = Rc::clone(self);
        let task = spawn_local(async move {
            sleep(duration).await;
            if timer == Timer::Again {
                launcher.await_turn(id).await;
            }
            launcher.apply(id, Event::TimeOver(timer));
        });
        self.with_live(id, |live| live.timer = Some(Task::of(&task)));
    }

    pub(crate) fn answer(
        &self,
        id: InstanceId,
        outcome: impl FnOnce(&Launcher) -> Result<Instance, Error>,
    ) {
        let Some(starter) = self.with_live(id, |live| live.starter.take()) else {
            return;
        };
        let outcome = outcome(self);
        self.log_start(id, &outcome);
        // A starter that has left does not want to know.
        let _ = starter.send(outcome);
    }

    /// Arguments and output stay out of the log: they may hold secrets.
    fn log_start(&self, id: InstanceId, outcome: &Result<Instance, Error>) {
        let table = self.table.borrow();
        let Some(entry) = table.get(id) else { return };
        if !self.lines.admit(&entry.starter) {
            return;
        }
        let (class, instance) = names(entry);
        let starter = &entry.starter.name;
        match outcome {
            Ok(_) => {
                tracing::info!(%id, class, instance, ?starter, pid = entry.pid, "started");
            }
            Err(error) => {
                tracing::warn!(%id, class, instance, ?starter, error = error.name(), "not started");
            }
        }
    }

    fn answer_stuck(&self, id: InstanceId) {
        let enders = self.with_live(id, |live| std::mem::take(&mut live.enders));
        let table = self.table.borrow();
        let Some(entry) = table.get(id) else { return };
        let error = Error::StopFailed {
            class: entry.class.as_str().into(),
            instance: entry.instance.as_str().into(),
            reason: "its process was killed and has not ended: the system holds it".into(),
        };
        tracing::error!(%id, pid = entry.pid, "a killed process has not ended");
        for ender in enders {
            let _ = ender.send(Err(error.clone()));
        }
    }

    async fn clear(self: Rc<Self>, id: InstanceId) {
        self.clear_away(id).await;
        self.apply(id, Event::Cleared);
    }

    /// Clears away what an ended process left behind. It is forgotten only
    /// when nothing is left: the next daemon tries again.
    pub(crate) async fn clear_away(&self, id: InstanceId) {
        let job = self.with_live(id, |live| live.job.take());
        if let Some(Err(error)) = job.as_ref().map(Job::kill) {
            tracing::warn!(%id, %error, "failed to end what a process left behind");
        }
        self.signal(id, "clear away after", |process| process.kill());
        let readers = self.with_live(id, |live| std::mem::take(&mut live.readers));
        for reader in readers {
            let late = Task::of(&reader);
            let _ = timeout(LAST_WORDS, reader).await;
            drop(late);
        }
        self.clear_mount(id).await;
        let process = self.with_live(id, |live| live.process.take());
        let ended = process.map(|process| (process.pid(), process.start_time()));
        if let Some(deciding) = self.with_live(id, |live| live.deciding.take()) {
            let _ = deciding.await;
        }
        let removed = match job {
            Some(job) => job.remove(REMOVAL).await,
            None => Ok(()),
        };
        match removed {
            Ok(()) => {
                let (state, drives) = (self.parts.state.clone(), Arc::clone(&self.drives));
                let forget = move || {
                    if let Some((pid, start_time)) = ended {
                        drives.clear_after(pid, start_time);
                    }
                    state.forget(id);
                };
                let _ = tokio::task::spawn_blocking(forget).await;
            }
            Err(error) => tracing::error!(%id, %error, "failed to remove the job of an instance"),
        }
    }

    fn keep_failure(&self, id: InstanceId, failure: Failure) {
        {
            let mut table = self.table.borrow_mut();
            if let Some(entry) = table.get(id)
                && self.lines.admit(&entry.starter)
            {
                let (class, instance) = names(entry);
                let exit = exit(&failure.why);
                tracing::error!(%id, class, instance, exit, times = failure.times, "failed");
            }
            table.keep_failure(id, failure);
        }
        self.end(id);
    }

    /// A process is gone, and another follows.
    fn end_run(&self, id: InstanceId, why: &Why) {
        self.with_live(id, Live::end_run);
        let mut table = self.table.borrow_mut();
        let Some(entry) = table.get_mut(id) else {
            return;
        };
        entry.pid = None;
        entry.mount_point = None;
        if self.lines.admit(&entry.starter) {
            let (class, instance) = names(entry);
            let (exit, times) = (exit(why), entry.life.row);
            tracing::warn!(%id, class, instance, exit, times, "ended, to be started again");
        }
    }

    fn release(&self, id: InstanceId) {
        if let Some(entry) = self.table.borrow_mut().release(id)
            && self.lines.admit(&entry.starter)
        {
            let (class, instance) = names(&entry);
            tracing::info!(%id, class, instance, "gone");
        }
        self.end(id);
    }

    fn end(&self, id: InstanceId) {
        if let Some(mut live) = self.live.borrow_mut().remove(&id) {
            for ender in live.enders.drain(..) {
                let _ = ender.send(Ok(()));
            }
        }
        self.gone.notify_waiters();
    }

    /// Will be told when the instance is gone.
    pub(crate) fn await_end(&self, id: InstanceId) -> oneshot::Receiver<Result<(), Error>> {
        let (sender, receiver) = oneshot::channel();
        if let Some(live) = self.live.borrow_mut().get_mut(&id) {
            live.enders.push(sender);
        }
        receiver
    }

    pub(crate) fn note_output(&self, id: InstanceId, output: &[u8]) {
        if let Some(entry) = self.table.borrow_mut().get_mut(id) {
            entry.output.push(output);
        }
    }
}

/// The names of an instance for the log: short, and without line breaks or
/// other control characters.
fn names(entry: &Entry) -> (String, String) {
    let name = |name: &str| {
        let start: String = name.chars().take(80).collect();
        start.escape_debug().to_string()
    };
    (name(entry.class.as_str()), name(entry.instance.as_str()))
}

/// How a process ended, for the log: without words that others have chosen.
fn exit(why: &Why) -> Option<String> {
    match why {
        Why::Exited(exit) => Some(exit.to_string()),
        Why::Asked
        | Why::LauncherStops
        | Why::SecretRefused(_)
        | Why::SecretTimedOut
        | Why::MountFailed(_)
        | Why::NotStarted(_) => None,
    }
}

fn gone() -> Error {
    Error::Internal {
        reason: "the instance is gone".into(),
    }
}
