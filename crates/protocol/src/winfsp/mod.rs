//! The encoding of the WinFsp pipe (launcher specification, sections 2 and 3).
//!
//! One message is one request, and one message is its reply: UTF-16LE text of
//! at most [`MESSAGE_BYTES`]. A request is a command character and its parts,
//! each ended by a NUL. A reply is `$` and data, or `!` and an error number.
//!
//! ```
//! use fslaunch_protocol::winfsp::{self, Answer, Message};
//! use fslaunch_protocol::{Error, Reply, Request, Target};
//!
//! let request = Message::Request(Request::Stop(Target::new("memfs64", "share")));
//! let bytes = winfsp::encode(&request)?;
//! assert_eq!(winfsp::decode(&bytes), Ok(request));
//!
//! let reply = winfsp::encode_reply(&Reply::Stopped);
//! assert!(matches!(winfsp::decode_reply(&reply), Ok(Answer::Success(_))));
//!
//! let refusal = winfsp::encode_error(&Error::ClassNotFound { class: "foo".into() });
//! assert_eq!(winfsp::decode_reply(&refusal), Ok(Answer::Failure(2)));
//! # Ok::<(), winfsp::Unencodable>(())
//! ```

mod answer;
mod command;
mod decode;
mod encode;
mod reply;
mod units;

pub use answer::{Answer, Data, Undecodable, decode_reply};
pub use command::{DriveRequest, Message};
pub use decode::{Rejected, decode};
pub use encode::{Unencodable, encode, encode_parts};
pub use reply::{code, encode_error, encode_reply};

/// Longest request and longest reply, in bytes.
pub const MESSAGE_BYTES: usize = 4096;

/// Shortest request, in bytes: the command character.
const LEAST_BYTES: usize = 2;
