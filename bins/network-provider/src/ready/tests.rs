use super::*;
use crate::class::Class;
use crate::fake::{Fake, running};
use crate::name::Drive;

fn wanted(drive: &str) -> Wanted {
    Wanted {
        name: RemoteName::new("memfs64", "share"),
        given: r"\\memfs64\share".to_owned(),
        drive: Drive::parse(drive),
        class: Class::plain(),
    }
}

fn words(outcome: Result<(), Failure>) -> String {
    match outcome {
        Err(Failure::Words { words, .. }) => words,
        other => panic!("{other:?}"),
    }
}

fn ready_after(milliseconds: u64) -> Fake {
    Fake {
        opens_at: Some(Duration::from_millis(milliseconds)),
        instances: Some(vec![running("memfs64", "share", &[])]),
        ..Fake::default()
    }
}

#[test]
fn what_is_ready_at_once_is_not_waited_for() {
    let mut world = ready_after(0);
    assert_eq!(wait(&mut world, &wanted("Z:")), Ok(()));
    assert_eq!(world.clock, Duration::ZERO);
    assert_eq!(world.asked, [r"open Z:\"]);
}

#[test]
fn what_gets_ready_is_seen_within_twenty_milliseconds() {
    for after in [1, 10, 100, 700, 14_990] {
        let mut world = ready_after(after);
        assert_eq!(wait(&mut world, &wanted("Z:")), Ok(()));
        let late = world.clock - Duration::from_millis(after);
        assert!(late <= Duration::from_millis(20), "{after}: {late:?}");
    }
}

#[test]
fn what_is_not_ready_in_the_time_of_its_class_is_said_to_be_still_starting() {
    let mut world = ready_after(3_600_000);
    let mut wanted = wanted("Z:");
    let said = words(wait(&mut world, &wanted));
    assert!(
        said.contains("still starting") && said.contains("15 s"),
        "{said}"
    );
    assert_eq!(world.clock, Duration::from_secs(15));
    assert!(world.sent.is_empty(), "it is not stopped");
    wanted.class.start_timeout = Duration::from_secs(2);
    let mut world = ready_after(3_600_000);
    let said = words(wait(&mut world, &wanted));
    assert!(said.contains("2 s"), "{said}");
    assert_eq!(world.clock, Duration::from_secs(2));
}

#[test]
fn what_ends_is_not_waited_for_any_longer() {
    let mut world = ready_after(3_600_000);
    world.ends_at = Some(Duration::from_millis(500));
    let said = words(wait(&mut world, &wanted("Z:")));
    assert!(said.contains("ended before"), "{said}");
    assert!(
        world.clock < Duration::from_millis(700),
        "{:?}",
        world.clock
    );
}

#[test]
fn how_a_process_ended_is_told() {
    let mut world = ready_after(3_600_000);
    let info = &mut world.instances.as_mut().unwrap()[0].instance;
    info.state = State::Failed;
    info.failure = Some("it ended with exit code 3".to_owned());
    let said = words(wait(&mut world, &wanted("Z:")));
    assert!(said.contains("exit code 3"), "{said}");
}

#[test]
fn the_end_is_also_seen_where_there_is_but_one_pipe() {
    let mut world = ready_after(3_600_000);
    world.instances = None;
    world.answers.extend([Ok("$a\0b\0c\0"), Ok("!2\0")]);
    let said = words(wait(&mut world, &wanted("Z:")));
    assert!(said.contains("ended before"), "{said}");
    assert_eq!(world.sent, ["Imemfs64|share|"; 2]);
}

#[test]
fn without_a_drive_the_volume_must_be_there_before_its_root_is_tried() {
    let mut world = ready_after(0);
    world.volumes = Some(vec![]);
    assert!(wait(&mut world, &wanted("")).is_err());
    assert!(world.asked.iter().all(|asked| !asked.starts_with("open")));
    world.asked.clear();
    world.volumes = Some(vec![r"\Device\Volume{1}\memfs64\share".to_owned()]);
    assert_eq!(wait(&mut world, &wanted("")), Ok(()));
    assert_eq!(world.asked, [r"open \\memfs64\share\"]);
}

#[test]
fn without_a_drive_and_a_driver_the_launchers_word_counts() {
    let mut world = ready_after(3_600_000);
    assert_eq!(wait(&mut world, &wanted("")), Ok(()));
    world.instances.as_mut().unwrap()[0].instance.state = State::Starting;
    assert!(wait(&mut world, &wanted("")).is_err());
    world.instances = None;
    assert_eq!(wait(&mut world, &wanted("")), Ok(()));
}
