use super::*;
use crate::class::Class;
use crate::fake::{Fake, running};

const FOLDER: &str = r"\??\C:\shown";
const DISK: &str = r"\Device\HarddiskVolume1";

fn drive(letter: &str) -> Drive {
    Drive::parse(letter).unwrap()
}

/// One instance with these words, among drives that lead to these devices.
fn world(words: &[&str], devices: &[(&'static str, &'static str)]) -> Fake {
    Fake {
        classes: vec![("memfs64", Class::plain())],
        instances: Some(vec![running("memfs64", "share", words)]),
        devices: devices.to_vec(),
        ..Fake::default()
    }
}

fn listed(world: &mut Fake) -> Vec<(String, Option<String>)> {
    let shown = |one: Connection| {
        let drive = one.drive.map(|drive| drive.to_string());
        (one.name.to_string(), drive)
    };
    all(world).into_iter().map(shown).collect()
}

fn entry(name: &str, drive: Option<&str>) -> (String, Option<String>) {
    (name.to_owned(), drive.map(str::to_owned))
}

#[test]
fn the_last_drive_among_the_words_is_where_it_is_mounted() {
    let found = |line: &str| {
        let words = words(line);
        drives(&words).next().map(|drive| drive.to_string())
    };
    assert_eq!(
        found(r#""C:\a b\fs.exe" -u \m\s -m "Z:""#).as_deref(),
        Some("Z:")
    );
    assert_eq!(found(r#"fs.exe C: y:\ "a b""#).as_deref(), Some("Y:"));
    assert_eq!(found(r#""C:\fs.exe" "" -m "" "a Z:""#), None);
}

#[test]
fn a_local_disk_among_the_words_is_not_the_drive_of_an_instance() {
    for words in [&["-p", r"C:\", "-m", ""][..], &["-p", "C:"]] {
        let mut world = world(words, &[("C:", DISK)]);
        assert!(of_drive(&mut world, drive("C:")).is_none(), "{words:?}");
        assert_eq!(
            listed(&mut world),
            [entry(r"\\memfs64\share", None)],
            "{words:?}"
        );
    }
    let mut world = world(&["-m", "Z:", "-p", r"C:\"], &[("C:", DISK), ("Z:", FOLDER)]);
    let name = of_drive(&mut world, drive("Z:")).unwrap();
    assert_eq!(name.to_string(), r"\\memfs64\share");
    assert_eq!(listed(&mut world), [entry(r"\\memfs64\share", Some("Z:"))]);
}

#[test]
fn a_letter_that_leads_nowhere_is_no_drive_unless_the_launcher_states_it() {
    let mut world = world(&["-m", "Z:"], &[]);
    assert!(of_drive(&mut world, drive("Z:")).is_none());
    assert_eq!(world.asked, ["list"], "no instance needs to be asked about");
    let instances = world.instances.as_mut().unwrap();
    instances[0].instance.mount_point = Some(r"Z:\".to_owned());
    assert!(of_drive(&mut world, drive("Z:")).is_some());
}

#[test]
fn the_volume_of_another_is_not_the_drive_of_an_instance() {
    for (volume, expected) in [
        (r"\Device\Volume{1}\memfs64\other", None),
        (r"\Device\Volume{1}\MEMFS64\share", Some("Z:")),
        (r"\Device\Volume{1}", Some("Z:")),
        (r"\Device\Mup\server\share", None),
    ] {
        let mut world = world(&["-p", "Z:"], &[("Z:", volume)]);
        let expected = entry(r"\\memfs64\share", expected);
        assert_eq!(listed(&mut world), [expected], "{volume}");
    }
}

#[test]
fn nobody_is_asked_about_a_local_disk() {
    for device in [DISK, r"\Device\CdRom0", r"\Device\Floppy0"] {
        let mut world = world(&["-m", "D:"], &[("D:", device)]);
        assert!(of_drive(&mut world, drive("D:")).is_none());
        assert!(world.asked.is_empty() && world.sent.is_empty(), "{device}");
    }
}

#[test]
fn all_questions_together_have_one_deadline() {
    for both_pipes in [true, false] {
        let mut world = world(&[], &[("Z:", FOLDER)]);
        let one = running("memfs64", "x", &["-m", "Y:"]);
        world.instances = both_pipes.then(|| vec![one; 100]);
        let list: &str = "$a\0b\0c\0d\0e\0f\0g\0h\0";
        world.answers = std::iter::repeat_n(Ok(list), 100).collect();
        world.takes = Duration::from_millis(700);
        assert!(of_drive(&mut world, drive("Z:")).is_none());
        assert_eq!(world.clock, GLANCE);
        world.clock = Duration::ZERO;
        let found = all(&mut world);
        assert_eq!(world.clock, GLANCE);
        // What is known already is told all the same.
        assert!(found.len() >= 4, "{found:?}");
    }
}

#[test]
fn what_is_told_before_the_deadline_counts() {
    let mut world = world(&["-m", "Z:"], &[("Z:", FOLDER)]);
    world.takes = GLANCE / 2;
    assert!(of_drive(&mut world, drive("Z:")).is_some());
    let stuck = GLANCE + Duration::from_millis(1);
    world.takes = stuck;
    assert!(of_drive(&mut world, drive("Z:")).is_none());
}

#[test]
fn connections_of_a_class_for_other_agents_are_not_ours() {
    let mut world = world(&["-m", "Z:"], &[("Z:", FOLDER)]);
    world.classes[0].1.agents = "other".to_owned();
    assert!(of_drive(&mut world, drive("Z:")).is_none());
    let volume = r"\Device\Volume{1-2}\memfs64\share";
    world.volumes = Some(vec![volume.to_owned()]);
    world.devices = vec![("Z:", volume)];
    assert!(of_drive(&mut world, drive("Z:")).is_none());
    assert_eq!(listed(&mut world), []);
    assert!(
        world.asked.iter().all(|asked| asked == "list"),
        "{:?}",
        world.asked
    );
}

#[test]
fn the_drivers_volumes_are_listed_with_their_letters() {
    let volumes = [
        r"\Device\Volume{1}\memfs64\share",
        r"\Device\Volume{2}\sshfs\alice@host",
        r"\Device\Volume{3}\nfs\a\b",
        r"\Device\Volume{4}",
    ];
    let mut world = world(&[], &[("Z:", volumes[0]), ("Q:", volumes[1])]);
    world.volumes = Some(volumes.map(str::to_owned).to_vec());
    let expected = [
        entry(r"\\memfs64\share", Some("Z:")),
        entry(r"\\sshfs\alice@host", Some("Q:")),
        entry(r"\\nfs\a\b", None),
    ];
    assert_eq!(listed(&mut world), expected);
    // Also without a launcher.
    world.instances = None;
    assert_eq!(listed(&mut world), expected);
}

#[test]
fn what_runs_already_is_here_elsewhere_or_nowhere() {
    let place = |words: &[&str], devices: &[(&'static str, &'static str)]| {
        let name = RemoteName::new("memfs64", "share");
        super::place(&mut world(words, devices), &name, drive("Z:"))
    };
    assert_eq!(place(&["-m", "Z:"], &[]), Place::Here, "it is starting");
    assert_eq!(place(&["-m", "Z:"], &[("Z:", FOLDER)]), Place::Here);
    let y = Place::Elsewhere(drive("Y:"));
    assert_eq!(place(&["-m", "Y:"], &[("Y:", FOLDER)]), y);
    assert_eq!(place(&["-p", "Z:", "-m", "Y:"], &[("Y:", FOLDER)]), y);
    let disk = [("C:", DISK)];
    assert_eq!(place(&["-p", "C:", "-m", ""], &disk), Place::Nowhere);
}
