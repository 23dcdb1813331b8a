//! To whom the pipes of the system belong.

use std::{
    cell::RefCell,
    io::Write,
    os::windows::io::AsHandle,
    sync::{Arc, Mutex},
};

use super::*;
use crate::windows::dial::owner_of;

fn name(what: &str) -> PathBuf {
    format!(r"\\.\pipe\fslaunch-owner-{what}-{}", std::process::id()).into()
}

#[test]
fn the_pipes_of_the_system_belong_to_local_system() {
    if !crate::dial::is_administrator() {
        println!("SKIPPED: only an administrator makes pipes of the system");
        return;
    }
    for (what, kind) in [("messages", Kind::Messages), ("bytes", Kind::Bytes)] {
        let (pipe, first) = Pipe::first(&name(what), kind, None).unwrap();
        let another = pipe.another().unwrap();
        for instance in [first, another] {
            let owner = owner_of(instance.as_handle()).unwrap();
            assert_eq!(owner, well_known::local_system(), "{kind:?}");
        }
    }
}

#[test]
fn the_pipe_of_a_user_belongs_to_that_user() {
    let own = crate::windows::trust::own_sid().unwrap();
    let (_, first) = Pipe::first(&name("user"), Kind::Bytes, Some(&own)).unwrap();
    assert_eq!(owner_of(first.as_handle()).unwrap(), own);
}

/// What is tried, and told, by an account that may make the pipe somebody's
/// after so many refusals.
fn tried(refusals: usize, enabled: bool) -> (Vec<&'static str>, bool, String) {
    let tried = RefCell::new(vec![]);
    let asked = RefCell::new(false);
    let make = |sddl: &str| {
        let known = [SYSTEM, ADMINISTRATORS].into_iter().find(|it| *it == sddl);
        tried.borrow_mut().push(known.unwrap());
        match tried.borrow().len() > refusals {
            true => Ok(()),
            false => Err(io::Error::from_raw_os_error(ERROR_INVALID_OWNER as i32)),
        }
    };
    let enable = || {
        *asked.borrow_mut() = true;
        match enabled {
            true => Ok(()),
            false => Err(io::ErrorKind::PermissionDenied.into()),
        }
    };
    let told = Told::default();
    let writer = told.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        of_the_system(Path::new("the pipe"), make, enable).unwrap();
    });
    let told = String::from_utf8(told.0.lock().unwrap().clone()).unwrap();
    (tried.into_inner(), asked.into_inner(), told)
}

#[test]
fn who_can_t_give_the_pipe_to_local_system_gives_it_to_administrators_and_says_so() {
    for enabled in [true, false] {
        assert_eq!(tried(0, enabled), (vec![SYSTEM], false, String::new()));
        let (sddl, asked, told) = tried(1, enabled);
        assert_eq!((sddl, asked), (vec![SYSTEM, SYSTEM], true));
        assert_eq!(told, "", "the privilege was all that lacked");
        let (sddl, asked, told) = tried(2, enabled);
        assert_eq!((sddl, asked), (vec![SYSTEM, SYSTEM, ADMINISTRATORS], true));
        assert!(told.contains("WARN"), "{told}");
        assert!(
            told.contains("the pipe belongs to Administrators"),
            "{told}"
        );
        assert!(told.contains("path=the pipe"), "{told}");
    }
}

#[test]
fn what_fails_for_another_reason_is_tried_once() {
    let count = RefCell::new(0);
    let make = |_: &str| -> io::Result<()> {
        *count.borrow_mut() += 1;
        Err(io::Error::from_raw_os_error(ERROR_ACCESS_DENIED as i32))
    };
    let made = of_the_system(Path::new("x"), make, || panic!("no privilege is missing"));
    assert!(is_code(&made, ERROR_ACCESS_DENIED));
    assert_eq!(count.into_inner(), 1);
}

/// What was logged.
#[derive(Debug, Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
