//! From the plan to the program, step by step; the order is part of the security.

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{Access, Mode};
use rustix::process::Signal;

use super::super::channel;
use super::super::limits::Limit;
use super::super::plan::{MountPlan, Plan};
use super::super::raw;
use super::super::wire::{Failure, Reply, Step};
use super::{folder, identity, standard};

/// What the launcher says of itself.
pub(super) struct Launcher<'a> {
    /// Whether it has put this process into the plan's cgroup already.
    pub(super) entered: bool,
    /// Its limit of descriptors before it raised that.
    pub(super) files: Option<Limit>,
    /// Its process ID.
    pub(super) parent: u32,
    /// Where it listens.
    pub(super) socket: &'a OwnedFd,
}

/// Becomes the plan's process. Returns only when a step failed.
pub(super) fn carry_out(
    plan: &Plan,
    launcher: &Launcher<'_>,
    descriptors: Vec<OwnedFd>,
) -> Result<Infallible, Failure> {
    let socket = launcher.socket;
    if let Some(reason) = plan.problem() {
        return Err(Failure::refused(Step::Plan, reason));
    }
    let program = Program::new(plan)?;
    if !launcher.entered {
        enter_job(plan)?;
    }
    if let Some(MountPlan::ForCaller {
        path,
        caller,
        policy,
    }) = &plan.mount
    {
        let opened = identity::as_caller(caller, || folder::open_for_caller(path, caller))??;
        let canonical = folder::judge(&opened, caller, policy)?;
        report(
            socket,
            &Reply::MountPoint {
                path: canonical.as_path().into(),
            },
            &[&opened],
        )?;
    }
    rustix::process::setsid().map_err(|e| Failure::new(Step::Standard, e, "start a session"))?;
    if let Some(files) = &launcher.files {
        identity::limit(files)?;
    }
    if let Some(account) = &plan.account {
        identity::become_account(account)?;
    }
    if let Some(MountPlan::AsAccount { path }) = &plan.mount {
        let canonical = folder::open_as_account(path)?;
        report(
            socket,
            &Reply::MountPoint {
                path: canonical.as_path().into(),
            },
            &[],
        )?;
    }
    let standard = standard::Standard::open(plan, descriptors)?;
    rustix::process::chdir(&plan.work_directory)
        .map_err(|e| Failure::new(Step::WorkDirectory, e, "enter the working directory"))?;
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    raw::reset_signals().map_err(|e| Failure::new(Step::Standard, e, "reset the signals"))?;
    standard.install()?;
    standard::close_others_on_exec()?;
    if plan.die_with_launcher {
        die_with(launcher.parent)?;
    }
    report(socket, &Reply::Executing, &[])?;
    Err(program.run(&plan.executable))
}

fn enter_job(plan: &Plan) -> Result<(), Failure> {
    match &plan.job {
        // 0 is the writing process itself.
        Some(job) => std::fs::write(job.path().join("cgroup.procs"), "0")
            .map_err(|e| Failure::new(Step::Job, e, "enter the cgroup")),
        None => Ok(()),
    }
}

/// Last of all, because the kernel forgets it at every change of identity. A launcher that died
/// before was not seen, so the parent is looked at afterwards.
fn die_with(parent: u32) -> Result<(), Failure> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|e| Failure::new(Step::Parent, e, "set the parent-death signal"))?;
    let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get().cast_unsigned());
    if now == Some(parent) {
        Ok(())
    } else {
        Err(Failure::refused(Step::Parent, "the launcher has ended"))
    }
}

fn report(socket: &OwnedFd, reply: &Reply, descriptors: &[&OwnedFd]) -> Result<(), Failure> {
    let descriptors: Vec<_> = descriptors.iter().map(|fd| fd.as_fd()).collect();
    channel::send(socket, reply, &descriptors)
        .map_err(|e| Failure::new(Step::Standard, e, "report to the launcher"))
}

/// The arguments of execve.
struct Program {
    path: CString,
    argv: Vec<CString>,
    environment: Vec<CString>,
}

impl Program {
    fn new(plan: &Plan) -> Result<Self, Failure> {
        let no_nul = |_| Failure::refused(Step::Plan, "a string contains a NUL character");
        let variable = |(name, value): &(String, String)| CString::new(format!("{name}={value}"));
        Ok(Self {
            path: CString::new(plan.executable.as_os_str().as_bytes()).map_err(no_nul)?,
            argv: plan
                .arguments
                .words()
                .iter()
                .map(|word| CString::new(word.as_str()))
                .collect::<Result<_, _>>()
                .map_err(no_nul)?,
            environment: plan
                .environment
                .iter()
                .map(variable)
                .collect::<Result<_, _>>()
                .map_err(no_nul)?,
        })
    }

    fn run(&self, path: &Path) -> Failure {
        let error = raw::execve(&self.path, &self.argv, &self.environment);
        // A missing interpreter gives the same error as a missing file.
        let exists = || rustix::fs::access(path, Access::EXISTS).is_ok();
        let step = if error.kind() == io::ErrorKind::NotFound && exists() {
            Step::Interpreter
        } else {
            Step::Exec
        };
        Failure::new(step, error, "run the program")
    }
}
