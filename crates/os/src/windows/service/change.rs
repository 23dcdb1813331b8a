//! Giving a service another configuration.
#![allow(unsafe_code)]

use std::{io, ptr};

use windows_sys::Win32::System::Services::{
    ChangeServiceConfig2W, ChangeServiceConfigW, SC_ACTION, SERVICE_CONFIG,
    SERVICE_CONFIG_DELAYED_AUTO_START_INFO, SERVICE_CONFIG_DESCRIPTION,
    SERVICE_CONFIG_FAILURE_ACTIONS, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
    SERVICE_CONFIG_PRESHUTDOWN_INFO, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
    SERVICE_CONFIG_SERVICE_SID_INFO, SERVICE_DESCRIPTIONW, SERVICE_FAILURE_ACTIONSW,
};

use super::{
    configuration::{Configuration, Failure, Wide},
    manager::{Service, ended, is_unknown_level},
};
use crate::windows::raw::check;

impl Service {
    /// Gives the service this configuration, and returns what the system can't
    /// keep, in words. Groups and tags stay as they are.
    ///
    /// The command line comes first, in one step with most of the rest: by it
    /// one sees whose service it is, whatever is interrupted.
    pub(super) fn configure(&self, wanted: &Configuration) -> io::Result<Vec<&'static str>> {
        let present = self.configuration()?;
        self.change(&present, wanted)?;
        let mut unknown = Vec::new();
        let mut set = |what, changed: io::Result<()>| match changed {
            Err(error) if is_unknown_level(&error) => {
                unknown.push(what);
                Ok(())
            }
            changed => changed,
        };
        if let Some(description) = differs(&present.description, &wanted.description) {
            set("a description", self.describe(description))?;
        }
        if let Some(failure) = differs(&present.failure, &wanted.failure) {
            set(
                "what is done when a service fails",
                self.set_failure(failure),
            )?;
        }
        for (what, level, present, wanted) in [
            (
                "restarts after errors",
                SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
                present.failure_on_error,
                wanted.failure_on_error,
            ),
            (
                "a delayed start",
                SERVICE_CONFIG_DELAYED_AUTO_START_INFO,
                // What is not told counts as not set.
                Some(present.delayed.unwrap_or(0)),
                wanted.delayed,
            ),
            (
                "a SID for each service",
                SERVICE_CONFIG_SERVICE_SID_INFO,
                Some(present.sid_type.unwrap_or(0)),
                wanted.sid_type,
            ),
            (
                "how long a service is waited for at a shutdown",
                SERVICE_CONFIG_PRESHUTDOWN_INFO,
                present.preshutdown,
                wanted.preshutdown,
            ),
        ] {
            if let Some(number) = differs(&present, &wanted) {
                set(what, self.set_number(level, *number))?;
            }
        }
        let privileges = Some(present.privileges.unwrap_or_default());
        if let Some(privileges) = differs(&privileges, &wanted.privileges) {
            set("a list of privileges", self.set_privileges(privileges))?;
        }
        Ok(unknown)
    }

    fn change(&self, present: &Configuration, wanted: &Configuration) -> io::Result<()> {
        let text = |present: &Wide, wanted: &Wide| (present != wanted).then(|| ended(wanted));
        let command = text(&present.command, &wanted.command);
        let dependencies = text(&present.dependencies, &wanted.dependencies);
        let account = text(&present.account, &wanted.account);
        let display_name = text(&present.display_name, &wanted.display_name);
        // The accounts that we set have none.
        let password = account.as_ref().map(|_| Wide::from([0]));
        let at = |text: &Option<Wide>| text.as_ref().map_or(ptr::null(), |text| text.as_ptr());
        // SAFETY: null leaves a setting alone; all texts end with a NUL, and
        // the list with one more.
        check(unsafe {
            ChangeServiceConfigW(
                self.raw(),
                wanted.kind,
                wanted.start,
                wanted.error_control,
                at(&command),
                ptr::null(),
                ptr::null_mut(),
                at(&dependencies),
                at(&account),
                at(&password),
                at(&display_name),
            )
        })
    }

    fn describe(&self, description: &Wide) -> io::Result<()> {
        let mut text = ended(description);
        let about = SERVICE_DESCRIPTIONW {
            lpDescription: text.as_mut_ptr(),
        };
        // SAFETY: the text ends with a NUL and outlives the call.
        unsafe { self.set(SERVICE_CONFIG_DESCRIPTION, &about) }
    }

    fn set_failure(&self, failure: &Failure) -> io::Result<()> {
        let action = |&(kind, delay): &(u32, u32)| SC_ACTION {
            Type: kind as i32,
            Delay: delay,
        };
        let mut actions: Vec<SC_ACTION> = failure.actions.iter().map(action).collect();
        let count = actions.len() as u32;
        // None at all is said by an address, too.
        actions.push(SC_ACTION { Type: 0, Delay: 0 });
        let (mut message, mut command) = (ended(&failure.reboot_message), ended(&failure.command));
        let about = SERVICE_FAILURE_ACTIONSW {
            dwResetPeriod: failure.reset,
            lpRebootMsg: message.as_mut_ptr(),
            lpCommand: command.as_mut_ptr(),
            cActions: count,
            lpsaActions: actions.as_mut_ptr(),
        };
        // SAFETY: all that it points to outlives the call; the count is right.
        unsafe { self.set(SERVICE_CONFIG_FAILURE_ACTIONS, &about) }
    }

    fn set_number(&self, level: SERVICE_CONFIG, number: u32) -> io::Result<()> {
        // SAFETY: the structures of these levels are one number of 32 bits.
        unsafe { self.set(level, &number) }
    }

    fn set_privileges(&self, privileges: &Wide) -> io::Result<()> {
        let mut list = ended(privileges);
        let about = list.as_mut_ptr();
        // SAFETY: the structure is one pointer, to a list that outlives the call.
        unsafe { self.set(SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &about) }
    }

    /// # Safety
    /// The structure is that of the level, and all that it points to lives.
    unsafe fn set<T>(&self, level: SERVICE_CONFIG, about: &T) -> io::Result<()> {
        // SAFETY: the caller says so.
        check(unsafe { ChangeServiceConfig2W(self.raw(), level, ptr::from_ref(about).cast()) })
    }
}

/// What is wanted, if it is not there.
fn differs<'a, T: PartialEq>(present: &Option<T>, wanted: &'a Option<T>) -> Option<&'a T> {
    wanted.as_ref().filter(|_| present != wanted)
}
