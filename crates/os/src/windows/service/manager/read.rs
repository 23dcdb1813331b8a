//! How a service is configured, as the service manager tells it.
#![allow(unsafe_code)]

use std::io;

use windows_sys::Win32::{
    Foundation::ERROR_INSUFFICIENT_BUFFER,
    System::Services::{
        QUERY_SERVICE_CONFIGW, QueryServiceConfig2W, QueryServiceConfigW, SC_ACTION,
        SERVICE_CONFIG, SERVICE_CONFIG_DELAYED_AUTO_START_INFO, SERVICE_CONFIG_DESCRIPTION,
        SERVICE_CONFIG_FAILURE_ACTIONS, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
        SERVICE_CONFIG_PRESHUTDOWN_INFO, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
        SERVICE_CONFIG_SERVICE_SID_INFO, SERVICE_DESCRIPTIONW, SERVICE_FAILURE_ACTIONSW,
    },
};

use super::super::configuration::{Configuration, Failure, Wide};
use super::{Service, is, is_unknown_level};
use crate::windows::raw::check;

impl Service {
    /// How it is configured.
    pub(in crate::windows::service) fn configuration(&self) -> io::Result<Configuration> {
        let room = grown(|room, length, needed| {
            // SAFETY: the room is as long as is said, and aligned.
            check(unsafe { QueryServiceConfigW(self.raw(), room.cast(), length, needed) })
        })?;
        // SAFETY: on success it begins with this structure, whose texts are in it.
        let about = unsafe { &*room.as_ptr().cast::<QUERY_SERVICE_CONFIGW>() };
        // SAFETY: each is null, or a text with a NUL at its end in `room`.
        let text = |text| unsafe { text_at(text) };
        Ok(Configuration {
            kind: about.dwServiceType,
            start: about.dwStartType,
            error_control: about.dwErrorControl,
            command: text(about.lpBinaryPathName),
            group: text(about.lpLoadOrderGroup),
            tag: about.dwTagId,
            // SAFETY: null, or texts with a NUL each and one more at the end.
            dependencies: unsafe { list_at(about.lpDependencies) },
            account: text(about.lpServiceStartName),
            display_name: text(about.lpDisplayName),
            description: self.description()?,
            failure: self.failure()?,
            failure_on_error: self.number(SERVICE_CONFIG_FAILURE_ACTIONS_FLAG)?,
            delayed: self.number(SERVICE_CONFIG_DELAYED_AUTO_START_INFO)?,
            sid_type: self.number(SERVICE_CONFIG_SERVICE_SID_INFO)?,
            preshutdown: self.number(SERVICE_CONFIG_PRESHUTDOWN_INFO)?,
            privileges: self.privileges()?,
        })
    }

    fn description(&self) -> io::Result<Option<Wide>> {
        let room = self.more(SERVICE_CONFIG_DESCRIPTION)?;
        Ok(room.map(|room| {
            // SAFETY: on success it begins with this structure.
            let about = unsafe { &*room.as_ptr().cast::<SERVICE_DESCRIPTIONW>() };
            // SAFETY: null, or a text with a NUL at its end in `room`.
            unsafe { text_at(about.lpDescription) }
        }))
    }

    fn failure(&self) -> io::Result<Option<Failure>> {
        let room = self.more(SERVICE_CONFIG_FAILURE_ACTIONS)?;
        Ok(room.map(|room| {
            // SAFETY: on success it begins with this structure.
            let about = unsafe { &*room.as_ptr().cast::<SERVICE_FAILURE_ACTIONSW>() };
            let actions: &[SC_ACTION] = if about.lpsaActions.is_null() {
                &[]
            } else {
                // SAFETY: so many of them are in `room`.
                unsafe { std::slice::from_raw_parts(about.lpsaActions, about.cActions as usize) }
            };
            Failure {
                reset: about.dwResetPeriod,
                // SAFETY: null, or a text with a NUL at its end in `room`.
                reboot_message: unsafe { text_at(about.lpRebootMsg) },
                // SAFETY: the same.
                command: unsafe { text_at(about.lpCommand) },
                actions: actions
                    .iter()
                    .map(|action| (action.Type as u32, action.Delay))
                    .collect(),
            }
        }))
    }

    /// A setting whose structure is one number of 32 bits.
    fn number(&self, level: SERVICE_CONFIG) -> io::Result<Option<u32>> {
        let room = self.more(level)?;
        // The number is at the beginning; bytes come as the machine has them.
        Ok(room.and_then(|room| room.first().map(|word| *word as u32)))
    }

    fn privileges(&self) -> io::Result<Option<Wide>> {
        let room = self.more(SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO)?;
        Ok(room.map(|room| {
            // SAFETY: on success it begins with a pointer.
            let list = unsafe { *room.as_ptr().cast::<*mut u16>() };
            // SAFETY: null, or texts with a NUL each and one more at the end.
            unsafe { list_at(list) }
        }))
    }

    /// One more part of the configuration; `None` where the system has none
    /// such.
    fn more(&self, level: SERVICE_CONFIG) -> io::Result<Option<Vec<u64>>> {
        let room = grown(|room, length, needed| {
            // SAFETY: the room is as long as is said, and aligned.
            check(unsafe { QueryServiceConfig2W(self.raw(), level, room.cast(), length, needed) })
        });
        match room {
            Ok(room) => Ok(Some(room)),
            Err(error) if is_unknown_level(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Asks into a room that grows until the answer fits.
fn grown(ask: impl Fn(*mut u64, u32, &mut u32) -> io::Result<()>) -> io::Result<Vec<u64>> {
    // The most that the functions ask for.
    const MOST: usize = 64 << 10;
    let mut room = vec![0_u64; 256];
    loop {
        let mut needed = 0;
        let bytes = size_of_val(room.as_slice());
        match ask(room.as_mut_ptr(), bytes as u32, &mut needed) {
            Ok(()) => return Ok(room),
            Err(error) if is(&error, ERROR_INSUFFICIENT_BUFFER) && bytes < MOST => {
                let needed = (needed as usize).clamp(2 * bytes, MOST.max(2 * bytes));
                room.resize(needed.div_ceil(8), 0);
            }
            Err(error) => return Err(error),
        }
    }
}

/// A copy of a text.
///
/// # Safety
/// It is null, or ends with a NUL.
unsafe fn text_at(text: *const u16) -> Wide {
    if text.is_null() {
        return Wide::new();
    }
    // SAFETY: up to its NUL it may be read.
    let length = (0..)
        .take_while(|&at| unsafe { *text.add(at) } != 0)
        .count();
    // SAFETY: the units before its NUL.
    unsafe { std::slice::from_raw_parts(text, length) }.to_vec()
}

/// A copy of a list, without the NUL that ends it.
///
/// # Safety
/// It is null, or texts with a NUL each and one more at the end.
unsafe fn list_at(list: *const u16) -> Wide {
    let mut copy = Wide::new();
    if list.is_null() {
        return copy;
    }
    loop {
        // SAFETY: within the list, which ends with an empty text.
        let text = unsafe { text_at(list.add(copy.len())) };
        if text.is_empty() {
            return copy;
        }
        copy.extend(text);
        copy.push(0);
    }
}
