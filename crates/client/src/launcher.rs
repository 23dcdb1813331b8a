//! A connection to the launcher, with one function for each method.

use crate::Error;
use crate::conversation::Conversation;
use fslaunch_os::dial::{self, HangUp, Stream};
use fslaunch_protocol::varlink::Method;
use fslaunch_protocol::{Class, Info, Instance, Reply, Request, Start, Target};
use std::path::Path;
use std::time::Duration;

/// How long connecting may take, and each part of a request to be sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to a launcher. Each function asks and waits for the answer.
///
/// A start is answered when the file system is ready or has failed, which
/// takes as long as its class allows; so answers are waited for without end
/// unless [`set_timeout`](Self::set_timeout) says otherwise. A launcher that
/// dies ends the wait.
pub struct Launcher {
    conversation: Conversation<Stream>,
}

impl Launcher {
    /// Connects to the launcher that listens at `address`. The one that
    /// serves the caller by default is at `fslaunch_os::dial::default_address`.
    ///
    /// # Errors
    /// [`Error::NotRunning`], [`Error::NotAllowed`], [`Error::Busy`] or
    /// [`Error::Connect`].
    pub fn connect(address: &Path) -> Result<Self, Error> {
        let stream = dial::dial(address, PATIENCE);
        let stream = stream.map_err(|error| Error::connecting(address, error))?;
        Ok(Self {
            conversation: Conversation::new(stream),
        })
    }

    /// How long an answer, or its next part, may take; `None` is without end.
    /// After [`Error::TimedOut`] the connection is of no more use.
    ///
    /// # Errors
    /// A time of zero, which the system refuses.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) -> Result<(), Error> {
        let stream = self.conversation.stream();
        let set = stream.set_read_timeout(timeout);
        set.map_err(|source| Error::talking("set a time limit for", source))
    }

    /// What lets another thread hang up while an answer is waited for: a start
    /// with `while_connected` is cancelled then, and answered with that.
    ///
    /// # Errors
    /// What the system says; always on Windows, where a pipe can't do that.
    pub fn hang_up(&mut self) -> Result<HangUp, Error> {
        let hang_up = self.conversation.stream().hang_up();
        hang_up.map_err(|source| Error::talking("get ready to hang up on", source))
    }

    /// Starts an instance, and returns when it is ready. A secret is sent to a
    /// launcher of the system or of the caller only: anybody may listen
    /// somewhere.
    ///
    /// # Errors
    /// Why it is not: see [`Error::Launcher`]; or [`Error::SecretWithheld`].
    pub fn start(&mut self, start: Start) -> Result<Instance, Error> {
        let Reply::Started(instance) = self.ask(&Request::Start(start))? else {
            return Err(misplaced(Method::Start));
        };
        Ok(instance)
    }

    /// Stops an instance, and returns when its process and its mount are gone.
    ///
    /// # Errors
    /// Why it is not stopped: see [`Error::Launcher`].
    pub fn stop(&mut self, class: &str, instance: &str) -> Result<(), Error> {
        self.stop_telling(class, instance, || {})
    }

    /// The same; `sent` is called when only the answer is still to come: the
    /// instance is stopped then, even if nobody waits for that.
    ///
    /// # Errors
    /// As [`stop`](Self::stop); `sent` may not have been called.
    pub fn stop_telling(
        &mut self,
        class: &str,
        instance: &str,
        sent: impl FnOnce(),
    ) -> Result<(), Error> {
        let request = Request::Stop(Target::new(class, instance));
        let Reply::Stopped = self.conversation.ask_telling(&request, sent)? else {
            return Err(misplaced(Method::Stop));
        };
        Ok(())
    }

    /// Takes the mount of an instance away and stops it, unless somebody uses
    /// the mount.
    ///
    /// # Errors
    /// `MountPointBusy`, and then it goes on; `StopFailed` if the launcher can't
    /// tell; those of [`stop`](Self::stop).
    pub fn stop_idle(&mut self, class: &str, instance: &str) -> Result<(), Error> {
        let request = Request::StopIdle(Target::new(class, instance));
        let Reply::Stopped = self.ask(&request)? else {
            return Err(misplaced(Method::Stop));
        };
        Ok(())
    }

    /// All that is known of one instance.
    ///
    /// # Errors
    /// There is no such instance, or the caller may not query it.
    pub fn info(&mut self, class: &str, instance: &str) -> Result<Info, Error> {
        let Reply::Info(info) = self.ask(&Request::Info(Target::new(class, instance)))? else {
            return Err(misplaced(Method::Info));
        };
        Ok(*info)
    }

    /// The instances that the caller may query, failed ones included.
    ///
    /// # Errors
    /// There is no answer.
    pub fn list(&mut self) -> Result<Vec<Instance>, Error> {
        let Reply::Instances(instances) = self.ask(&Request::List)? else {
            return Err(misplaced(Method::List));
        };
        Ok(instances)
    }

    /// The registered classes on which the caller has any right.
    ///
    /// # Errors
    /// There is no answer.
    pub fn classes(&mut self) -> Result<Vec<Class>, Error> {
        let Reply::Classes(classes) = self.ask(&Request::Classes)? else {
            return Err(misplaced(Method::Classes));
        };
        Ok(classes)
    }

    /// Asks anything.
    ///
    /// # Errors
    /// As the function for that request.
    pub fn ask(&mut self, request: &Request) -> Result<Reply, Error> {
        self.conversation.ask(request)
    }
}

/// The answer is read as one to the method that was called, so this does not
/// happen; if it did, the answer would be malformed.
fn misplaced(method: Method) -> Error {
    let reason = "it answers something else".to_owned();
    Error::Malformed { method, reason }
}
