//! With Wine's dialog, filled in by the numbers of its controls. It needs no screen: there is a
//! driver for windows that nobody sees.

use super::*;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    CreateWindowExW, DestroyWindow, FindWindowW, GetDlgItem, IDCANCEL, IDOK, PostMessageW,
    SendMessageW, WM_COMMAND, WM_SETTEXT,
};

const PASSWORD_CONTROL: i32 = 102;
const PATIENCE: Duration = Duration::from_secs(20);

/// Windows that nobody sees, until this is dropped.
struct Unseen;

impl Unseen {
    fn new() -> Unseen {
        drivers(&[
            "add",
            r"HKCU\Software\Wine\Drivers",
            "/v",
            "Graphics",
            "/d",
            "null",
            "/f",
        ]);
        Unseen
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        drivers(&[
            "delete",
            r"HKCU\Software\Wine\Drivers",
            "/v",
            "Graphics",
            "/f",
        ]);
    }
}

fn drivers(words: &[&str]) {
    assert!(
        Command::new("reg")
            .args(words)
            .output()
            .unwrap()
            .status
            .success()
    );
}

/// The dialog, once it is there with its buttons.
fn wait_for_dialog() -> HWND {
    let deadline = Instant::now() + PATIENCE;
    loop {
        // SAFETY: the caption ends with a NUL, and any class will do; asking for a control of a
        // window that is gone finds none.
        let window = unsafe { FindWindowW(ptr::null(), w!("fslaunch")) };
        // SAFETY: as above.
        if !window.is_null() && unsafe { !GetDlgItem(window, IDOK).is_null() } {
            return window;
        }
        assert!(Instant::now() < deadline, "no dialog");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Types a password, or says no.
fn act(typed: Option<&str>) {
    let window = wait_for_dialog();
    // SAFETY: windows and controls are asked for what they are made for; the text ends with a NUL
    // and outlives the call.
    unsafe {
        let button = match typed {
            Some(text) => {
                let text = wide(text);
                let control = GetDlgItem(window, PASSWORD_CONTROL);
                SendMessageW(control, WM_SETTEXT, 0, text.as_ptr() as isize);
                IDOK
            }
            None => IDCANCEL,
        };
        PostMessageW(window, WM_COMMAND, button as usize, 0);
    }
}

/// Ends the program if a dialog does not end.
struct Watchdog(#[allow(dead_code, reason = "it is dropped")] Sender<()>);

impl Watchdog {
    fn new() -> Watchdog {
        let (alive, over) = channel();
        thread::spawn(move || {
            if over.recv_timeout(PATIENCE * 2) == Err(RecvTimeoutError::Timeout) {
                eprintln!("the dialog does not end");
                drop(Unseen);
                std::process::exit(1);
            }
        });
        Watchdog(alive)
    }
}

fn question(shown: bool) -> Question {
    Question {
        id: r"fslaunch:\\vault\one".into(),
        words: r"Password for \\vault\one".into(),
        shown,
    }
}

/// Whether a program can make a window at all.
fn can_make_windows() -> bool {
    let none = ptr::null_mut();
    // SAFETY: the name of the class ends with a NUL, and nothing else is passed.
    let window = unsafe {
        let no_text = ptr::null();
        let class = w!("STATIC");
        CreateWindowExW(
            0,
            class,
            no_text,
            0,
            0,
            0,
            1,
            1,
            none,
            none,
            none,
            ptr::null(),
        )
    };
    if !window.is_null() {
        // SAFETY: it was made above, by this thread.
        unsafe { DestroyWindow(window) };
    }
    !window.is_null()
}

#[test]
fn the_dialog_gives_what_was_typed_or_that_somebody_said_no() {
    if !super::super::console::is_wine() {
        println!("SKIPPED: the dialog of Windows can't be filled in by a script");
        return;
    }
    let _unseen = Unseen::new();
    if !can_make_windows() {
        println!("SKIPPED: Wine can make no window here: it found no screen");
        return;
    }
    for typed in [Some("pä😀 \\"), None] {
        let script = thread::spawn(move || act(typed));
        let watchdog = Watchdog::new();
        let answer = ask(&question(false));
        drop(watchdog);
        script.join().unwrap();
        match typed {
            Some(typed) => assert_eq!(answer.unwrap().unwrap().as_str(), typed),
            None => assert_eq!(answer.unwrap_err().to_string(), "somebody said no"),
        }
    }
}

#[test]
fn what_is_shown_while_it_is_typed_is_not_asked_for_by_the_dialog() {
    assert!(ask(&question(true)).unwrap().is_none());
}
