//! The system's dialog for user name and password, filled in by a script.
//!
//! Wine's is driven by the numbers of its controls. It needs no screen: there
//! is a driver for windows that nobody sees.

use std::ptr;
use std::thread;

use fslaunch_tests::{skipped, until_some};
use windows_registry::CURRENT_USER;
use windows_sys::Win32::Foundation::HWND;
use windows_sys::Win32::UI::WindowsAndMessaging::{
    BM_CLICK, CreateWindowExW, DestroyWindow, FindWindowW, GetDlgItem, GetWindowTextW, IDCANCEL,
    IDOK, PostMessageW, SendMessageW, WM_COMMAND, WM_SETTEXT,
};

use crate::drive::is_wine;
use crate::library::{add, text};
use crate::stage::{Class, Stage, wide};
use crate::vault;

const USER: i32 = 101;
const PASSWORD: i32 = 102;
const REMEMBER: i32 = 104;
const INTERACTIVE: u32 = 0x8;

/// What is done when the dialog is shown.
#[derive(Clone, Copy)]
enum Act {
    Enter(&'static str),
    EnterAndRemember(&'static str),
    Cancel,
}

/// Windows that nobody sees, until this is dropped.
struct Unseen;

impl Unseen {
    fn new() -> Unseen {
        let drivers = CURRENT_USER.create(r"Software\Wine\Drivers").unwrap();
        drivers.set_string("Graphics", "null").unwrap();
        Unseen
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        let drivers = CURRENT_USER.create(r"Software\Wine\Drivers").unwrap();
        let _ = drivers.remove_value("Graphics");
    }
}

/// The dialog of that caption that is not the one before.
fn wait_for(caption: &str, before: usize) -> HWND {
    let caption = wide(caption);
    until_some("the dialog is shown", || {
        // SAFETY: the text ends with a NUL; any class will do.
        let window = unsafe { FindWindowW(ptr::null(), caption.as_ptr()) };
        // SAFETY: asking for a control of a window that is gone finds none.
        let whole = !window.is_null() && unsafe { !GetDlgItem(window, IDOK).is_null() };
        (whole && window.addr() != before).then_some(window)
    })
}

/// Does one thing after the other; returns the user names that were filled in.
fn act(caption: &str, acts: &[Act]) -> Vec<String> {
    let mut before = 0;
    let mut users = vec![];
    for act in acts {
        let window = wait_for(caption, before);
        before = window.addr();
        let mut user = [0_u16; 64];
        // SAFETY: windows and controls are asked for what they are made for,
        // texts end with NULs and outlive the calls.
        unsafe {
            GetWindowTextW(GetDlgItem(window, USER), user.as_mut_ptr(), 64);
            let button = match *act {
                Act::Cancel => IDCANCEL,
                Act::Enter(password) | Act::EnterAndRemember(password) => {
                    let password = wide(password);
                    let text = password.as_ptr() as isize;
                    SendMessageW(GetDlgItem(window, PASSWORD), WM_SETTEXT, 0, text);
                    IDOK
                }
            };
            if matches!(act, Act::EnterAndRemember(_)) {
                SendMessageW(GetDlgItem(window, REMEMBER), BM_CLICK, 0, 0);
            }
            PostMessageW(window, WM_COMMAND, button as usize, 0);
        }
        users.push(text(&user));
    }
    users
}

fn asked(acts: &'static [Act]) -> (u32, Vec<String>, Stage) {
    let script = |message: &str| {
        if message.ends_with("|right|") {
            "$"
        } else {
            "!5|"
        }
        .to_owned()
    };
    let class = Class {
        credentials: 1,
        ..Class::default()
    };
    let stage = Stage::answering(script).class("sshfs", class);
    let _unseen = Unseen::new();
    let script = thread::spawn(move || act(NAME, acts));
    let code = stage.library.connect3(add("", NAME), INTERACTIVE);
    (code, script.join().unwrap(), stage)
}

const NAME: &str = r"\\sshfs\alice@host";

fn is_lacking(test: &str) -> bool {
    if !is_wine() {
        skipped(test, "the dialog of Windows can't be filled in by a script");
        return true;
    }
    let possible = can_make_windows();
    if !possible {
        skipped(test, "Wine can make no window here: it found no screen");
    }
    !possible
}

/// Whether a program can make a window at all.
fn can_make_windows() -> bool {
    let _unseen = Unseen::new();
    let (class, none) = (wide("STATIC"), ptr::null_mut());
    let no_text = ptr::null();
    // SAFETY: the name of the class ends with a NUL, and nothing else is passed.
    let window = unsafe {
        CreateWindowExW(
            0,
            class.as_ptr(),
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
fn the_dialog_is_shown_until_the_password_is_right_and_then_it_is_remembered() {
    let test = "the_dialog_is_shown_until_the_password_is_right_and_then_it_is_remembered";
    if is_lacking(test) {
        return;
    }
    let acts = &[Act::Enter("wrong"), Act::EnterAndRemember("right")];
    let (code, users, stage) = asked(acts);
    assert_eq!(code, 0);
    assert_eq!(
        users,
        ["alice", "alice"],
        "the user of the instance is filled in"
    );
    let start = r"Xsshfs|alice@host|\sshfs\alice@host||";
    let sent = [format!("{start}wrong|"), format!("{start}right|")];
    assert_eq!(stage.heard(), sent);
    let (user, comment, blob, persistence) = vault::take(NAME).unwrap();
    let expected: Vec<u8> = "right\0"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!((user.as_str(), blob, persistence), ("alice", expected, 2));
    assert_eq!(comment, "fslaunch", "launchctl lists and removes it");
}

#[test]
fn a_dialog_that_is_cancelled_is_1223_and_nothing_is_remembered() {
    if is_lacking("a_dialog_that_is_cancelled_is_1223_and_nothing_is_remembered") {
        return;
    }
    let (code, _, stage) = asked(&[Act::Enter("right, almost"), Act::Cancel]);
    assert_eq!(code, 1223);
    assert_eq!(stage.heard().len(), 1);
    assert_eq!(vault::take(NAME), None);
}
