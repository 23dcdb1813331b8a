//! Taking the service away, and putting back what it replaced.

use super::{
    event_source,
    install::{InstallError, check_name, error::os, own_program, stop},
    manager::{Manager, Service},
    provider,
    remembered::Remembered,
};

/// Takes the service away, and puts back what it replaced; returns what was
/// done, in words. What was interrupted is done by doing it once more.
///
/// # Errors
/// What could not be done. What was replaced is remembered until it is back.
pub fn uninstall(name: &str) -> Result<Vec<String>, InstallError> {
    check_name(name)?;
    let program = own_program()?;
    let manager = Manager::open().map_err(os("connect to", "the service manager"))?;
    let remembered = Remembered::load(name).map_err(os("read what is remembered of", name))?;
    let service = manager.service(name).map_err(os("open", name))?;
    let mut words = Vec::new();
    match (service, remembered) {
        // Perhaps it was done in part.
        (None, None) => {
            words.extend(provider::remove(name)?);
            event_source::remove(name).map_err(os("remove the event source of", name))?;
            if words.is_empty() {
                return Err(InstallError::NotInstalled {
                    name: name.to_owned(),
                });
            }
            return Ok(words);
        }
        (None, Some(remembered)) => {
            let command = remembered.configuration.command();
            words.push(format!(
                "service '{name}' is gone; it replaced {command}, which is forgotten"
            ));
        }
        (Some(service), remembered) => {
            let present = service.configuration().map_err(os("read", name))?;
            let is_back =
                |remembered: &Remembered| remembered.configuration.command == present.command;
            match remembered {
                Some(remembered) if present.is_ours(&program) || is_back(&remembered) => {
                    words.push(put_back(
                        name,
                        &service,
                        &remembered,
                        present.is_ours(&program),
                    )?);
                }
                None if present.is_ours(&program) => {
                    stop(name, &service)?;
                    service.delete().map_err(os("delete", name))?;
                    words.push(format!("service '{name}' is removed"));
                }
                Some(_) | None => {
                    let command = present.command();
                    let name = name.to_owned();
                    return Err(InstallError::NotOurs { name, command });
                }
            }
        }
    }
    words.extend(provider::remove(name)?);
    event_source::remove(name).map_err(os("remove the event source of", name))?;
    Remembered::forget(name).map_err(os("forget what is remembered of", name))?;
    Ok(words)
}

fn put_back(
    name: &str,
    service: &Service,
    remembered: &Remembered,
    is_ours: bool,
) -> Result<String, InstallError> {
    if is_ours {
        stop(name, service)?;
    }
    let configuration = &remembered.configuration;
    service
        .configure(configuration)
        .map_err(os("configure", name))?;
    let command = configuration.command();
    let back = format!("service '{name}' is {command} again");
    if !remembered.was_running {
        return Ok(back);
    }
    // It is back, whether or not its program is still there to be started.
    Ok(match service.start() {
        Ok(()) => format!("{back}, and is started"),
        Err(error) => format!("{back}, but could not be started: {error}"),
    })
}
