//! Ctrl-C, Ctrl-Break, the end of the window and that of the machine.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use windows_sys::Win32::System::Console::{
    CTRL_BREAK_EVENT, CTRL_C_EVENT, CTRL_LOGOFF_EVENT, SetConsoleCtrlHandler,
};

/// How long unmounting may take where Windows ends the process as soon as its handler returns: 5 seconds after it
/// was called it does so anyway.
const PATIENCE: Duration = Duration::from_secs(4);

static SIGNALS: Signals = Signals::new();

/// Takes the signals of the console from when it is made. When it is dropped, nothing is mounted any more.
pub(super) struct Stop(());

impl Stop {
    pub(super) fn on_signals() -> io::Result<Self> {
        // SAFETY: the handler is a function that lives for ever, and may be called from any thread.
        match unsafe { SetConsoleCtrlHandler(Some(asked), 1) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(Self(())),
        }
    }

    /// Waits for one of them.
    pub(super) fn wait(&self) {
        SIGNALS.wait();
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        SIGNALS.advance(Phase::Unmounted);
    }
}

unsafe extern "system" fn asked(signal: u32) -> i32 {
    SIGNALS.asked(signal, PATIENCE);
    // Handled: if the process is to end, it does so by itself, without a mount left behind.
    1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Asked,
    Unmounted,
}

struct Signals {
    phase: Mutex<Phase>,
    changed: Condvar,
}

impl Signals {
    const fn new() -> Self {
        Self {
            phase: Mutex::new(Phase::Serving),
            changed: Condvar::new(),
        }
    }

    fn asked(&self, signal: u32, patience: Duration) {
        // Somebody logs off: only services and what runs beside them are told, and not who it is.
        if signal == CTRL_LOGOFF_EVENT {
            return;
        }
        self.advance(Phase::Asked);
        // Only these two leave the end to the process. The others, that the window is closed or the machine shuts
        // down, end it once they are handled.
        if matches!(signal, CTRL_C_EVENT | CTRL_BREAK_EVENT) {
            return;
        }
        let mounted = |phase: &mut Phase| *phase != Phase::Unmounted;
        let waited = self
            .changed
            .wait_timeout_while(self.phase(), patience, mounted);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn wait(&self) {
        let serving = |phase: &mut Phase| *phase == Phase::Serving;
        let waited = self.changed.wait_while(self.phase(), serving);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn advance(&self, to: Phase) {
        let mut phase = self.phase();
        *phase = to.max(*phase);
        self.changed.notify_all();
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{RecvTimeoutError, channel};
    use windows_sys::Win32::System::Console::{CTRL_CLOSE_EVENT, CTRL_SHUTDOWN_EVENT};

    const LONG: Duration = Duration::from_secs(60);
    const MOMENT: Duration = Duration::from_millis(100);

    #[test]
    fn a_signal_that_ends_the_process_when_handled_is_held_until_nothing_is_mounted() {
        for signal in [CTRL_CLOSE_EVENT, CTRL_SHUTDOWN_EVENT] {
            let signals = Signals::new();
            let (handled, returned) = channel();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    signals.asked(signal, LONG);
                    handled.send(()).unwrap();
                });
                signals.wait();
                let early = returned.recv_timeout(MOMENT);
                assert_eq!(early, Err(RecvTimeoutError::Timeout), "signal {signal}");
                signals.advance(Phase::Unmounted);
                assert_eq!(returned.recv_timeout(LONG), Ok(()));
            });
        }
    }

    #[test]
    fn that_somebody_logs_off_ends_nothing() {
        let signals = Signals::new();
        signals.asked(CTRL_LOGOFF_EVENT, Duration::MAX);
        assert_eq!(*signals.phase(), Phase::Serving);
    }

    #[test]
    fn no_signal_is_held_for_ever_nor_without_need() {
        let signals = Signals::new();
        signals.asked(CTRL_CLOSE_EVENT, MOMENT);
        assert_eq!(*signals.phase(), Phase::Asked);
        for signal in [CTRL_C_EVENT, CTRL_BREAK_EVENT] {
            signals.asked(signal, Duration::MAX);
        }
        signals.advance(Phase::Unmounted);
        signals.asked(CTRL_SHUTDOWN_EVENT, Duration::MAX);
        assert_eq!(*signals.phase(), Phase::Unmounted, "once and for all");
    }
}
