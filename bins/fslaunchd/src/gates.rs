//! How much of one user's work is done at one time on blocking threads: a
//! slow disk or directory service must not take the threads of all others.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use fslaunch_access::Sid;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What one user may have done at one time.
const AT_ONCE: usize = 4;
/// From so many users on, those with nothing to do are forgotten.
const MANY: usize = 256;

/// A gate for each user.
#[derive(Debug, Default)]
pub(crate) struct Gates(RefCell<HashMap<Sid, Arc<Semaphore>>>);

/// Leave to do one thing, until it is dropped.
pub(crate) type Pass = Option<OwnedSemaphorePermit>;

impl Gates {
    /// Waits for the user's turn.
    pub(crate) async fn pass(&self, user: &Sid) -> Pass {
        let gate = self.of(user);
        gate.acquire_owned().await.ok()
    }

    fn of(&self, user: &Sid) -> Arc<Semaphore> {
        let mut gates = self.0.borrow_mut();
        if gates.len() >= MANY {
            gates.retain(|_, gate| Arc::strong_count(gate) > 1);
        }
        let gate = gates
            .entry(*user)
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

    use fslaunch_access::well_known;

    use super::*;

    #[test]
    fn a_user_waits_for_its_own_work_and_not_for_that_of_others() {
        let gates = Gates::default();
        let [anna, berta] = [1000, 1001].map(well_known::unix_user);
        let mut context = Context::from_waker(Waker::noop());
        let mut passes = vec![];
        for _ in 0..AT_ONCE {
            match pin!(gates.pass(&anna)).as_mut().poll(&mut context) {
                Poll::Ready(pass) => passes.push(pass),
                Poll::Pending => panic!("there is room"),
            }
        }
        let mut next = pin!(gates.pass(&anna));
        assert!(next.as_mut().poll(&mut context).is_pending());
        assert!(
            pin!(gates.pass(&berta))
                .as_mut()
                .poll(&mut context)
                .is_ready()
        );
        passes.pop();
        assert!(next.as_mut().poll(&mut context).is_ready());
    }
}
