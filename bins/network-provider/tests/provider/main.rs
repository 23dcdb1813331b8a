//! The library as it is loaded into programs: every function and every code
//! of the specification, against a launcher that says what a test wants.
#![cfg(windows)]
#![allow(unsafe_code, clippy::unwrap_used, reason = "it calls a library of C")]

mod buffers;
mod connections;
mod cost;
mod credentials;
mod dialog;
mod drive;
mod held;
mod launched;
mod library;
mod loading;
mod owner;
mod ready;
mod real;
mod router;
mod scripted;
mod stage;
mod story;
mod vault;
