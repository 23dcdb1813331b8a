//! What fslaunch's launcher and its clients say to each other.
//!
//! There is one [`Request`], one [`Reply`] and one [`Error`]; encodings turn
//! them into bytes and back. This crate does no I/O, never decides whether a
//! request is allowed, and never believes a message about who sent it.
//!
//! ```
//! use fslaunch_protocol::{Error, Request, Target};
//!
//! let request = Request::Stop(Target::new("memfs64", "share"));
//! assert_eq!(request.target(), Some(("memfs64", "share")));
//!
//! let error = Error::ClassNotFound { class: "foo".into() };
//! assert_eq!(error.to_string(), "class 'foo' is not registered");
//! assert_eq!((error.name(), error.win32()), ("ClassNotFound", 2));
//! ```
#![forbid(unsafe_code)]

mod error;
pub mod escape;
pub mod limits;
mod model;
mod secret;
pub mod varlink;
pub mod winfsp;

pub use error::Error;
pub use model::{Class, Info, Instance, Reply, Request, Start, State, Target};
pub use secret::Secret;
