use std::{cell::Cell, rc::Rc, time::Duration};

use tokio::{
    sync::oneshot,
    task::{spawn_blocking, spawn_local},
    time::{Instant, sleep, timeout},
};

use super::*;

const SOON: Duration = Duration::from_secs(10);

#[test]
fn tasks_timers_and_blocking_work_go_on_together() {
    let output = run(async {
        let (sender, receiver) = oneshot::channel();
        let task = spawn_local(async {
            sleep(Duration::from_millis(20)).await;
            let _ = sender.send(20);
        });
        let blocked = spawn_blocking(|| 3);
        let sum = receiver.await.unwrap() + blocked.await.unwrap();
        task.await.unwrap();
        sum
    });
    assert_eq!(output.unwrap(), 23);
}

#[test]
fn a_task_of_the_runtime_wakes_one_of_this_thread_again_and_again() {
    run(async {
        for number in 0..200 {
            let there = tokio::spawn(async move { number });
            let back = timeout(SOON, there).await;
            assert_eq!(back.unwrap().unwrap(), number);
        }
    })
    .unwrap();
}

#[test]
fn tasks_are_dropped_on_this_thread_and_blocking_work_is_not_waited_for() {
    struct Told(Rc<Cell<bool>>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    let dropped = Rc::new(Cell::new(false));
    let told = Told(Rc::clone(&dropped));
    let (release, released) = std::sync::mpsc::channel::<()>();
    let began = Instant::now();
    run(async move {
        spawn_local(async move {
            let _told = told;
            std::future::pending::<()>().await;
        });
        // It waits for what comes after the end of the loop only.
        drop(spawn_blocking(move || released.recv()));
        tokio::task::yield_now().await;
    })
    .unwrap();
    assert!(dropped.get());
    assert!(began.elapsed() < SOON);
    drop(release);
}

/// Counts its turns, and wants one at once until it had three.
struct Eager(Cell<u32>);

impl Source for Eager {
    fn turn(&self) -> bool {
        self.0.set(self.0.get() + 1);
        false
    }

    fn deadline(&self) -> Option<std::time::Instant> {
        (self.0.get() < 3).then(std::time::Instant::now)
    }
}

#[test]
fn a_source_has_its_turn_at_its_deadline_and_rests_without_one() {
    run(async {
        let source = join(|_| Rc::new(Eager(Cell::new(0)))).unwrap();
        sleep(Duration::from_millis(50)).await;
        let turns = source.0.get();
        assert!((3..20).contains(&turns), "{turns}");
    })
    .unwrap();
}

#[test]
fn a_thread_without_a_loop_takes_no_source() {
    assert!(join(|_| Rc::new(Eager(Cell::new(0)))).is_err());
}

#[test]
fn another_loop_can_follow() {
    for _ in 0..2 {
        run(async { sleep(Duration::from_millis(1)).await }).unwrap();
    }
}
