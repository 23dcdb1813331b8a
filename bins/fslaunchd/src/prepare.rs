//! Decides a start: everything that is read, looked up and checked before
//! anything is done. It may block, on files and on directory services.

use std::{path::PathBuf, time::SystemTime};

use fslaunch_core::{
    arguments,
    command_line::{self, Values},
    instance::{Phase, SecretPolicy, Settings},
    name::{ClassName, InstanceName},
    record::{ClassRecord, Credentials, MountPoint, SecretReply},
    rights,
    table::{Entry, Starter},
    tail::Tail,
};
use fslaunch_os::{
    accounts::User,
    peer::Peer,
    plan::{Caller, FolderPolicy, MountPlan, Plan},
    store::ClassStore,
};
use fslaunch_protocol::{Error, Secret, Start};

use crate::{
    accounts::{self, Identity},
    config::Config,
    options::Mode,
};

/// What a decision is based on, beside the request and who sent it.
pub(crate) struct Context<'a> {
    /// The registered classes.
    pub store: &'a ClassStore,
    /// The settings.
    pub config: &'a Config,
    /// Whom the daemon serves.
    pub mode: Mode,
    /// Where it mounts if that is to be moved to its place afterwards.
    pub staged: PathBuf,
}

/// A start that was decided.
pub(crate) struct Prepared {
    /// What goes into the table.
    pub entry: Entry,
    /// What goes to the system; without a cgroup and without a notify socket.
    pub plan: Plan,
    /// What goes to standard input.
    pub secret: Option<Secret>,
    /// The user that it runs as.
    pub identity: Identity,
    /// Whether its mount is made elsewhere and moved to its place.
    pub staged: bool,
}

/// Decides a start.
///
/// # Errors
/// Why it is refused; nothing was done.
pub(crate) fn prepare(context: &Context<'_>, peer: &Peer, start: Start) -> Result<Prepared, Error> {
    let class = ClassName::parse(&start.class)?;
    let instance = InstanceName::parse(&start.instance)?;
    let record = context.store.read(&class);
    let record = record.map_err(|error| for_caller(error, peer))?;
    if !rights::may(&record.security, &peer.token, rights::START) {
        let class = class.as_str().into();
        return Err(Error::AccessDenied {
            right: "start".into(),
            class,
            instance: None,
        });
    }
    check_secret(&class, &record, start.secret.as_ref())?;
    context.store.check_executable(&class, &record)?;
    let caller = accounts::caller(peer);
    let identity = accounts::identity(
        class.as_str(),
        &record.run_as,
        context.mode,
        context.config,
        peer,
        &caller,
    )?;
    let mut given = arguments::fill(&class, &record, start.arguments, start.named)?;
    let mount = mount_plan(&class, &record, peer, &identity, &given)?;
    let staged = matches!(mount, Some(MountPlan::ForCaller { .. }));
    if let (true, MountPoint::Argument(number)) = (staged, record.mount_point) {
        given[usize::from(number) - 1] = Some(context.staged.to_string_lossy().into_owned());
    }
    let since = SystemTime::now();
    let values = Values {
        executable: &record.executable,
        arguments: &given,
        start_time: since,
        user: &caller.name,
        profile: caller.home.to_str().unwrap_or("/"),
    };
    let command_line = command_line::expand(&record.command_line, &values, &record.rules)?;
    let mut argv = vec![record.executable.clone()];
    argv.extend(command_line.argv());
    let plan = Plan {
        executable: record.executable.clone().into(),
        argv: argv.clone(),
        environment: identity.environment(),
        work_directory: work_directory(&record),
        account: identity.account.clone(),
        cgroup: None,
        stderr_file: stderr_file(&class, &record, &values, identity.uid != peer.uid)?,
        die_with_launcher: record.job_control,
        stdin: start.secret.is_some(),
        mount,
    };
    let entry = entry(
        class, instance, &record, peer, &caller, &identity, since, argv,
    );
    Ok(Prepared {
        entry,
        plan,
        secret: start.secret,
        identity,
        staged,
    })
}

/// What is wrong with a class's record may quote it, and is for those who may
/// read it. Others learn that it can't be used.
fn for_caller(error: Error, peer: &Peer) -> Error {
    if let Error::ClassUnusable { class, reason } | Error::SecurityInvalid { class, reason } =
        &error
        && !peer.administrator
    {
        tracing::debug!(?class, ?reason, "a class can't be used");
        return Error::ClassUnusable {
            class: class.clone(),
            reason: "an administrator sees why in the list of classes".into(),
        };
    }
    error
}

/// Launcher specification, section 7.
fn check_secret(
    class: &ClassName,
    record: &ClassRecord,
    secret: Option<&Secret>,
) -> Result<(), Error> {
    let class = || class.as_str().to_owned();
    match (record.credentials, secret) {
        (Credentials::None, None) => Ok(()),
        (Credentials::None, Some(_)) => Err(Error::SecretNotExpected { class: class() }),
        (Credentials::Password | Credentials::UserNameAndPassword, None) => {
            Err(Error::SecretRequired { class: class() })
        }
        (Credentials::Password | Credentials::UserNameAndPassword, Some(secret)) => {
            if secret.expose().is_empty() {
                return Err(Error::SecretEmpty { class: class() });
            }
            Ok(())
        }
    }
}

/// Whose folder the mount point must be (security specification, rule 1).
fn mount_plan(
    class: &ClassName,
    record: &ClassRecord,
    peer: &Peer,
    identity: &Identity,
    given: &[Option<String>],
) -> Result<Option<MountPlan>, Error> {
    let for_other = identity.uid != peer.uid && peer.uid != 0;
    let number = match record.mount_point {
        MountPoint::Argument(number) => usize::from(number),
        MountPoint::None => return Ok(None),
        MountPoint::Unstated if for_other => {
            let reason = format!(
                "it runs as {} for others and does not say which of its arguments is the mount \
                 point: it needs mount-point = \"%N\", or mount-point = \"none\" if it mounts nothing",
                identity.name
            );
            return Err(Error::ClassUnusable {
                class: class.as_str().into(),
                reason,
            });
        }
        MountPoint::Unstated => return Ok(None),
    };
    let Some(path) = given.get(number - 1).and_then(Option::as_ref) else {
        let (class, argument) = (class.as_str().into(), number.to_string());
        return Err(Error::ArgumentMissing { class, argument });
    };
    check_mount_point(path)?;
    let path = PathBuf::from(path);
    if !for_other {
        return Ok(Some(MountPlan::AsAccount { path }));
    }
    let under: Vec<PathBuf> = record.mount_under.iter().map(PathBuf::from).collect();
    let policy = FolderPolicy {
        owned: under.is_empty(),
        under,
    };
    let caller = Caller {
        uid: peer.uid,
        gid: peer.gid,
        groups: peer.groups.clone(),
    };
    Ok(Some(MountPlan::ForCaller {
        path,
        caller,
        policy,
    }))
}

fn check_mount_point(path: &str) -> Result<(), Error> {
    let refused = |reason: &str| {
        Err(Error::MountPointRefused {
            mount_point: path.into(),
            reason: reason.into(),
        })
    };
    if !path.starts_with('/') {
        return refused("it is not a full path: it must begin with '/'");
    }
    if path.split('/').any(|component| component == "..") {
        return refused("it has a '..' in it");
    }
    Ok(())
}

fn work_directory(record: &ClassRecord) -> PathBuf {
    match record.work_directory.as_deref() {
        None => "/".into(),
        Some(".") => fslaunch_os::places::own_folder(),
        Some(folder) => folder.into(),
    }
}

fn stderr_file(
    class: &ClassName,
    record: &ClassRecord,
    values: &Values<'_>,
    for_other: bool,
) -> Result<Option<PathBuf>, Error> {
    let Some(template) = &record.stderr else {
        return Ok(None);
    };
    // The caller owns that folder, and could have another account write anywhere.
    if for_other && template.as_str().contains("%P") {
        let reason = "it runs as another account than its caller, and would write standard error \
                      to the caller's home folder (%P)";
        return Err(Error::ClassUnusable {
            class: class.as_str().into(),
            reason: reason.into(),
        });
    }
    Ok(Some(command_line::expand_file(template, values)?.into()))
}

#[expect(
    clippy::too_many_arguments,
    reason = "each is a part of what was decided"
)]
fn entry(
    class: ClassName,
    instance: InstanceName,
    record: &ClassRecord,
    peer: &Peer,
    caller: &User,
    identity: &Identity,
    since: SystemTime,
    command_line: Vec<String>,
) -> Entry {
    let secret = match (record.credentials, record.secret_reply) {
        (Credentials::None, _) => SecretPolicy::None,
        (_, SecretReply::Ok) => SecretPolicy::Answered,
        (_, SecretReply::None) => SecretPolicy::Unanswered,
    };
    Entry {
        class,
        instance,
        starter: Starter {
            name: caller.name.clone(),
            sid: *peer.sid(),
            administrator: peer.administrator,
        },
        run_as: identity.name.clone(),
        since,
        descriptor: rights::instance_descriptor(&record.security, peer.sid()),
        settings: Settings {
            secret,
            ready: record.ready,
            secret_timeout: record.secret_timeout,
            start_timeout: record.start_timeout,
            stop_grace: record.stop_grace,
        },
        command_line,
        pid: None,
        mount_point: None,
        output: Tail::default(),
        phase: Phase::Spawning { stop: None },
        failure: None,
    }
}
