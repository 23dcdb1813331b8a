//! Passwords for file systems that want one: where they come from, and how
//! they are remembered.
//!
//! A secret is given, or remembered in the user's own [`Store`], or asked for.
//! It is remembered only if the user says so, and only after it has worked. One
//! that was remembered and is refused is asked for once, and no more.
//!
//! This crate starts nothing itself: it hands each credential to a closure that
//! does, and never shows, logs or keeps one.
//!
//! ```
//! use fslaunch_credentials::{Credential, InMemory, Nobody, Source, Store, Wish, with_credential};
//! use fslaunch_protocol::Secret;
//!
//! let store = InMemory::default();
//! let wish = Wish { source: Source::Given(Secret::new("pw".into())), remember: true, ..Wish::default() };
//! let started = with_credential(r"\\vault\one", &wish, Some(&store), &mut Nobody, |credential| {
//!     // start the instance with it
//!     if credential.secret.expose() == "pw" { Ok("started") } else { Err("refused") }
//! }, |error| *error == "refused");
//! assert_eq!(started.unwrap().value, "started");
//! assert!(store.get(r"\\vault\one").unwrap().is_some());
//! ```
#![forbid(unsafe_code)]

mod ask;
mod input;
mod obtain;
mod store;

pub use ask::{Ask, AskError, Nobody, People};
pub use fslaunch_os::credential::{Credential, Question};
pub use input::{InputError, read_secret};
pub use obtain::{Done, Failed, Missing, Source, Wish, with_credential};
pub use store::{InMemory, Store, Unnameable, find, forget, target};
