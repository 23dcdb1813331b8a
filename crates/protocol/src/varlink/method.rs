//! The methods of the launcher's interface.

use super::INTERFACE;
use crate::Request;

/// A method of `org.fslaunch.Launcher`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each carries the request of the same name")]
pub enum Method {
    Start,
    Stop,
    Info,
    List,
    Classes,
}

impl Method {
    /// Every method, in the order of the interface file.
    pub const ALL: [Self; 5] = [
        Self::Start,
        Self::Stop,
        Self::Info,
        Self::List,
        Self::Classes,
    ];

    /// The method that carries a request; some carry two.
    pub fn of(request: &Request) -> Self {
        match request {
            Request::Start(_) => Self::Start,
            Request::Stop(_) | Request::StopIdle(_) => Self::Stop,
            Request::Info(_) => Self::Info,
            Request::List => Self::List,
            Request::Classes => Self::Classes,
        }
    }

    /// Its name within the interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "Start",
            Self::Stop => "Stop",
            Self::Info => "Info",
            Self::List => "List",
            Self::Classes => "Classes",
        }
    }

    /// Its name with the interface, as calls have it.
    pub fn qualified(self) -> String {
        format!("{INTERFACE}.{}", self.name())
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}
