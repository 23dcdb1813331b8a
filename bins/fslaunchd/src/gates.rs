//! How much of one user's work is done at one time on blocking threads: a
//! slow disk or directory service must not take the threads of all others.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What one user may have done at one time.
const AT_ONCE: usize = 4;
/// From so many users on, those with nothing to do are forgotten.
const MANY: usize = 256;

/// A gate for each user.
#[derive(Debug, Default)]
pub(crate) struct Gates(RefCell<HashMap<u32, Arc<Semaphore>>>);

/// Leave to do one thing, until it is dropped.
pub(crate) type Pass = Option<OwnedSemaphorePermit>;

impl Gates {
    /// Waits for the user's turn.
    pub(crate) async fn pass(&self, uid: u32) -> Pass {
        let gate = self.of(uid);
        gate.acquire_owned().await.ok()
    }

    fn of(&self, uid: u32) -> Arc<Semaphore> {
        let mut gates = self.0.borrow_mut();
        if gates.len() >= MANY {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1);
        }
        let gate = gates
            .entry(uid)
            .or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE)));
        Arc::clone(gate)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    #[test]
    fn a_user_waits_for_its_own_work_and_not_for_that_of_others() {
        let gates = Gates::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut passes = vec![];
        for _ in 0..AT_ONCE {
            match pin!(gates.pass(1000)).as_mut().poll(&mut context) {
                Poll::Ready(pass) => passes.push(pass),
                Poll::Pending => panic!("there is room"),
            }
        }
        let mut next = pin!(gates.pass(1000));
        assert!(next.as_mut().poll(&mut context).is_pending());
        assert!(
            pin!(gates.pass(1001))
                .as_mut()
                .poll(&mut context)
                .is_ready()
        );
        passes.pop();
        assert!(next.as_mut().poll(&mut context).is_ready());
    }
}
