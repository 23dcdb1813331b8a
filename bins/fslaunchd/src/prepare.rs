//! Decides a start: everything that is read, looked up and checked before
//! anything is done. It may block, on files and on directory services.

use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};

use fslaunch_core::{
    arguments,
    command_line::{self, Values},
    instance::{AnswerAt, Phase, Recovery, SecretPolicy, Settings},
    name::{ClassName, InstanceName},
    record::{ClassRecord, Credentials, MountPoint, Ready, SecretReply},
    rights,
    table::{Entry, Starter},
    tail::Tail,
};
use fslaunch_os::{
    identity::{self, Identity, Refused},
    peer::Peer,
    places::own_folder,
    plan::{Arguments, MountPlan, Plan},
    standing::Standing,
    store::{ClassStore, PLATFORM},
};
use fslaunch_protocol::{Error, Secret, Start};

/// What a decision is based on, beside the request and who sent it.
pub(crate) struct Context<'a> {
    /// The registered classes.
    pub store: &'a ClassStore,
    /// Which accounts there are to run as.
    pub identities: &'a identity::Settings,
    /// When the starter is answered.
    pub answer: AnswerAt,
    /// Where it mounts if that is to be moved to its place afterwards.
    pub staged: PathBuf,
    /// When it is started again the first time, if its class says so.
    pub recovery_delay: Duration,
}

/// A start that was decided.
pub(crate) struct Prepared {
    /// What goes into the table.
    pub entry: Entry,
    /// What its process is made of.
    pub made_of: MadeOf,
    /// Who its starter and its account are, if it may be started again.
    pub standing: Option<Standing>,
}

/// What a process is made of. Of an instance that is started again it is kept
/// for as long as the instance lives.
#[derive(Clone)]
pub(crate) struct MadeOf {
    /// What goes to the system; without a job and without a notify socket.
    pub plan: Plan,
    /// What goes to standard input.
    pub secret: Option<Secret>,
    /// The account that it runs as.
    pub identity: Identity,
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
    if !peer.may(&record.security, rights::START) {
        let class = class.as_str().into();
        return Err(Error::AccessDenied {
            right: "start".into(),
            class,
            instance: None,
        });
    }
    check_secret(&class, &record, start.secret.as_ref())?;
    context.store.check_executable(&class, &record)?;
    let caller = identity::caller(peer);
    let identity = identity(&class, &record, context.identities, peer)?;
    let mut given = arguments::fill(&class, &record, start.arguments, start.named)?;
    let mount = mount_plan(&class, &record, peer, &identity, &given)?;
    if let (Some(mount), MountPoint::Argument(number)) = (&mount, record.mount_point)
        && mount.is_staged()
    {
        given[usize::from(number) - 1] = Some(context.staged.to_string_lossy().into_owned());
    }
    let since = SystemTime::now();
    let values = Values {
        executable: &record.executable,
        arguments: &given,
        start_time: since,
        user: &caller.name,
        profile: &caller.profile,
    };
    let command_line = command_line::expand(&record.command_line, &values, &record.rules)
        .map_err(|error| arguments::by_name(error, &record))?;
    let settings = settings(&record, mount.as_ref(), context);
    let plan = Plan {
        executable: record.executable.clone().into(),
        arguments: Arguments::new(&record.executable, &command_line),
        environment: identity.environment().map_err(|error| {
            let reason = format!("its environment can't be made: {error}");
            run_as_refused(&class, &record, reason)
        })?,
        work_directory: work_directory(&record),
        account: identity.account(),
        job: None,
        stderr_file: stderr_file(&class, &record, &values, !identity.is(peer))?,
        one_output: start.secret.is_none() && settings.ready != Ready::Ok,
        die_with_launcher: record.job_control,
        stdin: start.secret.is_some(),
        mount,
    };
    let standing = (record.recovery).then(|| Standing::of(peer, &identity));
    let mut words = vec![record.executable.clone()];
    words.extend(command_line.argv());
    let entry = Entry {
        class,
        instance,
        starter: Starter {
            name: caller.name,
            sid: *peer.sid(),
            administrator: peer.is_administrator(),
        },
        run_as: identity.name.clone(),
        since,
        descriptor: rights::instance_descriptor(&record.security, peer.sid()),
        settings,
        command_line: words,
        command_text: PLATFORM.command_text.of(&record.executable, &command_line),
        pid: None,
        mount_point: None,
        output: Tail::default(),
        life: Phase::Spawning { stop: None }.into(),
        failure: None,
    };
    Ok(Prepared {
        entry,
        made_of: MadeOf {
            plan,
            secret: start.secret,
            identity,
        },
        standing,
    })
}

/// What is wrong with a class's record may quote it, and is for those who may
/// read it. Others learn that it can't be used; the number is for all of them
/// (launcher specification, section 9).
fn for_caller(mut error: Error, peer: &Peer) -> Error {
    if let Error::ClassUnusable { class, reason } | Error::SecurityInvalid { class, reason } =
        &mut error
        && !peer.is_administrator()
    {
        tracing::debug!(?class, ?reason, "a class can't be used");
        *reason = "an administrator sees why in the list of classes".into();
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

fn identity(
    class: &ClassName,
    record: &ClassRecord,
    settings: &identity::Settings,
    peer: &Peer,
) -> Result<Identity, Error> {
    identity::identity(&record.run_as, settings, peer).map_err(|refused| match refused {
        Refused::Reason(reason) => run_as_refused(class, record, reason),
        Refused::IdentificationOnly => Error::IdentificationOnly {
            class: class.as_str().into(),
        },
    })
}

fn run_as_refused(class: &ClassName, record: &ClassRecord, reason: String) -> Error {
    Error::RunAsRefused {
        class: class.as_str().into(),
        run_as: record.run_as.as_str().into(),
        reason,
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
    let for_other = !identity.is(peer) && !peer.is_system();
    let number = match record.mount_point {
        MountPoint::Argument(number) => usize::from(number),
        MountPoint::None => return Ok(None),
        MountPoint::Unstated if for_other && PLATFORM.fixed_account_names_mount_point => {
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
    let plan = MountPlan::new(path, peer, identity, &record.mount_under);
    let plan = plan.map_err(|reason| Error::MountPointRefused {
        mount_point: path.clone(),
        reason: reason.into(),
    })?;
    Ok(Some(plan))
}

fn work_directory(record: &ClassRecord) -> PathBuf {
    match record.work_directory.as_deref() {
        None => match PLATFORM.default_work_directory {
            Some(folder) => folder.into(),
            None => std::env::current_dir().unwrap_or_else(|_| own_folder()),
        },
        Some(".") => own_folder(),
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
    let file = command_line::expand_file(template, values);
    let file = file.map_err(|error| arguments::by_name(error, record))?;
    Ok(Some(file.into()))
}

/// How the instance is supervised.
fn settings(record: &ClassRecord, mount: Option<&MountPlan>, context: &Context<'_>) -> Settings {
    let secret = match (record.credentials, record.secret_reply) {
        (Credentials::None, _) => SecretPolicy::None,
        (_, SecretReply::Ok) => SecretPolicy::Answered,
        (_, SecretReply::None) => SecretPolicy::Unanswered,
    };
    // A mount that nothing tells of would be waited for in vain.
    let ready = match (record.ready, mount) {
        (Ready::Mount, Some(mount)) if !mount.is_observable() => Ready::Process,
        (ready, _) => ready,
    };
    Settings {
        secret,
        ready,
        answer: context.answer,
        secret_timeout: record.secret_timeout,
        start_timeout: record.start_timeout,
        stop_grace: record.stop_grace,
        recovery: match record.recovery {
            true => Recovery::After(context.recovery_delay),
            false => Recovery::Never,
        },
    }
}
