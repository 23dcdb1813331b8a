use std::time::Duration;

use super::{Effect::*, *};

fn settings(secret: SecretPolicy, ready: Ready) -> Settings {
    Settings {
        secret,
        ready,
        answer: AnswerAt::Ready,
        secret_timeout: Duration::from_secs(15),
        start_timeout: Duration::from_secs(20),
        stop_grace: Duration::from_secs(5),
        recovery: Recovery::Never,
    }
}

/// Of an instance's first process.
fn step(settings: &Settings, phase: Phase, event: Event) -> (Phase, Vec<Effect>) {
    let (life, effects) = super::step(settings, phase.into(), event);
    assert_eq!(life.row, 0);
    (life.phase, effects)
}

/// Feeds events from the first phase on; returns the last phase and all effects.
fn run(settings: &Settings, events: &[Event]) -> (Phase, Vec<Effect>) {
    let first = (Phase::Spawning { stop: None }, vec![]);
    events.iter().fold(first, |(phase, mut effects), event| {
        let (phase, more) = step(settings, phase, event.clone());
        effects.extend(more);
        (phase, effects)
    })
}

fn plain() -> Settings {
    settings(SecretPolicy::None, Ready::Process)
}

fn mounted() -> Settings {
    settings(SecretPolicy::None, Ready::Mount)
}

/// As a WinFsp client starts it.
fn mounted_for_winfsp() -> Settings {
    Settings {
        answer: AnswerAt::Begun,
        ..mounted()
    }
}

fn secret() -> Settings {
    settings(SecretPolicy::Answered, Ready::Process)
}

const GRACE: Effect = SetTimer(Timer::Grace, Duration::from_secs(5));

#[test]
fn a_plain_instance_is_ready_when_its_process_runs() {
    let (phase, effects) = run(&plain(), &[Event::Spawned]);
    assert_eq!(phase, Phase::Running);
    assert_eq!(effects, [ClearTimer, AnswerReady]);
}

#[test]
fn a_mounting_instance_is_ready_when_its_mount_appears() {
    let (phase, effects) = run(&mounted(), &[Event::Spawned]);
    assert_eq!(phase, Phase::Readying { answered: false });
    assert_eq!(
        effects,
        [AwaitReady, SetTimer(Timer::Start, Duration::from_secs(20))]
    );
    let (phase, effects) = step(&mounted(), phase, Event::Ready);
    assert_eq!(
        (phase, effects),
        (Phase::Running, vec![ClearTimer, AnswerReady])
    );
}

#[test]
fn a_start_that_succeeds_late_has_not_failed() {
    let late = [Event::Spawned, Event::TimeOver(Timer::Start)];
    let (phase, effects) = run(&mounted(), &late);
    assert_eq!(phase, Phase::Readying { answered: true });
    assert_eq!(effects.last(), Some(&AnswerStillStarting));
    assert_eq!(
        step(&mounted(), phase, Event::Ready),
        (Phase::Running, vec![ClearTimer])
    );
}

#[test]
fn a_process_that_ends_before_it_is_ready_fails_the_start_and_stays_visible() {
    for exit in [Exit::Code(3), Exit::Code(0), Exit::Signal(9)] {
        let (phase, effects) = run(
            &mounted(),
            &[Event::Spawned, Event::Exited(exit), Event::Cleared],
        );
        assert_eq!(phase, Phase::Ended);
        let end = [
            ClearTimer,
            Clear,
            AnswerFailed(Why::Exited(exit)),
            KeepFailure(exit.into()),
        ];
        assert_eq!(effects[2..], end);
    }
}

#[test]
fn a_spawn_that_fails_frees_the_name() {
    assert_eq!(
        run(&plain(), &[Event::SpawnFailed("why".into())]),
        (Phase::Ended, vec![Release])
    );
}

#[test]
fn a_spawn_that_hangs_keeps_its_name_until_its_process_is_gone() {
    let (phase, effects) = run(&mounted(), &[Event::SpawnHung]);
    assert_eq!(effects, [SetTimer(Timer::Kill, KILL_WAIT)]);
    let (phase, _) = step(&mounted(), phase, Event::Exited(Exit::Signal(9)));
    assert_eq!(
        step(&mounted(), phase, Event::Cleared),
        (Phase::Ended, vec![Release])
    );
}

#[test]
fn an_accepted_secret_lets_the_start_go_on() {
    let (phase, effects) = run(&secret(), &[Event::Spawned]);
    assert_eq!(phase, Phase::Answering);
    assert_eq!(
        effects,
        [
            AwaitAnswer,
            SetTimer(Timer::Secret, Duration::from_secs(15))
        ]
    );
    let (phase, effects) = step(&secret(), phase, Event::SecretAccepted);
    assert_eq!(
        (phase, effects),
        (Phase::Running, vec![ClearTimer, AnswerReady])
    );

    let both = settings(SecretPolicy::Answered, Ready::Mount);
    let (phase, _) = run(&both, &[Event::Spawned, Event::SecretAccepted]);
    assert_eq!(phase, Phase::Readying { answered: false });
}

#[test]
fn one_ok_serves_for_the_secret_and_for_readiness() {
    let ok = settings(SecretPolicy::Answered, Ready::Ok);
    let (phase, effects) = run(&ok, &[Event::Spawned, Event::SecretAccepted]);
    assert_eq!(phase, Phase::Running);
    assert_eq!(effects.last(), Some(&AnswerReady));
}

#[test]
fn a_refused_or_unanswered_secret_ends_the_instance_before_the_start_is_answered() {
    let refused = Event::SecretRefused("it answered NO".into());
    let ends = [
        (refused, Why::SecretRefused("it answered NO".into())),
        (Event::TimeOver(Timer::Secret), Why::SecretTimedOut),
    ];
    for (event, why) in ends {
        let (phase, effects) = run(&secret(), &[Event::Spawned, event]);
        assert_eq!(
            phase,
            Phase::Stopping(End {
                why: why.clone(),
                answered: false,
                again: false,
            })
        );
        assert_eq!(effects[2..], [Terminate, GRACE]);
        let (phase, _) = step(&secret(), phase, Event::Exited(Exit::Code(0)));
        let (phase, effects) = step(&secret(), phase, Event::Cleared);
        assert_eq!(
            (phase, effects),
            (Phase::Ended, vec![AnswerFailed(why), Release])
        );
    }
}

#[test]
fn a_mount_that_cannot_be_put_in_its_place_ends_the_instance() {
    let why = Why::MountFailed("refused".into());
    let (phase, effects) = run(
        &mounted(),
        &[Event::Spawned, Event::MountFailed("refused".into())],
    );
    assert_eq!(
        phase,
        Phase::Stopping(End {
            why: why.clone(),
            answered: false,
            again: false,
        })
    );
    assert_eq!(effects[2..], [Terminate, GRACE]);
    let (phase, _) = step(&mounted(), phase, Event::Exited(Exit::Code(0)));
    let (_, effects) = step(&mounted(), phase, Event::Cleared);
    assert_eq!(effects, [AnswerFailed(why), Release]);
}

#[test]
fn a_process_that_dies_instead_of_answering_has_refused() {
    let events = [Event::Spawned, Event::Exited(Exit::Code(1)), Event::Cleared];
    let (_, effects) = run(&secret(), &events);
    assert!(
        matches!(&effects[4], AnswerFailed(Why::SecretRefused(why)) if why.contains("exit code 1"))
    );
    assert_eq!(effects[5], Release);
}

#[test]
fn a_stop_ends_a_running_instance_and_frees_its_name_when_all_is_cleared() {
    let events = [
        Event::Spawned,
        Event::StopRequested,
        Event::Exited(Exit::Signal(15)),
        Event::Cleared,
    ];
    let (phase, effects) = run(&plain(), &events);
    assert_eq!(phase, Phase::Ended);
    assert_eq!(effects[2..], [Terminate, GRACE, ClearTimer, Clear, Release]);
}

#[test]
fn a_process_that_outlives_its_grace_is_killed() {
    let events = [
        Event::Spawned,
        Event::StopRequested,
        Event::TimeOver(Timer::Grace),
    ];
    let (phase, effects) = run(&plain(), &events);
    assert_eq!(
        phase,
        Phase::Killing(End {
            why: Why::Asked,
            answered: true,
            again: false,
        })
    );
    assert_eq!(effects[4..], [Kill, SetTimer(Timer::Kill, KILL_WAIT)]);
}

#[test]
fn a_process_that_cannot_be_killed_is_reported_and_still_waited_for() {
    let stuck = Phase::Killing(End {
        why: Why::SecretTimedOut,
        answered: false,
        again: false,
    });
    let (phase, effects) = step(&secret(), stuck, Event::TimeOver(Timer::Kill));
    assert_eq!(
        phase,
        Phase::Killing(End {
            why: Why::SecretTimedOut,
            answered: true,
            again: false,
        })
    );
    assert_eq!(effects, [AnswerStuck, AnswerFailed(Why::SecretTimedOut)]);
    let (phase, effects) = step(&secret(), phase, Event::Exited(Exit::Signal(9)));
    assert_eq!(effects, [ClearTimer, Clear]);
    assert_eq!(
        step(&secret(), phase, Event::Cleared),
        (Phase::Ended, vec![Release])
    );
}

#[test]
fn a_stop_of_a_process_that_cannot_be_killed_tries_again() {
    let stuck = Phase::Killing(End {
        why: Why::Asked,
        answered: true,
        again: false,
    });
    let (phase, effects) = step(&plain(), stuck.clone(), Event::StopRequested);
    assert_eq!(effects, [Kill, SetTimer(Timer::Kill, KILL_WAIT)]);
    assert_eq!(phase, stuck);
    let (_, effects) = step(&plain(), phase, Event::TimeOver(Timer::Kill));
    assert_eq!(effects, [AnswerStuck]);
}

#[test]
fn a_stop_while_the_process_is_being_made_ends_it_as_soon_as_it_is_there() {
    for (event, why) in [
        (Event::StopRequested, Why::Asked),
        (Event::LauncherStops, Why::LauncherStops),
    ] {
        let (phase, effects) = run(&mounted(), &[event, Event::Spawned]);
        assert_eq!(
            phase,
            Phase::Stopping(End {
                why,
                answered: false,
                again: false,
            })
        );
        assert_eq!(effects, [Terminate, GRACE]);
    }
}

#[test]
fn a_stop_before_ready_cancels_the_start() {
    let events = [
        Event::Spawned,
        Event::StopRequested,
        Event::Exited(Exit::Code(0)),
        Event::Cleared,
    ];
    let (_, effects) = run(&mounted(), &events);
    assert_eq!(
        effects[effects.len() - 2..],
        [AnswerFailed(Why::Asked), Release]
    );
}

#[test]
fn an_unexpected_end_stays_visible_and_a_clean_one_does_not() {
    for exit in [
        Exit::Code(1),
        Exit::Signal(11),
        Exit::WentAway(1),
        Exit::Unknown,
    ] {
        let (_, effects) = run(
            &plain(),
            &[Event::Spawned, Event::Exited(exit), Event::Cleared],
        );
        assert_eq!(effects.last(), Some(&KeepFailure(exit.into())));
    }
    let clean = [Event::Spawned, Event::Exited(Exit::Code(0)), Event::Cleared];
    assert_eq!(run(&plain(), &clean).1.last(), Some(&Release));
}

#[test]
fn the_launcher_stopping_ends_an_instance_in_any_phase() {
    let to_phase: [&[Event]; 3] = [&[], &[Event::Spawned], &[Event::Spawned, Event::Ready]];
    for settings in [plain(), mounted(), mounted_for_winfsp(), secret()] {
        for events in to_phase {
            let (phase, _) = run(&settings, events);
            let (phase, _) = step(&settings, phase, Event::LauncherStops);
            let (phase, _) = step(&settings, phase, Event::Spawned);
            assert!(
                matches!(&phase, Phase::Stopping(end) if end.why == Why::LauncherStops),
                "{phase:?}"
            );
        }
    }
}

#[test]
fn a_winfsp_client_is_answered_when_the_process_runs_and_not_again_when_it_is_ready() {
    let settings = mounted_for_winfsp();
    let (phase, effects) = run(&settings, &[Event::Spawned]);
    assert_eq!(phase, Phase::Readying { answered: true });
    assert_eq!(effects, [ClearTimer, AwaitReady, AnswerBegun]);
    assert_eq!(
        phase.clone(),
        step(&settings, phase.clone(), Event::TimeOver(Timer::Start)).0
    );
    let ready = step(&settings, phase, Event::Ready);
    assert_eq!(ready, (Phase::Running, vec![ClearTimer]));
}

#[test]
fn a_winfsp_client_is_answered_once_the_secret_is() {
    let settings = Settings {
        secret: SecretPolicy::Answered,
        ..mounted_for_winfsp()
    };
    let (phase, effects) = run(&settings, &[Event::Spawned]);
    assert_eq!(phase, Phase::Answering);
    assert!(!effects.contains(&AnswerBegun));
    let (phase, effects) = step(&settings, phase, Event::SecretAccepted);
    assert_eq!(phase, Phase::Readying { answered: true });
    assert_eq!(effects, [ClearTimer, AwaitReady, AnswerBegun]);
}

/// `again`: of a process that is not the first.
fn phases(again: bool) -> Vec<Phase> {
    let mut phases = vec![
        Phase::Spawning { stop: None },
        Phase::Answering,
        Phase::Running,
    ];
    if again {
        phases.push(Phase::Waiting(Pause {
            why: Why::Exited(Exit::Code(1)),
            delay: FIRST_DELAY,
        }));
    }
    phases.push(Phase::Spawning {
        stop: Some(Why::Asked),
    });
    for answered in [again, true] {
        phases.push(Phase::Readying { answered });
        for why in [Why::Asked, Why::SecretTimedOut, Why::Exited(Exit::Code(1))] {
            let again = again && why != Why::Asked;
            let end = End {
                why,
                answered,
                again,
            };
            phases.push(Phase::Stopping(end.clone()));
            phases.push(Phase::Killing(end.clone()));
            phases.push(Phase::Clearing(end));
        }
    }
    phases
}

fn events() -> Vec<Event> {
    let mut events = vec![
        Event::Spawned,
        Event::SpawnFailed("why".into()),
        Event::SpawnRefused("why".into()),
        Event::SpawnHung,
        Event::SecretAccepted,
        Event::SecretRefused("no".into()),
        Event::NoAnswer,
        Event::Ready,
        Event::MountFailed("refused".into()),
        Event::StopRequested,
        Event::LauncherStops,
        Event::Exited(Exit::Code(0)),
        Event::Cleared,
    ];
    let timers = [Timer::Secret, Timer::Start, Timer::Grace, Timer::Kill];
    for timer in timers.into_iter().chain([Timer::Again, Timer::Calm]) {
        events.push(Event::TimeOver(timer));
    }
    events
}

/// Whether the starter has had its answer in a phase.
fn answered(life: &Life) -> Option<bool> {
    match &life.phase {
        Phase::Spawning { .. } | Phase::Answering => Some(life.row > 0),
        Phase::Readying { answered } => Some(*answered),
        Phase::Running | Phase::Waiting(_) => Some(true),
        Phase::Stopping(end) | Phase::Killing(end) | Phase::Clearing(end) => Some(end.answered),
        Phase::Ended => None,
    }
}

/// Every place in a life, with a class that has recovery and one without.
fn cells() -> Vec<(Settings, Life, Event)> {
    let mut cells = vec![];
    for settings in [plain(), mounted(), mounted_for_winfsp(), secret()] {
        for recovery in [
            Recovery::Never,
            Recovery::After(FIRST_DELAY),
            Recovery::Unknown,
        ] {
            let settings = Settings {
                recovery,
                ..settings.clone()
            };
            let rows = match recovery {
                Recovery::After(_) => &[0, 1, RESTARTS][..],
                Recovery::Never | Recovery::Unknown => &[0],
            };
            for &row in rows {
                for phase in phases(row > 0) {
                    for event in events() {
                        let phase = phase.clone();
                        cells.push((settings.clone(), Life { phase, row }, event));
                    }
                }
            }
        }
    }
    cells
}

#[test]
fn in_every_cell_of_the_table_a_start_is_answered_exactly_once() {
    let is_answer = |effect: &Effect| {
        matches!(
            effect,
            AnswerReady | AnswerBegun | AnswerStillStarting | AnswerFailed(_)
        )
    };
    for (settings, life, event) in cells() {
        let (next, effects) = super::step(&settings, life.clone(), event.clone());
        let answers = effects.iter().filter(|effect| is_answer(effect)).count();
        let before = answered(&life).unwrap();
        // A failed spawn is answered by the shell.
        let by_shell = matches!(
            event,
            Event::SpawnFailed(_) | Event::SpawnRefused(_) | Event::SpawnHung
        ) && matches!(life.phase, Phase::Spawning { .. });
        let after = answered(&next).unwrap_or(true) && !by_shell;
        assert_eq!(
            answers,
            usize::from(after && !before),
            "{life:?} + {event:?} -> {next:?} {effects:?}"
        );
    }
}

#[test]
fn in_every_cell_of_the_table_the_name_is_freed_exactly_at_the_end() {
    for (settings, life, event) in cells() {
        let (next, effects) = super::step(&settings, life.clone(), event.clone());
        let freed = effects
            .iter()
            .filter(|effect| matches!(effect, Release | KeepFailure(_)))
            .count();
        assert_eq!(
            freed,
            usize::from(next.phase == Phase::Ended),
            "{life:?} + {event:?}"
        );
    }
}

#[test]
fn in_every_cell_of_the_table_an_end_that_is_asked_for_is_followed_by_no_process() {
    for (settings, life, event) in cells() {
        if !matches!(event, Event::StopRequested | Event::LauncherStops) {
            continue;
        }
        let (mut next, effects) = super::step(&settings, life.clone(), event);
        assert!(!effects.contains(&Spawn), "{life:?} {effects:?}");
        for event in [Event::Spawned, Event::Exited(Exit::Code(1)), Event::Cleared] {
            let (after, effects) = super::step(&settings, next, event);
            assert!(!effects.contains(&Spawn), "{life:?} {effects:?}");
            next = after;
        }
        assert_eq!(next.phase, Phase::Ended, "{life:?}");
    }
}

#[test]
fn nothing_brings_an_ended_instance_back() {
    for event in events() {
        assert_eq!(step(&plain(), Phase::Ended, event), (Phase::Ended, vec![]));
    }
}

#[test]
fn what_is_logged_of_an_event_quotes_neither_paths_nor_output() {
    for event in events() {
        let words = event.to_string();
        assert!(
            !["(\"", "why", "refused"]
                .iter()
                .any(|word| words.contains(word)),
            "{words}"
        );
    }
    let words = Event::Exited(Exit::Code(3)).to_string();
    assert_eq!(words, "Exited(Code(3))");
}
