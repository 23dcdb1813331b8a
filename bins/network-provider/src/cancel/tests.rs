use super::*;
use crate::class::Class;
use crate::fake::{Answer as Scripted, Fake, running};

fn world(answer: Scripted) -> Fake {
    Fake {
        classes: vec![("memfs64", Class::plain())],
        instances: Some(vec![running("memfs64", "a\\b", &["-m", "Z:"])]),
        devices: vec![("Z:", r"\??\C:\shown")],
        ends_at: Some(Duration::from_millis(50)),
        answers: [answer].into(),
        ..Fake::default()
    }
}

fn code_of(outcome: Result<(), Failure>) -> u32 {
    outcome.map_or_else(|failure| failure.code(), |()| 0)
}

#[test]
fn a_connection_ends_by_its_drive_and_by_its_name() {
    for name in ["z:", r"\\memfs64\a\b", r"\\memfs64\a\b\"] {
        let mut world = world(Ok("$"));
        assert_eq!(cancel(&mut world, name), Ok(()), "{name}");
        assert_eq!(world.sent, [r"Tmemfs64|a\b|"]);
        assert!(
            world.clock >= Duration::from_millis(50),
            "it waits for the end"
        );
        assert!(world.clock < Duration::from_millis(100));
    }
}

#[test]
fn the_wait_for_the_end_has_one_itself() {
    let mut world = world(Ok("$"));
    world.ends_at = None;
    assert_eq!(cancel(&mut world, "Z:"), Ok(()));
    assert!(world.clock < Duration::from_secs(7));
}

#[test]
fn what_is_not_connected_is_2250() {
    for name in ["Y:", r"\\server\share", r"\\a:b\c"] {
        let mut world = world(Ok("$"));
        assert_eq!(code_of(cancel(&mut world, name)), 2250, "{name}");
        assert!(world.sent.is_empty());
    }
    for answer in [Ok("!2\0"), Err(Unsaid::NoLauncher)] {
        assert_eq!(code_of(cancel(&mut world(answer), r"\\memfs64\x")), 2250);
    }
}

#[test]
fn somebody_elses_name_is_asked_of_nobody() {
    let mut world = world(Ok("$"));
    assert_eq!(code_of(cancel(&mut world, r"\\server\share")), 2250);
    world.devices = vec![("Z:", r"\Device\LanmanRedirector\;Z:0\server\share")];
    assert_eq!(code_of(cancel(&mut world, "Z:")), 2250);
    assert!(remote_name(&mut world, "Z:").is_err());
    assert!(world.sent.is_empty() && world.asked.is_empty());
}

#[test]
fn a_class_for_other_agents_is_not_stopped_and_by_its_name_not_asked_about() {
    let mut world = world(Ok("$"));
    world.classes[0].1.agents = "other".to_owned();
    assert_eq!(code_of(cancel(&mut world, r"\\memfs64\a\b")), 2250);
    assert!(world.asked.is_empty());
    assert_eq!(code_of(cancel(&mut world, "Z:")), 2250);
    assert_eq!(remote_name(&mut world, "Z:").unwrap_err().code(), 2250);
    assert!(world.sent.is_empty());
}

#[test]
fn a_local_disk_that_an_instance_shows_is_not_its_drive() {
    let mut world = world(Ok("$"));
    world.instances = Some(vec![running("memfs64", "c", &["-p", "C:\\", "-m", ""])]);
    world.devices = vec![("C:", r"\Device\HarddiskVolume1")];
    assert_eq!(remote_name(&mut world, "C:").unwrap_err().code(), 2250);
    assert_eq!(code_of(cancel(&mut world, "C:")), 2250);
    assert!(world.sent.is_empty());
}

#[test]
fn what_is_neither_a_drive_nor_a_name_is_67() {
    for name in ["", "Z", r"\\memfs64", r"Z:\"] {
        assert_eq!(code_of(cancel(&mut world(Ok("$")), name)), 67, "{name}");
    }
}

#[test]
fn the_launchers_refusal_is_5_or_in_words() {
    let cancelled = |answer| code_of(cancel(&mut world(answer), "Z:"));
    assert_eq!(cancelled(Ok("!5\0")), 5);
    assert_eq!(cancelled(Ok("!1053\0")), 1208);
    assert_eq!(cancelled(Ok("?")), 1208);
    assert_eq!(cancelled(Err(Unsaid::Late)), 1208);
}

#[test]
fn a_drive_has_a_remote_name() {
    let mut world = world(Ok("$"));
    let name = remote_name(&mut world, "Z:").unwrap();
    assert_eq!(name.to_string(), r"\\memfs64\a\b");
    assert_eq!(remote_name(&mut world, "Y:").unwrap_err().code(), 2250);
    for bad in ["", "Z", "LPT1:", r"Z:\a"] {
        assert_eq!(remote_name(&mut world, bad).unwrap_err().code(), 1200);
    }
}

#[test]
fn a_path_has_a_remote_name_and_a_rest() {
    let mut world = world(Ok("$"));
    let (name, rest) = universal(&mut world, r"z:\x\y").unwrap();
    assert_eq!(
        (name.to_string().as_str(), rest.as_str()),
        (r"\\memfs64\a\b", r"\x\y")
    );
    assert_eq!(universal(&mut world, "Z:x").unwrap_err().code(), 1200);
    assert_eq!(universal(&mut world, r"C:\").unwrap_err().code(), 2250);
}

#[test]
fn a_drive_of_the_driver_has_the_name_of_its_volume() {
    let device = r"\Device\Volume{1-2}\other\x";
    let mut world = Fake {
        volumes: Some(vec![device.to_owned()]),
        devices: vec![("Q:", device)],
        ..Fake::default()
    };
    let name = remote_name(&mut world, "Q:").unwrap();
    assert_eq!(name.to_string(), r"\\other\x");
    assert!(world.asked.is_empty() && world.sent.is_empty());
}

#[test]
fn with_one_pipe_only_drives_come_from_the_command_lines() {
    let mut world = world(Ok("$memfs64\0s\0"));
    world.instances = None;
    world.answers.push_back(Ok("$memfs64\0s\0fs.exe -m Z:\0"));
    let name = remote_name(&mut world, "Z:").unwrap();
    assert_eq!(name.to_string(), r"\\memfs64\s");
    assert_eq!(world.sent, ["L", "Imemfs64|s|"]);
}

#[test]
fn a_mount_point_that_the_launcher_knows_is_the_drive() {
    let mut world = world(Ok("$"));
    world.instances.as_mut().unwrap()[0].instance.mount_point = Some(r"Q:\".to_owned());
    assert!(remote_name(&mut world, "Q:").is_ok());
    assert!(remote_name(&mut world, "Z:").is_err());
}
