//! Connections that nobody is accountable for yet, or any more: of clients that have said
//! nothing so far, and of those that have not read their last reply.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{sync::Semaphore, task::AbortHandle};

/// Threads that wait for clients to read: a few of those that the runtime has.
const FLUSHES: usize = 32;

/// As many tasks as it has room for. Past that the oldest is given up: a client that is about to
/// speak does so long before it is the oldest.
#[derive(Debug)]
pub(super) struct Crowd {
    tasks: Mutex<VecDeque<AbortHandle>>,
    most: usize,
    flushes: Arc<Semaphore>,
}

impl Crowd {
    pub(super) fn new(most: usize) -> Self {
        Self {
            tasks: Mutex::default(),
            most,
            flushes: Arc::new(Semaphore::new(FLUSHES)),
        }
    }

    /// Who may have a thread wait for its client.
    pub(super) fn flushes(&self) -> &Arc<Semaphore> {
        &self.flushes
    }

    /// Runs a task that ends by itself, or is aborted to make room.
    pub(super) fn admit(&self, task: impl Future<Output = ()> + Send + 'static) {
        // Where there is no runtime any more, the task is dropped, and all ends with it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let task = runtime.spawn(task).abort_handle();
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.len() >= self.most {
            tasks.retain(|task| !task.is_finished());
        }
        if tasks.len() >= self.most
            && let Some(oldest) = tasks.pop_front()
        {
            oldest.abort();
        }
        tasks.push_back(task);
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let tasks = self.tasks.get_mut().unwrap_or_else(PoisonError::into_inner);
        tasks.iter().for_each(AbortHandle::abort);
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Arc, time::Duration};

    use tokio::{sync::Notify, time::timeout};

    use super::*;

    /// Tells when it is dropped.
    struct Gone(Arc<Notify>);

    impl Drop for Gone {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }

    #[tokio::test]
    async fn the_oldest_makes_room_and_nobody_else() {
        let crowd = Crowd::new(2);
        let notes: Vec<Arc<Notify>> = (0..3).map(|_| Arc::default()).collect();
        for note in &notes {
            let gone = Gone(note.clone());
            crowd.admit(async move {
                let _gone = gone;
                pending().await
            });
        }
        timeout(Duration::from_secs(10), notes[0].notified())
            .await
            .unwrap();
        for note in &notes[1..] {
            let still = timeout(Duration::from_millis(50), note.notified()).await;
            assert!(still.is_err());
        }
        drop(crowd);
        for note in &notes[1..] {
            timeout(Duration::from_secs(10), note.notified())
                .await
                .unwrap();
        }
    }
}
