//! Requests of the kernel, from the first to the last, by several threads.
//!
//! No request ends the server: one that panics is answered with an input/output error, and so is one that is not what
//! the protocol says.

use std::io::{self, IoSlice};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use rustix::io::Errno;

use super::device::Device;
use super::wire::reply::{self, Body};
use super::wire::request::{Header, Operation};
use super::wire::{BUFFER, MAJOR, OLDEST_MINOR, init};

/// Answers requests.
pub(super) trait Handler: Sync {
    /// Which of the capabilities that the kernel offers are wanted.
    fn wanted(&self) -> u32;

    /// Answers one request: by what is written into the body of the reply, by sending it, or by an error.
    fn handle(
        &self,
        request: &Header,
        operation: &Operation<'_>,
        reply: &mut Reply<'_>,
    ) -> Result<(), Errno>;
}

/// The answer to one request.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    device: &'a Device,
    unique: u64,
    /// What is answered, unless it is sent otherwise.
    pub(super) body: &'a mut Body,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Sent,
    /// The kernel waits for no answer.
    Unwanted,
}

impl Reply<'_> {
    /// Sends these pieces as the answer, without copying them together.
    pub(super) fn send(&mut self, pieces: &[&[u8]]) -> io::Result<()> {
        let length = pieces.iter().map(|piece| piece.len()).sum();
        let header = reply::header(self.unique, length, 0);
        let mut all = Vec::with_capacity(pieces.len() + 1);
        all.push(IoSlice::new(&header));
        all.extend(pieces.iter().map(|piece| IoSlice::new(piece)));
        self.device.send(&all)?;
        self.state = State::Sent;
        Ok(())
    }

    /// The kernel waits for no answer to this one.
    pub(super) fn unwanted(&mut self) {
        self.state = State::Unwanted;
    }

    fn finish(&mut self, result: Result<(), Errno>) -> io::Result<()> {
        if self.state != State::Open {
            return Ok(());
        }
        let body = match result {
            Ok(()) => self.body.0.as_slice(),
            Err(_) => &[],
        };
        let error = result.map_or_else(Errno::raw_os_error, |()| 0);
        let header = reply::header(self.unique, body.len(), error);
        self.device
            .send(&[IoSlice::new(&header), IoSlice::new(body)])
    }
}

/// Agrees with the kernel on how to talk.
pub(super) fn greet(device: &Device, handler: &impl Handler) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    let refuse = |said: String| io::Error::new(io::ErrorKind::Unsupported, said);
    let Some(length) = device.receive(&mut buffer)? else {
        return Err(io::ErrorKind::NotConnected.into());
    };
    let malformed = |_| refuse("the kernel's greeting cannot be understood".to_owned());
    let (header, body) = Header::read(&buffer[..length]).map_err(malformed)?;
    let operation = Operation::read(header.opcode, body).map_err(malformed)?;
    let Operation::Init {
        major,
        minor,
        max_readahead,
        flags,
    } = operation
    else {
        return Err(refuse("the kernel does not greet".to_owned()));
    };
    if major != MAJOR || minor < OLDEST_MINOR {
        return Err(refuse(format!(
            "the kernel speaks version {major}.{minor} of the protocol, and {MAJOR}.{OLDEST_MINOR} or a later one is wanted: Linux 5.4"
        )));
    }
    let mut body = Body::default();
    body.init(minor, max_readahead, flags & handler.wanted());
    let header = reply::header(header.unique, body.0.len(), 0);
    device.send(&[IoSlice::new(&header), IoSlice::new(&body.0)])
}

/// Serves until the file system is unmounted.
pub(super) fn serve(device: Device, handler: &impl Handler, threads: usize) -> io::Result<()> {
    let mut devices = Vec::with_capacity(threads);
    for _ in 1..threads {
        devices.push(device.another()?);
    }
    devices.push(device);
    thread::scope(|scope| {
        let started: Vec<_> = devices
            .iter()
            .enumerate()
            .map(|(number, device)| {
                thread::Builder::new()
                    .name(format!("requests-{number}"))
                    .spawn_scoped(scope, move || work(device, handler))
            })
            .collect();
        let mut result = Ok(());
        for thread in started {
            let ended = thread.and_then(|thread| match thread.join() {
                Ok(ended) => ended,
                Err(_) => Err(io::Error::other("a thread that serves requests panicked")),
            });
            result = result.and(ended);
        }
        result
    })
}

/// Serves by one thread.
pub(super) fn work(device: &Device, handler: &impl Handler) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    let mut body = Body::default();
    while let Some(length) = device.receive(&mut buffer)? {
        let Ok((header, rest)) = Header::read(&buffer[..length]) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a request without a header",
            ));
        };
        body.0.clear();
        if !answer(device, handler, &header, rest, &mut body)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Answers one request; `false` if it was the last one.
fn answer(
    device: &Device,
    handler: &impl Handler,
    header: &Header,
    rest: &[u8],
    body: &mut Body,
) -> io::Result<bool> {
    let operation = Operation::read(header.opcode, rest);
    let mut reply = Reply {
        device,
        unique: header.unique,
        body,
        state: State::Open,
    };
    let result = match &operation {
        Ok(operation) => {
            let handle = AssertUnwindSafe(|| handler.handle(header, operation, &mut reply));
            catch_unwind(handle).unwrap_or(Err(Errno::IO))
        }
        Err(_) => Err(Errno::IO),
    };
    if let Err(error) = reply.finish(result) {
        // Too long for the caller, or in another way not what the kernel takes: whoever waits must not wait for ever.
        eprintln!(
            "memfs: cannot answer request {} of operation {}: {error}",
            header.unique, header.opcode
        );
        reply.finish(Err(Errno::IO))?;
    }
    Ok(operation != Ok(Operation::Destroy))
}

/// All that any handler wants, and that every kernel since Linux 5.4 has.
pub(super) const ALWAYS: u32 = init::ASYNC_READ
    | init::BIG_WRITES
    | init::ASYNC_DIO
    | init::PARALLEL_DIROPS
    | init::MAX_PAGES
    | init::ABORT_ERROR;

#[cfg(test)]
mod tests {
    use super::super::kernel::Kernel;
    use super::*;

    /// Panics over the operation of getting attributes, and answers all others.
    struct Fragile;

    impl Handler for Fragile {
        fn wanted(&self) -> u32 {
            0
        }

        fn handle(
            &self,
            request: &Header,
            operation: &Operation<'_>,
            reply: &mut Reply<'_>,
        ) -> Result<(), Errno> {
            reply.body.bytes(b"half");
            if *operation == Operation::GetAttr {
                panic!("over node {}", request.node);
            }
            if matches!(operation, Operation::Forget { .. }) {
                reply.unwanted();
            }
            match operation == &Operation::ReadLink {
                true => Err(Errno::INVAL),
                false => Ok(()),
            }
        }
    }

    #[test]
    fn no_request_ends_the_server_whatever_it_does() {
        let (kernel, device) = Kernel::connect();
        let server = thread::spawn(move || work(&device, &Fragile));
        let io_error = Errno::IO.raw_os_error();
        kernel.ask(1, 3, 0, b"");
        assert_eq!(kernel.answer(), (1, Err(io_error)), "a panic");
        kernel.ask(2, 1, 0, b"no end");
        assert_eq!(kernel.answer(), (2, Err(io_error)), "not the protocol");
        kernel.ask(3, 5, 0, b"");
        assert_eq!(kernel.answer(), (3, Err(Errno::INVAL.raw_os_error())));
        kernel.ask(4, 2, 0, &1u64.to_ne_bytes());
        kernel.ask(5, 1, 0, b"name\0");
        assert_eq!(kernel.answer(), (5, Ok(b"half".to_vec())));
        kernel.ask(6, 38, 0, b"");
        assert_eq!(kernel.answer(), (6, Ok(b"half".to_vec())));
        server.join().unwrap().unwrap();
    }
}
