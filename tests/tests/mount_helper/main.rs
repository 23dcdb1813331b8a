//! `mount -t fslaunch` and `umount`, with the real mount(8), umount(8), autofs
//! and systemd's generator. Each test has `/etc`, `/run` and `/sbin` to itself.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod automounters;
mod failures;
mod forbidding;
mod interrupt;
mod mounting;
mod passwords;
mod remembered;
mod stage;
mod typing;
mod unmounting;
mod users;
