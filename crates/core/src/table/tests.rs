use std::time::{Duration, UNIX_EPOCH};

use fslaunch_access::{Group, Token, well_known};

use super::*;
use crate::{
    instance::{AnswerAt, Exit, Recovery, SecretPolicy},
    limits::Limit,
    record::Ready,
    rights,
};

fn sid(uid: u32) -> Sid {
    Sid::new(22, &[1, uid]).unwrap()
}

fn starter(uid: u32) -> Starter {
    Starter {
        name: uid.to_string(),
        sid: sid(uid),
        administrator: uid == 0,
    }
}

fn entry(instance: &str, uid: u32) -> Entry {
    let class_descriptor: SecurityDescriptor = "O:SYG:SYD:P(A;;RPWPLC;;;SY)(A;;RPWPLC;;;BA)"
        .parse()
        .unwrap();
    Entry {
        class: ClassName::parse("memfs64").unwrap(),
        instance: InstanceName::parse(instance).unwrap(),
        starter: starter(uid),
        run_as: uid.to_string(),
        since: UNIX_EPOCH,
        descriptor: rights::instance_descriptor(&class_descriptor, &sid(uid)),
        settings: Settings {
            secret: SecretPolicy::None,
            ready: Ready::Process,
            answer: AnswerAt::Ready,
            secret_timeout: Duration::from_secs(15),
            start_timeout: Duration::from_secs(15),
            stop_grace: Duration::from_secs(5),
            recovery: Recovery::Never,
        },
        command_line: vec![],
        command_text: String::new(),
        pid: None,
        mount_point: None,
        output: Tail::default(),
        life: Phase::Spawning { stop: None }.into(),
        failure: None,
    }
}

fn table(instances: Limit, failures: Limit) -> Table {
    let starts = Limit {
        per_user: 2,
        total: 100,
    };
    Table::new(Limits {
        instances,
        starts,
        failures,
        ..Limits::default()
    })
}

const WIDE: Limit = Limit {
    per_user: 100,
    total: 100,
};

/// Reserves and brings to running.
fn start(table: &mut Table, id: u64, instance: &str, uid: u32) -> Result<(), Error> {
    table.reserve(InstanceId(id), entry(instance, uid))?;
    table.apply(InstanceId(id), Event::Spawned);
    Ok(())
}

fn fail(table: &mut Table, id: u64, since: u64) {
    let id = InstanceId(id);
    table.get_mut(id).unwrap().since = UNIX_EPOCH + Duration::from_secs(since);
    table.apply(id, Event::Exited(Exit::Code(1)));
    table.apply(id, Event::Cleared);
    table.keep_failure(id, Exit::Code(1).into());
}

fn names(entries: &[&Entry]) -> Vec<String> {
    entries
        .iter()
        .map(|entry| entry.instance.as_str().to_owned())
        .collect()
}

#[test]
fn a_name_is_taken_in_any_spelling_and_shown_as_first_written() {
    let mut table = table(WIDE, WIDE);
    start(&mut table, 1, "Share", 1000).unwrap();
    match start(&mut table, 2, "sHARE", 1000) {
        Err(Error::InstanceExists {
            instance, state, ..
        }) => {
            assert_eq!((instance.as_str(), state), ("Share", State::Running));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(table.all().len(), 1);
}

#[test]
fn a_released_name_is_free() {
    let mut table = table(WIDE, WIDE);
    start(&mut table, 1, "share", 1000).unwrap();
    table.release(InstanceId(1)).unwrap();
    start(&mut table, 2, "share", 1000).unwrap();
}

#[test]
fn a_user_past_its_limit_is_told_so_and_nobody_else_notices() {
    let mut table = table(
        Limit {
            per_user: 1,
            total: 3,
        },
        WIDE,
    );
    start(&mut table, 1, "a", 1000).unwrap();
    match start(&mut table, 2, "b", 1000) {
        Err(Error::LimitReached { what, limit, scope }) => {
            assert_eq!(
                (what.as_str(), limit, scope.as_str()),
                ("instances", 1, "user")
            );
        }
        other => panic!("{other:?}"),
    }
    start(&mut table, 3, "b", 1001).unwrap();
    start(&mut table, 4, "c", 0).unwrap();
    assert!(matches!(
        start(&mut table, 5, "d", 1002),
        Err(Error::LimitReached { .. })
    ));
}

fn visible<'a>(table: &'a Table, token: &Token) -> Vec<&'a Entry> {
    table.visible(|descriptor| rights::may(descriptor, token, rights::QUERY))
}

#[test]
fn a_caller_sees_what_it_may_query_in_order() {
    let mut table = table(WIDE, WIDE);
    for (id, name, uid) in [(1, "b", 1000), (2, "a", 1000), (3, "c", 1001)] {
        start(&mut table, id, name, uid).unwrap();
    }
    let user = Token {
        user: sid(1000),
        groups: vec![],
        restricting: vec![],
    };
    assert_eq!(names(&visible(&table, &user)), ["a", "b"]);
    let system = Group::enabled(well_known::local_system());
    let root = Token {
        user: sid(0),
        groups: vec![system],
        restricting: vec![],
    };
    assert_eq!(names(&visible(&table, &root)), ["a", "b", "c"]);
}

#[test]
fn a_failure_stays_visible_until_its_name_is_started_again() {
    let mut table = table(WIDE, WIDE);
    start(&mut table, 1, "share", 1000).unwrap();
    fail(&mut table, 1, 0);
    assert_eq!(table.all()[0].state(), State::Failed);
    assert_eq!(table.all()[0].failure, Some(Exit::Code(1).into()));
    start(&mut table, 2, "SHARE", 1000).unwrap();
    assert_eq!(names(&table.all()), ["SHARE"]);
    assert_eq!(table.all()[0].state(), State::Running);
}

#[test]
fn the_oldest_failure_of_a_user_makes_room_and_nobody_elses() {
    let mut table = table(
        WIDE,
        Limit {
            per_user: 2,
            total: 100,
        },
    );
    for (id, name, uid, since) in [
        (1, "other", 1001, 1),
        (2, "old", 1000, 2),
        (3, "new", 1000, 4),
        (4, "newest", 1000, 5),
    ] {
        start(&mut table, id, name, uid).unwrap();
        fail(&mut table, id, since);
    }
    assert_eq!(names(&table.all()), ["new", "newest", "other"]);
}

#[test]
fn a_limit_of_no_failures_keeps_none() {
    let none = Limit {
        per_user: 0,
        total: 0,
    };
    let mut table = table(WIDE, none);
    start(&mut table, 1, "share", 1000).unwrap();
    fail(&mut table, 1, 1);
    assert!(table.all().is_empty());
}

#[test]
fn an_event_for_an_instance_that_is_gone_means_nothing() {
    let mut table = table(WIDE, WIDE);
    assert_eq!(table.apply(InstanceId(7), Event::Ready), []);
}

#[test]
fn an_id_is_sixteen_digits_and_reads_back() {
    let id = InstanceId(0xabc);
    assert_eq!(id.to_string(), "0000000000000abc");
    assert_eq!(id.to_string().parse(), Ok(id));
}
