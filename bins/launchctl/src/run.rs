//! Does what the command line says.

use crate::address::{Addresses, Environment, addresses};
use crate::arguments::{Command, Invocation, SecretFrom};
use crate::credentials::{Attempts, NotStarted, Started};
use crate::options::Options;
use crate::outcome::Outcome;
use crate::present::{self, Form};
use crate::usage::{HELP, Usage};
use crate::{classes, credentials, doctor, exit, secret};
use fslaunch_client::{Error as Failure, Launcher, winfsp};
use fslaunch_core::name::fold;
use fslaunch_protocol::{Class, Reply, Request, Start, escape};
use std::env;
use std::path::Path;
use std::time::Duration;

/// How long an answer may take that waits for no process.
const QUICK: Duration = Duration::from_secs(30);

/// Does what the command line says.
pub(crate) fn run(invocation: Invocation) -> Outcome {
    let Invocation { options, command } = invocation;
    match command {
        Command::Start {
            start,
            from,
            remember,
        } => match with_secret(start, from) {
            Ok(start) => begin(&options, &start, remember),
            Err(wrong) => Outcome::wrong_usage(&wrong),
        },
        Command::Stop(target) => ask(&options, &Request::Stop(target), None, present::reply),
        Command::Info(target) => ask(
            &options,
            &Request::Info(target),
            Some(QUICK),
            present::reply,
        ),
        Command::List { all } => ask(&options, &Request::List, Some(QUICK), |reply, form| {
            list(reply, all, form)
        }),
        Command::Classes => ask(&options, &Request::Classes, Some(QUICK), present::reply),
        Command::Register { file, force } => classes::register(&options, &file, force),
        Command::Unregister { class } => classes::unregister(&options, &class),
        Command::Credentials(what) => credentials::credentials(&options, &what),
        Command::Export(export) => classes::export(&options, &export),
        Command::Doctor => match addresses_of(&options) {
            Ok(addresses) => {
                let answer = answer(&addresses, &Request::List, Some(QUICK));
                doctor::doctor(&options, answer.map(drop))
            }
            Err(outcome) => outcome,
        },
        Command::Help => Outcome::success(HELP),
        Command::Version => {
            Outcome::success(concat!("launchctl ", env!("CARGO_PKG_VERSION"), "\n"))
        }
    }
}

fn with_secret(mut start: Start, from: SecretFrom) -> Result<Start, Usage> {
    if let Some(secret) = secret::get(from, &start.class, &start.instance)? {
        start.secret = Some(secret);
    }
    Ok(start)
}

fn list(reply: &Reply, all: bool, form: Form) -> Outcome {
    match reply {
        Reply::Instances(instances) => present::list(instances.clone(), all, form),
        Reply::Started(_) | Reply::Stopped | Reply::Info(_) | Reply::Classes(_) => {
            present::reply(reply, form)
        }
    }
}

/// Starts, with a remembered secret if the class wants one and none was given.
fn begin(options: &Options, start: &Start, remember: bool) -> Outcome {
    let form = Form::from(options.json);
    let addresses = match addresses_of(options) {
        Ok(addresses) => addresses,
        Err(outcome) => return outcome,
    };
    // Whoever ends this before it is answered, by Ctrl-C for instance, does not want it.
    let start = &Start {
        while_connected: true,
        ..start.clone()
    };
    let attempts = Attempts { start, remember };
    let ask = |start: &Start| answer(&addresses, &Request::Start(start.clone()), None);
    match attempts.run(ask, || class_of(&addresses, &start.class)) {
        Ok(Started { reply, remark }) => with_remark(present::reply(&reply, form), remark),
        Err(NotStarted { failure, remark }) => {
            with_remark(present::failure(&failure, form), remark)
        }
    }
}

fn with_remark(mut outcome: Outcome, remark: Option<String>) -> Outcome {
    if let Some(remark) = remark {
        outcome.err += &format!("launchctl: {}\n", escape::line(&remark));
    }
    outcome
}

/// What the launcher tells of a class; WinFsp's own tells nothing.
fn class_of(addresses: &Addresses, name: &str) -> Option<Class> {
    match answer(addresses, &Request::Classes, Some(QUICK)) {
        Ok(Reply::Classes(all)) => {
            let mut classes = all.into_iter();
            classes.find(|class| fold(&class.class) == fold(name))
        }
        Ok(_) | Err(_) => None,
    }
}

fn ask(
    options: &Options,
    request: &Request,
    timeout: Option<Duration>,
    shown: impl FnOnce(&Reply, Form) -> Outcome,
) -> Outcome {
    let form = Form::from(options.json);
    let addresses = match addresses_of(options) {
        Ok(addresses) => addresses,
        Err(outcome) => return outcome,
    };
    match answer(&addresses, request, timeout) {
        Ok(reply) => shown(&reply, form),
        Err(failure) => present::failure(&failure, form),
    }
}

fn addresses_of(options: &Options) -> Result<Addresses, Outcome> {
    let environment = Environment {
        socket: env::var_os("FSLAUNCH_SOCKET"),
        pipe: env::var_os("FSLAUNCH_PIPE"),
    };
    addresses(options, environment).map_err(|error| Outcome {
        err: format!("launchctl: {}\n", escape::line(&error.to_string())),
        code: exit::WRONG,
        ..Outcome::default()
    })
}

/// WinFsp's own launcher counts if fslaunch's is not there; it is told of only
/// if it is, or was asked for.
fn answer(
    addresses: &Addresses,
    request: &Request,
    timeout: Option<Duration>,
) -> Result<Reply, Failure> {
    match addresses {
        Addresses::Socket(socket) => ours(socket, request, timeout),
        Addresses::Pipe(pipe) => winfsp::ask(pipe, request, timeout),
        Addresses::Either { socket, pipe } => match ours(socket, request, timeout) {
            Err(absent @ Failure::NotRunning { .. }) => match winfsp::ask(pipe, request, timeout) {
                Err(Failure::NotRunning { .. }) => Err(absent),
                other => other,
            },
            other => other,
        },
    }
}

fn ours(socket: &Path, request: &Request, timeout: Option<Duration>) -> Result<Reply, Failure> {
    let mut launcher = Launcher::connect(socket)?;
    launcher.set_timeout(timeout)?;
    launcher.ask(request)
}
