use super::*;
use crate::instance::{AnswerAt, Life, SecretPolicy, step};

fn settings(secret: SecretPolicy, ready: Ready) -> Settings {
    Settings {
        secret,
        ready,
        answer: AnswerAt::Ready,
        secret_timeout: Duration::from_secs(15),
        start_timeout: Duration::from_secs(20),
        stop_grace: Duration::from_secs(5),
        recovery: Recovery::After(FIRST_DELAY),
    }
}

fn plain() -> Settings {
    settings(SecretPolicy::None, Ready::Process)
}

fn mounted() -> Settings {
    settings(SecretPolicy::None, Ready::Mount)
}

fn secret() -> Settings {
    settings(SecretPolicy::Answered, Ready::Process)
}

const CRASH: Exit = Exit::Code(3);

/// Feeds events from the first phase on; gives the last place and the effects
/// of the last event.
fn run(settings: &Settings, events: &[Event]) -> (Life, Vec<Effect>) {
    let first = Life::from(Phase::Spawning { stop: None });
    let mut last = (first, vec![]);
    for event in events {
        last = step(settings, last.0, event.clone());
    }
    last
}

/// So many ends, each after a run that was ready for a while.
fn ends(times: usize) -> Vec<Event> {
    let one = [Event::Spawned, Event::Exited(CRASH), Event::Cleared];
    let rounds = vec![one.to_vec(); times];
    rounds.join(&Event::TimeOver(Timer::Again))
}

/// What was the first to crash, then so many more times, and runs again.
fn runs_again(more: usize) -> Vec<Event> {
    let next = [Event::TimeOver(Timer::Again), Event::Spawned];
    [ends(1 + more), next.to_vec()].concat()
}

fn failure(life: &(Life, Vec<Effect>)) -> String {
    match &life.1[..] {
        [KeepFailure(failure)] => failure.to_string(),
        other => panic!("no failure: {other:?}"),
    }
}

#[test]
fn an_end_that_nobody_asked_for_is_followed_by_another_process_after_a_delay() {
    for exit in [CRASH, Exit::Signal(9), Exit::Code(0)] {
        let events = [Event::Spawned, Event::Exited(exit), Event::Cleared];
        let (life, effects) = run(&plain(), &events);
        let why = Why::Exited(exit);
        let delay = Duration::from_secs(1);
        let timer = SetTimer(Timer::Again, delay);
        assert_eq!(effects, [EndRun(why.clone()), timer]);
        assert_eq!(life.phase, Phase::Waiting(Pause { why, delay }));
        let (life, effects) = step(&plain(), life, Event::TimeOver(Timer::Again));
        assert_eq!(effects, [Spawn]);
        let (life, effects) = step(&plain(), life, Event::Spawned);
        // Its start was answered before; a long run wipes the row out.
        assert_eq!(effects, [SetTimer(Timer::Calm, CALM)]);
        assert_eq!((life.phase, life.row), (Phase::Running, 1));
    }
}

#[test]
fn without_recovery_an_end_is_a_failure_as_it_was() {
    let settings = Settings {
        recovery: Recovery::Never,
        ..plain()
    };
    let ended = run(&settings, &ends(1));
    assert_eq!(failure(&ended), "its process ended: exit code 3");
}

#[test]
fn the_delay_doubles_up_to_a_minute() {
    let seconds = |row| delay(FIRST_DELAY, row).as_secs();
    let delays: Vec<u64> = (0..8).map(seconds).collect();
    assert_eq!(delays, [1, 2, 4, 8, 16, 32, 60, 60]);
    assert_eq!(delay(FIRST_DELAY, u32::MAX), LONGEST_DELAY);
    assert_eq!(delay(Duration::MAX, 1), LONGEST_DELAY);
    for times in 1..=RESTARTS as usize {
        let (life, effects) = run(&plain(), &ends(times));
        let expected = delay(FIRST_DELAY, times as u32 - 1);
        assert_eq!(effects[1], SetTimer(Timer::Again, expected));
        assert_eq!(life.row, times as u32);
    }
}

#[test]
fn after_five_restarts_in_a_row_it_stays_failed_and_says_how_often_it_ended() {
    let ended = run(&plain(), &ends(1 + RESTARTS as usize));
    assert_eq!(ended.0.phase, Phase::Ended);
    assert_eq!(
        failure(&ended),
        "it ended 6 times in a row; the last time with exit code 3"
    );
}

#[test]
fn after_a_long_run_the_row_begins_anew() {
    let long = [
        runs_again(3),
        vec![
            Event::TimeOver(Timer::Calm),
            Event::Exited(CRASH),
            Event::Cleared,
        ],
    ];
    let (life, effects) = run(&plain(), &long.concat());
    assert_eq!(effects[1], SetTimer(Timer::Again, FIRST_DELAY));
    assert_eq!(life.row, 1);
}

#[test]
fn a_long_run_that_ends_right_then_counts_as_one() {
    let (life, _) = run(&plain(), &runs_again(2));
    let (life, _) = step(&plain(), life, Event::Exited(CRASH));
    // The timer was cleared too late.
    let (life, _) = step(&plain(), life, Event::TimeOver(Timer::Calm));
    assert_eq!(life.row, 3);
}

#[test]
fn a_start_that_never_got_ready_is_not_tried_again() {
    let early = [Event::Spawned, Event::Exited(CRASH), Event::Cleared];
    for answer in [AnswerAt::Ready, AnswerAt::Begun] {
        let settings = Settings {
            answer,
            ..mounted()
        };
        let (life, effects) = run(&settings, &early);
        assert_eq!(life.phase, Phase::Ended);
        assert_eq!(effects.last(), Some(&KeepFailure(CRASH.into())));
    }
    let (life, effects) = run(&secret(), &early);
    assert_eq!(life.phase, Phase::Ended);
    assert_eq!(effects.last(), Some(&Release));
    let (life, _) = run(&plain(), &[Event::SpawnFailed("no".into())]);
    assert_eq!(life.phase, Phase::Ended);
}

#[test]
fn a_restart_that_does_not_get_ready_is_one_more_end_in_the_row() {
    let ready = [Event::Spawned, Event::Ready];
    let end = [
        Event::Exited(CRASH),
        Event::Cleared,
        Event::TimeOver(Timer::Again),
    ];
    let again = [&ready[..], &end].concat();
    let never_ready = [Event::Spawned, Event::Exited(CRASH), Event::Cleared];
    let (life, effects) = run(&mounted(), &[&again[..], &never_ready].concat());
    let timer = SetTimer(Timer::Again, Duration::from_secs(2));
    assert_eq!((life.row, effects.last()), (2, Some(&timer)));
    let (life, effects) = run(&mounted(), &[&again[..], &[Event::Spawned]].concat());
    assert_eq!(life.phase, Phase::Readying { answered: true });
    assert_eq!(effects, [ClearTimer, AwaitReady]);
    let (_, effects) = step(&mounted(), life, Event::Ready);
    assert_eq!(effects, [SetTimer(Timer::Calm, CALM)]);
}

#[test]
fn a_restart_without_a_process_is_one_more_end_in_the_row_and_its_cause_is_kept() {
    let gone = Event::SpawnFailed("there is no such program".into());
    let mut ended = run(&plain(), &ends(1));
    for _ in 0..RESTARTS {
        let (life, _) = step(&plain(), ended.0, Event::TimeOver(Timer::Again));
        ended = step(&plain(), life, gone.clone());
    }
    assert_eq!(
        failure(&ended),
        "it ended 6 times in a row; the last time it could not be started: there is no such program"
    );
    let (life, _) = run(&plain(), &ends(1));
    let (life, _) = step(&plain(), life, Event::TimeOver(Timer::Again));
    let (life, _) = step(&plain(), life, Event::SpawnHung);
    assert!(matches!(life.phase, Phase::Killing(_)));
    let (life, _) = step(&plain(), life, Event::Exited(Exit::Signal(9)));
    let (life, _) = step(&plain(), life, Event::Cleared);
    assert!(matches!(life.phase, Phase::Waiting(_)));
}

#[test]
fn a_restart_that_is_refused_is_the_last_and_its_cause_is_kept() {
    let (life, _) = run(&plain(), &ends(1));
    let (life, _) = step(&plain(), life, Event::TimeOver(Timer::Again));
    let refused = Event::SpawnRefused("there is no such class".into());
    let ended = step(&plain(), life.clone(), refused.clone());
    assert_eq!(ended.0.phase, Phase::Ended);
    assert_eq!(
        failure(&ended),
        "it ended 2 times in a row; the last time it could not be started: there is no such class"
    );
    // A stop that came in between has its way.
    let (life, _) = step(&plain(), life, Event::StopRequested);
    let (life, effects) = step(&plain(), life, refused);
    assert_eq!((life.phase, effects), (Phase::Ended, vec![Release]));
}

fn secret_again() -> Vec<Event> {
    [
        Event::Spawned,
        Event::SecretAccepted,
        Event::Exited(CRASH),
        Event::Cleared,
        Event::TimeOver(Timer::Again),
        Event::Spawned,
    ]
    .to_vec()
}

#[test]
fn a_restart_that_refuses_its_secret_is_the_last_and_does_not_quote_it() {
    let (life, _) = run(&secret(), &secret_again());
    assert_eq!(life.phase, Phase::Answering);
    let refused = Event::SecretRefused("it answered 'geheim'".into());
    let (life, effects) = step(&secret(), life, refused);
    assert_eq!(effects[0], Terminate);
    let (life, _) = step(&secret(), life, Event::Exited(Exit::Code(0)));
    let ended = step(&secret(), life, Event::Cleared);
    assert_eq!(ended.0.phase, Phase::Ended);
    assert_eq!(
        failure(&ended),
        "it ended 2 times in a row; the last time its process refused the secret"
    );
}

#[test]
fn a_restart_that_says_nothing_to_its_secret_may_be_tried_again() {
    for silence in [
        Event::NoAnswer,
        Event::TimeOver(Timer::Secret),
        Event::Exited(CRASH),
    ] {
        let ways_out = [silence.clone(), Event::Exited(CRASH), Event::Cleared];
        let (life, _) = run(&secret(), &[&secret_again()[..], &ways_out].concat());
        assert!(matches!(life.phase, Phase::Waiting(_)), "{silence:?}");
        assert_eq!(life.row, 2);
    }
}

#[test]
fn what_goes_to_the_background_is_not_started_again() {
    let away = Event::Exited(Exit::WentAway(1));
    let (life, effects) = run(&plain(), &[Event::Spawned, away, Event::Cleared]);
    assert_eq!(life.phase, Phase::Ended);
    assert_eq!(effects, [KeepFailure(Exit::WentAway(1).into())]);
}

#[test]
fn who_unmounts_it_has_asked_it_to_end() {
    let unmounted = [
        Event::Spawned,
        Event::Ready,
        Event::Exited(Exit::Code(0)),
        Event::Cleared,
    ];
    let (life, effects) = run(&mounted(), &unmounted);
    assert_eq!((life.phase, effects), (Phase::Ended, vec![Release]));
}

#[test]
fn a_stop_ends_the_waiting_at_once_and_any_process_that_follows() {
    for event in [Event::StopRequested, Event::LauncherStops] {
        let (life, _) = run(&plain(), &ends(1));
        let ended = step(&plain(), life, event.clone());
        assert_eq!(ended.0.phase, Phase::Ended);
        assert_eq!(ended.1, [ClearTimer, Release]);
        // While the process that ended is cleared away.
        let (life, _) = run(&plain(), &[Event::Spawned, Event::Exited(CRASH)]);
        let (life, _) = step(&plain(), life, event.clone());
        let (life, effects) = step(&plain(), life, Event::Cleared);
        assert_eq!((life.phase, effects), (Phase::Ended, vec![Release]));
        // While the next one is made, and while it runs.
        let (made, _) = run(&plain(), &ends(1));
        let (made, _) = step(&plain(), made, Event::TimeOver(Timer::Again));
        let (made, _) = step(&plain(), made, event.clone());
        let (made, _) = step(&plain(), made, Event::Spawned);
        let (running, _) = run(&plain(), &runs_again(0));
        let (running, _) = step(&plain(), running, event.clone());
        for life in [made, running] {
            assert!(matches!(life.phase, Phase::Stopping(_)), "{life:?}");
            let (life, _) = step(&plain(), life, Event::Exited(CRASH));
            let (life, effects) = step(&plain(), life, Event::Cleared);
            assert_eq!((life.phase, effects), (Phase::Ended, vec![Release]));
        }
    }
}

#[test]
fn an_instance_of_an_earlier_launcher_is_not_started_again_and_says_why() {
    let settings = Settings {
        recovery: Recovery::Unknown,
        ..plain()
    };
    for exit in [Exit::Unknown, Exit::Code(0), CRASH] {
        let events = [Event::Spawned, Event::Exited(exit), Event::Cleared];
        let ended = run(&settings, &events);
        let failure = failure(&ended);
        assert!(failure.starts_with("its process ended: "), "{failure}");
        assert!(failure.contains("not started again, as"), "{failure}");
    }
}

#[test]
fn a_pause_tells_the_end_and_the_delay() {
    let pause = |delay| Pause {
        why: Why::Exited(CRASH),
        delay,
    };
    let words = "its process ended: exit code 3; it is started again after ";
    assert_eq!(pause(FIRST_DELAY).to_string(), format!("{words}1 s"));
    let short = pause(Duration::from_millis(50));
    assert_eq!(short.to_string(), format!("{words}50 ms"));
}
