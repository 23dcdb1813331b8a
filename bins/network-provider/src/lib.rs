//! The network provider: a library that Windows' Multiple Provider Router
//! loads into Explorer, `net use` and every program that calls `WNet...`. It
//! turns `\\class\instance` into an instance of that class.
//!
//! What is decided stands in modules without a platform, which see the world
//! through one trait (`world::World`); what is done to the world is in
//! `windows`.
//!
//! The library brings no thread and no runtime into the program that loads
//! it, lets no panic through to it, and keeps no secret after a function has
//! returned. For names that are not its own it asks the registry and the
//! driver only, and sets nothing.
//!
//! The document for users is `docs/network-provider.md`.
#![cfg_attr(
    not(windows),
    expect(dead_code, reason = "elsewhere only the tests use what is decided")
)]

mod backoff;
mod cancel;
mod caps;
mod class;
mod connect;
mod connections;
mod credentials;
mod device;
mod enumeration;
mod failure;
mod interactive;
mod layout;
mod name;
mod ready;
mod refusal;
#[cfg(windows)]
mod windows;
mod world;

#[cfg(test)]
mod fake;

#[cfg(windows)]
pub use windows::exports::*;
