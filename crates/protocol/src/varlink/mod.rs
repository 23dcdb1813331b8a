//! The Varlink encoding: `org.fslaunch.Launcher` over NUL-ended JSON.
//!
//! [`Frames`] cuts what arrives into messages, [`decode`] reads a call,
//! [`encode_reply`] and [`encode_error`] answer it. For the other side there
//! are [`encode_call`] and [`decode_reply`].
//!
//! ```
//! use fslaunch_protocol::varlink::{self, Called, Frames};
//! use fslaunch_protocol::{Reply, Request, limits};
//!
//! let mut frames = Frames::new(limits::REQUEST_BYTES);
//! frames.push(&varlink::encode_call(&Request::List, varlink::Flags::default()));
//! let message = frames.take().unwrap().expect("a whole message");
//! let call = varlink::decode(&message).unwrap();
//! assert_eq!(call.request, Called::Launcher(Request::List));
//!
//! let reply = varlink::encode_reply(&Reply::Instances(vec![]), false);
//! assert_eq!(reply, b"{\"parameters\":{\"instances\":[]}}\0");
//! ```

mod buffer;
mod call;
mod encode;
mod frames;
mod method;
mod object;
mod reply;
mod service;
mod text;

pub use call::{Called, Decoded, Refusal, Rejected, decode};
pub use encode::{Flags, encode_call, encode_error, encode_reply};
pub use frames::{Frames, TooLarge};
pub use method::Method;
pub use reply::{Answer, ReplyError, decode_reply};
pub use service::{ServiceError, ServiceRequest};

/// The name of the launcher's interface.
pub const INTERFACE: &str = "org.fslaunch.Launcher";

/// The launcher's interface file, which is the source of truth.
pub const DESCRIPTION: &str = include_str!("../../varlink/org.fslaunch.Launcher.varlink");
