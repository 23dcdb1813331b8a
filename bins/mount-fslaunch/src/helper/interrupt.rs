//! Ctrl-C, and the other signals that ask to end: what was begun is undone,
//! and mount(8) ends with the exit code that it has for that.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{io, process, thread};

use fslaunch_credentials::{Ask, AskError, People};
use fslaunch_os::credential::Question;
use fslaunch_os::{signals, terminal};
use zeroize::Zeroizing;

use super::arguments::Program;
use super::exit::{Failure, INTERRUPTED};

/// Whether somebody wants this to end, and what to do about it. A request ends
/// the process as it is while nothing would be left behind; else what is waited
/// for is cut short, and what was begun undone.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    happened: bool,
    /// Ends what is being waited for.
    cut_short: Option<Box<dyn FnOnce() + Send>>,
    /// How much is to be undone before the process may end.
    owed: usize,
}

/// Something that is to be undone before the process may end, until this is dropped.
pub(crate) struct Owed(Interrupt);

impl Owed {
    /// What was begun stays. No request ends the process before it has said so.
    pub(crate) fn never_mind(self) {
        std::mem::forget(self);
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        self.0.state().owed -= 1;
    }
}

impl Interrupt {
    /// Takes the signals from now on.
    pub(crate) fn watch() -> Result<Self, Failure> {
        let interrupt = Self::default();
        let noted = interrupt.clone();
        let watched = signals::on_each(move || {
            if noted.note() {
                eprint!("{}", Failure::Interrupted.shown(Program::Mount.name()));
                process::exit(i32::from(INTERRUPTED));
            }
        });
        watched.map_err(|source| Failure::system("wait for signals", source))?;
        Ok(interrupt)
    }

    /// Returns whether the process may end as it is.
    fn note(&self) -> bool {
        let mut state = self.state();
        state.happened = true;
        match state.cut_short.take() {
            Some(cut_short) => {
                cut_short();
                false
            }
            None => state.owed == 0,
        }
    }

    /// From now on there is something to be undone.
    pub(crate) fn owe(&self) -> Owed {
        self.state().owed += 1;
        Owed(self.clone())
    }

    /// Fails once somebody wants this to end.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.state().happened {
            true => Err(Failure::Interrupted),
            false => Ok(()),
        }
    }

    /// Waits for something that `cut_short` ends before its time.
    pub(crate) fn while_waiting<T>(
        &self,
        cut_short: impl FnOnce() + Send + 'static,
        wait: impl FnOnce() -> T,
    ) -> Result<T, Failure> {
        {
            let mut state = self.state();
            if state.happened {
                return Err(Failure::Interrupted);
            }
            state.cut_short = Some(Box::new(cut_short));
        }
        let waited = wait();
        self.state().cut_short = None;
        Ok(waited)
    }

    /// Waits for what nothing can end before its time: it is left behind, and
    /// ends with the process.
    pub(crate) fn or_leave<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        self.check()?;
        let (send, receive) = channel();
        let interrupted: Sender<Option<thread::Result<T>>> = send.clone();
        // Nothing of it is looked at after a panic, which goes on here.
        let work = AssertUnwindSafe(work);
        thread::spawn(move || send.send(Some(catch_unwind(work))));
        let cut_short = move || drop(interrupted.send(None));
        let done = self.while_waiting(cut_short, || receive.recv())?;
        match done.ok().flatten() {
            Some(Ok(done)) => Ok(done),
            Some(Err(panic)) => resume_unwind(panic),
            None => Err(Failure::Interrupted),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks people until there is an interrupt.
pub(crate) struct Asking<'a>(pub(crate) &'a Interrupt);

impl Ask for Asking<'_> {
    fn ask(&mut self, question: &Question) -> Result<Zeroizing<String>, AskError> {
        let question = question.clone();
        // Whoever is left asking has hidden what is typed.
        let _owed = self.0.owe();
        let before = terminal::settings();
        let answer = self.0.or_leave(move || People.ask(&question));
        let Ok(answer) = answer else {
            before.iter().for_each(terminal::Settings::restore);
            return Err(AskError::Failed(io::ErrorKind::Interrupted.into()));
        };
        if let Err(AskError::Failed(error)) = &answer
            && error.kind() == io::ErrorKind::Interrupted
        {
            // Who asks reads Ctrl-C, and sends the signal itself, which comes later than this.
            self.0.state().happened = true;
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_interrupted<T>(result: Result<T, Failure>) -> bool {
        matches!(result, Err(Failure::Interrupted))
    }

    #[test]
    fn what_is_waited_for_is_cut_short_once_and_nothing_is_waited_for_afterwards() {
        let interrupt = Interrupt::default();
        let (send, receive) = channel();
        interrupt.check().unwrap();
        let waited = interrupt.while_waiting(
            move || send.send(()).unwrap(),
            || {
                assert!(!interrupt.note());
                receive.recv()
            },
        );
        assert_eq!(waited.unwrap(), Ok(()));
        assert!(is_interrupted(interrupt.check()));
        let again = interrupt.while_waiting(|| {}, || unreachable!("it is not begun"));
        assert!(is_interrupted::<()>(again));
    }

    #[test]
    fn what_nothing_can_end_is_left_behind() {
        let interrupt = Interrupt::default();
        assert_eq!(interrupt.or_leave(|| 7).unwrap(), 7);
        let noted = interrupt.clone();
        let left = interrupt.or_leave(move || {
            noted.note();
            thread::park();
        });
        assert!(is_interrupted(left));
    }

    #[test]
    fn a_request_ends_the_process_only_while_nothing_is_to_be_undone() {
        let interrupt = Interrupt::default();
        let (folder, start) = (interrupt.owe(), interrupt.owe());
        assert!(!interrupt.note() && !interrupt.note());
        drop(start);
        assert!(!interrupt.note());
        drop(folder);
        assert!(interrupt.note());
        assert!(Interrupt::default().note());
    }

    #[test]
    fn what_panics_meanwhile_is_not_waited_for() {
        let interrupt = Interrupt::default();
        let waited = catch_unwind(AssertUnwindSafe(|| {
            interrupt.or_leave(|| std::panic::panic_any("it is expected"))
        }));
        let panic = waited.map(is_interrupted::<()>).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&"it is expected"));
    }
}
