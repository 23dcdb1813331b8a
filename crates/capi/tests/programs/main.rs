//! Programs in C, compiled and run: what existing programs do with the
//! library. On Linux they run as they are, those for Windows under Wine.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod compile;
mod document;
mod header;
mod library;
mod linux;
mod windows;
mod wine;
