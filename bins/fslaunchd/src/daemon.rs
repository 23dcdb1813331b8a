//! Serves callers until it is asked to end.

use std::{error::Error, io, rc::Rc, sync::Arc};

use fslaunch_core::limits::Limit;
use fslaunch_os::{
    dial,
    endpoint::{Endpoint, EndpointError},
    event_loop,
    job::JobRoot,
    logging,
    messages::MessageEndpoint,
    mounts::Watcher,
    peer::Identities,
    places::Places,
    priority,
    process::boot_id,
    service::{self, State},
    spawner::Spawner,
    staging::Staging,
    state::StateFolder,
    store::{ClassStore, PLATFORM},
};
use tokio::task::spawn_local;

use crate::{
    accept, adopt,
    config::Config,
    launcher::{Launcher, Parts},
    messages,
    options::{Mode, Options},
    settings::{self, whom_to_trust},
    tallies::Tallies,
};

/// Why the daemon does not serve.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Only root, or an administrator, may serve everybody.
    #[error(
        "system mode needs {who}: run it as {who}, or with --user to serve yourself alone",
        who = PLATFORM.local_system.unwrap_or("an administrator")
    )]
    NotRoot,
    /// A folder is not known.
    #[error(transparent)]
    Places(#[from] fslaunch_os::places::Unknown),
    /// A folder can't be used.
    #[error(transparent)]
    Folder(#[from] fslaunch_os::places::FolderError),
    /// The configuration can't be used.
    #[error("failed to read the configuration")]
    Config(#[from] settings::ConfigError),
    /// Who is an administrator can't be told.
    #[error("failed to read the configuration")]
    Administrators(#[source] Box<dyn Error>),
    /// Callers can't be listened for.
    #[error("failed to listen")]
    Endpoint(#[from] EndpointError),
    /// The service manager's sockets can't be used.
    #[error("failed to take over the socket of the service manager")]
    Activation(#[source] io::Error),
    /// The system refused something else.
    #[error("failed to {0}")]
    System(&'static str, #[source] io::Error),
}

/// Serves until it is asked to end, as the service of that name if there is one.
///
/// # Errors
/// Why it could not begin.
pub(crate) fn run(options: Options, service: Option<String>) -> Result<(), Failure> {
    let (mode, places) = places(options)?;
    logging::start(&logging::Destination::of(&places, service));
    let config = settings::read(&places.config_file, mode)?;
    let connections = connections(&config, fslaunch_os::descriptors::raise_limit());
    event_loop::run(serve(mode, places, config, connections))
        .map_err(|error| Failure::System("start the runtime", error))?
}

/// Connections may take up half of the descriptors; the rest is for instances.
fn connections(config: &Config, descriptors: u64) -> Limit {
    let limit = config.limits().connections;
    let half = usize::try_from(descriptors / 2).unwrap_or(usize::MAX);
    if half < limit.total {
        tracing::warn!(
            descriptors,
            "too few descriptors for the connections that may be open"
        );
    }
    Limit {
        total: limit.total.min(half),
        ..limit
    }
}

fn places(options: Options) -> Result<(Mode, Places), Failure> {
    let may_serve_all = dial::is_administrator();
    let mode = options.mode.unwrap_or(match may_serve_all {
        true => Mode::System,
        false => Mode::User,
    });
    let places = match mode {
        Mode::System if !may_serve_all => return Err(Failure::NotRoot),
        Mode::System => Places::system(options.chosen),
        Mode::User => Places::user(options.chosen)?,
    };
    places.prepare(&whom_to_trust(mode))?;
    Ok((mode, places))
}

async fn serve(
    mode: Mode,
    places: Places,
    config: Config,
    connections: Limit,
) -> Result<(), Failure> {
    let mut signals = fslaunch_os::signals::Ending::new()
        .map_err(|error| Failure::System("watch for signals", error))?;
    let identities = identities(mode, &config)?;
    let endpoint = endpoint(&places, identities.clone())?;
    let messages = MessageEndpoint::bind(&places, identities)?;
    let tallies = Tallies::new(connections);
    let launcher = Launcher::new(parts(mode, places.settled(), config)?);
    // Only now: the spawner's thread, and so all instances, are as they were.
    priority::prefer_this_thread();
    let watcher = Watcher::new().map_err(|error| Failure::System("watch mounts", error))?;
    adopt::adopt(&launcher)
        .await
        .map_err(|error| Failure::System("read the state", error))?;
    spawn_local(Rc::clone(&launcher).watch_mounts(watcher));
    tell_service_manager(State::Ready);
    tracing::info!(?mode, "ready");
    tokio::select! {
        () = accept::accept(&launcher, &endpoint, &tallies) => {}
        () = messages::accept(&launcher, messages.as_ref(), &tallies) => {}
        () = signals.wait() => {}
    }
    tell_service_manager(State::Stopping);
    tracing::info!("ending all instances");
    // The next daemon must wait until all of this one's instances are gone.
    let locks = (endpoint.close(), messages.map(MessageEndpoint::close));
    launcher.shut_down().await;
    launcher.say_goodbye().await;
    if let Some(Err(error)) = launcher.parts.staging.as_ref().map(Staging::close) {
        tracing::warn!(%error, "failed to take the folder for mounts away");
    }
    launcher.parts.spawner.close().await;
    drop(locks);
    Ok(())
}

fn identities(mode: Mode, config: &Config) -> Result<Identities, Failure> {
    let administrators = config.administrators.as_deref();
    Identities::new(mode == Mode::User, administrators)
        .map_err(|error| Failure::Administrators(Box::new(error)))
}

/// The socket of the service manager, if it has handed one over, else our own.
fn endpoint(places: &Places, identities: Identities) -> Result<Endpoint, Failure> {
    match service::endpoint(&identities).map_err(Failure::Activation)? {
        Some(endpoint) => Ok(endpoint),
        None => Ok(Endpoint::bind(&places.socket, identities)?),
    }
}

fn parts(mode: Mode, places: Places, config: Config) -> Result<Parts, Failure> {
    // First: a daemon that finds another one there must leave nothing behind.
    let state = StateFolder::open(&places.state_dir)
        .map_err(|error| Failure::System("open the state folder", error))?;
    let spawner = match JobRoot::detect() {
        Some(root) => Spawner::in_jobs(root),
        None => {
            let words = "no cgroup can be made: processes that leave their group are not ended";
            tracing::warn!("{words}");
            Spawner::new()
        }
    };
    let spawner = spawner.map_err(|error| Failure::System("start the spawner", error))?;
    let staging = Staging::of(&places, mode == Mode::User, &spawner)
        .map_err(|error| Failure::System("prepare the folder for mounts", error))?;
    let store = ClassStore::of(&places, mode == Mode::User);
    if let Err(error) = store.recover() {
        tracing::warn!(%error, "a class may be missing whose registration was interrupted");
    }
    Ok(Parts {
        store: Arc::new(store),
        spawner,
        staging,
        state,
        identities: Arc::new(settings::identities(&config, mode)),
        config,
        boot: boot_id().map_err(|error| Failure::System("tell this boot from others", error))?,
        places,
    })
}

fn tell_service_manager(state: State) {
    if let Err(error) = service::notify(state) {
        tracing::warn!(%error, "failed to tell the service manager");
    }
}
