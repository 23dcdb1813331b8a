//! The thread that everything of the launcher happens on.
//!
//! It waits for one event: each operation that it has begun on the pipe of existing clients sets
//! it, and so does whoever wakes a task from another thread. So a request is answered where it
//! is read, and by few calls of the system. The runtime's own waiting (timers, other pipes) is
//! done by a thread of its own, which wakes this one when there is something to be done.

mod alarm;
mod sources;

use std::{
    io,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    thread,
};

use tokio::{runtime::Runtime, sync::oneshot, task::LocalSet};

use super::priority;
pub(super) use alarm::Alarm;
use sources::Registration;
pub(super) use sources::{Source, join};

/// Far more than the runtime's thread needs: its tasks wait for clients of the other pipe.
const STACK_BYTES: usize = 256 << 10;

/// Runs a future on this thread, and what that spawns locally, within a runtime whose other
/// threads are for what blocks.
///
/// What still blocks when the future is over is not waited for: a slow disk or directory service
/// may hang.
///
/// # Errors
/// The runtime or its thread can't be made.
///
/// # Platform behaviour
/// On Windows this is where alone a [`MessageEndpoint`](crate::messages::MessageEndpoint) can be
/// made and used.
pub fn run<F: Future>(future: F) -> io::Result<F::Output> {
    let alarm = Arc::new(Alarm::new()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(priority::as_started)
        .build()?;
    let handle = runtime.handle().clone();
    // When this is dropped, in whatever way, the runtime ends.
    let (ending, ended) = oneshot::channel();
    let driver = thread::Builder::new()
        .name("runtime".to_owned())
        .stack_size(STACK_BYTES)
        .spawn(move || drive(runtime, ended))?;
    // Its tasks are dropped outside the runtime: what they leave behind begins nothing new there.
    let tasks = LocalSet::new();
    let output = {
        let _entered = handle.enter();
        turn(&alarm, &tasks, future)
    };
    drop(tasks);
    drop(ending);
    // It does not panic; if it did, there is nothing left to be done.
    let _ = driver.join();
    Ok(output)
}

/// Waits for the runtime, until the other end of the channel is gone.
fn drive(runtime: Runtime, ended: oneshot::Receiver<()>) {
    priority::prefer_this_thread();
    let _ = runtime.block_on(ended);
    runtime.shutdown_background();
}

/// Lets the tasks and the operations of this thread go on, in turns, and waits when neither can.
fn turn<F: Future>(alarm: &Arc<Alarm>, tasks: &LocalSet, future: F) -> F::Output {
    let registration = Registration::new(alarm);
    let waker = Waker::from(Arc::clone(alarm));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(tasks.run_until(future));
    alarm.ring();
    loop {
        if alarm.was_rung()
            && let Poll::Ready(output) = future.as_mut().poll(&mut context)
        {
            return output;
        }
        if !registration.turn() {
            alarm.wait(registration.deadline());
        }
    }
}

#[cfg(test)]
mod tests;
