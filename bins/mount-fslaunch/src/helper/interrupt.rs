//! Ctrl-C, and the other signals that ask to end: what was begun is undone,
//! and mount(8) ends with the exit code that it has for that.

use std::process;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use fslaunch_credentials::{Ask, AskError, People};
use fslaunch_os::credential::Question;
use fslaunch_os::{signals, terminal};
use zeroize::Zeroizing;

use super::exit::{Failure, INTERRUPTED};

/// Whether somebody wants this to end, and what to do about it. A second
/// request ends the process as it is: the launcher then sees it leave.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    happened: bool,
    /// Ends what is being waited for.
    cut_short: Option<Box<dyn FnOnce() + Send>>,
}

impl Interrupt {
    /// Takes the signals from now on.
    pub(crate) fn watch() -> Result<Self, Failure> {
        let interrupt = Self::default();
        let noted = interrupt.clone();
        let watched = signals::on_each(move || noted.note());
        watched.map_err(|source| Failure::system("wait for signals", source))?;
        Ok(interrupt)
    }

    fn note(&self) {
        let mut state = self.state();
        if state.happened {
            process::exit(i32::from(INTERRUPTED));
        }
        state.happened = true;
        if let Some(cut_short) = state.cut_short.take() {
            cut_short();
        }
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
        let (send, receive) = channel();
        let interrupted: Sender<Option<T>> = send.clone();
        std::thread::spawn(move || send.send(Some(work())));
        let cut_short = move || drop(interrupted.send(None));
        let done = self.while_waiting(cut_short, || receive.recv())?;
        done.ok().flatten().ok_or(Failure::Interrupted)
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
        let before = terminal::settings();
        let answer = self.0.or_leave(move || People.ask(&question));
        answer.unwrap_or_else(|_| {
            before.iter().for_each(terminal::Settings::restore);
            Err(AskError::Failed(std::io::ErrorKind::Interrupted.into()))
        })
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
                interrupt.note();
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
            std::thread::park();
        });
        assert!(is_interrupted(left));
    }
}
