//! What operations of the launcher's thread belong to.

use std::{
    cell::RefCell,
    io,
    rc::{Rc, Weak},
    sync::Arc,
    time::Instant,
};

use super::Alarm;

/// Something whose operations set the alarm of the thread that it was made on.
pub(in crate::windows) trait Source {
    /// Goes on with what is over. Says whether it has begun an operation: that clears the event,
    /// so all must be looked at again before the thread waits.
    fn turn(&self) -> bool;

    /// When it must have its turn at the latest.
    fn deadline(&self) -> Option<Instant>;
}

/// Those of this thread.
struct Sources {
    alarm: Arc<Alarm>,
    all: Vec<Weak<dyn Source>>,
}

thread_local! {
    static SOURCES: RefCell<Option<Sources>> = const { RefCell::new(None) };
}

/// Gives the alarm of this thread to what is made with it, which has its turns from now on, for
/// as long as it is there.
///
/// # Errors
/// This thread runs no event loop.
pub(in crate::windows) fn join<T: Source + 'static>(
    make: impl FnOnce(Arc<Alarm>) -> Rc<T>,
) -> io::Result<Rc<T>> {
    SOURCES.with_borrow_mut(|sources| {
        let none = || io::Error::other("this thread runs no event loop");
        let sources = sources.as_mut().ok_or_else(none)?;
        let source = make(Arc::clone(&sources.alarm));
        sources.all.retain(|source| source.strong_count() > 0);
        let source_there: Weak<T> = Rc::downgrade(&source);
        sources.all.push(source_there);
        Ok(source)
    })
}

/// That this thread runs an event loop, until it is dropped.
pub(super) struct Registration(());

impl Registration {
    /// # Panics
    /// If it runs one already: a loop within a loop would leave the outer one without turns.
    pub(super) fn new(alarm: &Arc<Alarm>) -> Self {
        SOURCES.with_borrow_mut(|sources| {
            assert!(sources.is_none(), "this thread runs an event loop already");
            *sources = Some(Sources {
                alarm: Arc::clone(alarm),
                all: Vec::new(),
            });
        });
        Self(())
    }

    /// Whether one of the sources has begun an operation.
    pub(super) fn turn(&self) -> bool {
        let turns = self.all().map(|source| source.turn());
        turns.fold(false, |any, begun| any | begun)
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.all().filter_map(|source| source.deadline()).min()
    }

    /// A source may join, or go, while another has its turn.
    fn all(&self) -> impl Iterator<Item = Rc<dyn Source>> {
        let all = SOURCES.with_borrow(|sources| {
            let sources = sources.as_ref().map(|sources| sources.all.as_slice());
            let there = sources.unwrap_or_default().iter();
            there.filter_map(Weak::upgrade).collect::<Vec<_>>()
        });
        all.into_iter()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        SOURCES.set(None);
    }
}
